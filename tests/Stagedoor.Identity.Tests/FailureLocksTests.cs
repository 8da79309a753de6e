using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Stagedoor.Identity.Tests;

public sealed class FailureLocksTests
{
    private const int Capacity = 100;

    private readonly FakeTimeProvider _clock = new();
    private readonly FailureLocks<string> _locks;

    public FailureLocksTests() => _locks = new(_clock, 3, TimeSpan.FromMinutes(5), Capacity);

    [Fact]
    public void The_third_failure_locks_until_the_time_is_over()
    {
        var changes = Enumerable.Range(0, 4).Select(_ => _locks.Fail("a")).ToArray();

        Assert.Equal([LockChange.Counted, LockChange.Counted, LockChange.Locked, LockChange.StillLocked], changes);
        Assert.True(_locks.FindLock("a") > TimeSpan.FromMinutes(4));
        Assert.Equal("a", Assert.Single(_locks.Locked()).Key);
        _clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Null(_locks.FindLock("a"));
        Assert.Equal(LockChange.Counted, _locks.Fail("a"));
    }

    [Fact]
    public void A_success_and_forgetting_begin_anew()
    {
        Lock("a");
        Lock("b");
        _locks.Succeed("a");
        _locks.Forget(static key => key == "b");

        Assert.Equal((null, null), (_locks.FindLock("a"), _locks.FindLock("b")));
        Assert.Equal(LockChange.Counted, _locks.Fail("b"));
    }

    [Fact]
    public void Counts_make_room_and_locks_do_not()
    {
        Lock("a");

        for (var i = 0; i < Capacity * 10; i++)
        {
            Assert.Equal(LockChange.Counted, _locks.Fail($"other {i}"));
        }

        Assert.NotNull(_locks.FindLock("a"));
    }

    [Fact]
    public void A_table_full_of_locks_keeps_them_and_says_that_it_is_full()
    {
        for (var i = 0; i < Capacity; i++)
        {
            Lock($"locked {i}");
        }

        Assert.True(_locks.HasNoRoomFor("late"));
        Assert.False(_locks.HasNoRoomFor("locked 7"));
        Assert.Equal(LockChange.NotCounted, _locks.Fail("late"));
        Assert.Equal(Capacity, _locks.Locked().Count);
        _clock.Advance(TimeSpan.FromMinutes(5));
        Assert.False(_locks.HasNoRoomFor("late"));
        Assert.Equal(LockChange.Counted, _locks.Fail("late"));
    }

    private void Lock(string key)
    {
        for (var i = 0; i < 3; i++)
        {
            _locks.Fail(key);
        }
    }
}
