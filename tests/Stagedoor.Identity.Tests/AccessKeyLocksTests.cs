using System.Globalization;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Stagedoor.Identity.Tests;

public sealed class AccessKeyLocksTests
{
    private const string Key = "STAGEDOOREXAMPLEAK01";

    private static readonly IPAddress s_here = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress s_elsewhere = IPAddress.Parse("198.51.100.1");

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void The_sixth_failure_in_a_row_locks()
    {
        var locks = new AccessKeyLocks(_clock);

        var changes = Enumerable.Range(0, 7).Select(_ => locks.Fail(Key, s_here)).ToList();

        Assert.All(changes.Take(5), static c => Assert.Equal(LockChange.Counted, c));
        Assert.Equal(LockChange.Locked, changes[5]);
        Assert.Equal(LockChange.StillLocked, changes[6]);
        Assert.True(locks.IsLocked(Key, s_here));
    }

    [Fact]
    public void A_right_signature_forgets_the_failures_before_it()
    {
        var locks = new AccessKeyLocks(_clock);
        Fail(locks, 5);

        locks.Succeed(Key, s_here);
        Fail(locks, 5);

        Assert.False(locks.IsLocked(Key, s_here));
    }

    [Fact]
    public void Another_network_is_not_locked_out()
    {
        var locks = new AccessKeyLocks(_clock);

        Fail(locks, 6);

        Assert.True(locks.IsLocked(Key, s_here));
        Assert.False(locks.IsLocked(Key, s_elsewhere));
    }

    [Fact]
    public void Per_key_alone_every_network_is_locked_out()
    {
        var locks = new AccessKeyLocks(_clock, perAccessKeyAlone: true);

        Fail(locks, 6);

        Assert.True(locks.IsLocked(Key, s_elsewhere));
    }

    [Fact]
    public void The_lock_opens_after_five_minutes()
    {
        var locks = new AccessKeyLocks(_clock);
        Fail(locks, 6);

        _clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(5));
        Assert.True(locks.IsLocked(Key, s_here));

        _clock.Advance(TimeSpan.FromSeconds(6));
        Assert.False(locks.IsLocked(Key, s_here));
    }

    [Fact]
    public void Counters_stay_bounded_and_locks_stay_shut()
    {
        var locks = new AccessKeyLocks(_clock);
        Fail(locks, 6);

        for (var i = 0; i < AccessKeyLocks.MaxEntries + 100; i++)
        {
            locks.Fail(i.ToString(CultureInfo.InvariantCulture), s_here);
        }

        Assert.True(locks.IsLocked(Key, s_here));
    }

    private static void Fail(AccessKeyLocks locks, int times)
    {
        for (var i = 0; i < times; i++)
        {
            locks.Fail(Key, s_here);
        }
    }
}
