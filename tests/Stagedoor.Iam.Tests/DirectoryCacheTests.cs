using Microsoft.Extensions.Time.Testing;
using Stagedoor.Storage;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

public sealed class DirectoryCacheTests
{
    private readonly FakeTimeProvider _clock = new();
    private int _loads;
    private Func<string?> _stored = static () => "answer";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_answer_is_asked_for_once_a_second()
    {
        var cache = Cache();

        await cache.GetAsync("k", Cancellation);
        await cache.GetAsync("k", Cancellation);
        var within = _loads;
        _clock.Advance(DirectoryCache<string>.Fresh);
        await cache.GetAsync("k", Cancellation);

        Assert.Equal((1, 2), (within, _loads));
    }

    [Fact]
    public async Task Many_who_ask_at_once_cause_one_load()
    {
        var gate = new TaskCompletionSource<string?>();
        var cache = new DirectoryCache<string>(_clock, new(_clock), 10, (_, _) => Counted(gate.Task));

        var waiting = Enumerable.Range(0, 50).Select(_ => cache.GetAsync("k", Cancellation).AsTask()).ToList();
        gate.SetResult("answer");

        Assert.All(await Task.WhenAll(waiting), v => Assert.Equal("answer", v));
        Assert.Equal(1, _loads);
    }

    [Fact]
    public async Task Who_gives_up_does_not_end_the_load_of_the_others()
    {
        var gate = new TaskCompletionSource<string?>();
        var cache = new DirectoryCache<string>(_clock, new(_clock), 10, (_, _) => Counted(gate.Task));
        using var impatient = new CancellationTokenSource();

        var first = cache.GetAsync("k", impatient.Token).AsTask();
        var second = cache.GetAsync("k", Cancellation).AsTask();
        await impatient.CancelAsync();
        gate.SetResult("answer");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal("answer", await second);
    }

    [Fact]
    public async Task A_forgotten_answer_is_asked_for_again_even_while_it_is_loaded()
    {
        var gate = new TaskCompletionSource<string?>();
        var loads = 0;
        var cache = new DirectoryCache<string>(_clock, new(_clock), 10, (_, _) => ++loads == 1 ? gate.Task : Task.FromResult<string?>("new"));

        var before = cache.GetAsync("k", Cancellation).AsTask();
        cache.Forget("k");
        gate.SetResult("old");

        Assert.Equal("old", await before);
        Assert.Equal("new", await cache.GetAsync("k", Cancellation));
    }

    [Fact]
    public async Task Only_the_first_call_waits_for_a_directory_that_does_not_answer()
    {
        var answers = true;
        var silence = new TaskCompletionSource<string?>();
        var outage = new DirectoryOutage(_clock);
        var keys = new DirectoryCache<string>(_clock, outage, 10, (_, _) => Counted(answers ? Task.FromResult<string?>("key") : silence.Task));
        var users = new DirectoryCache<string>(_clock, outage, 10, (_, _) => Counted(answers ? Task.FromResult<string?>("user") : silence.Task));
        await keys.GetAsync("k", Cancellation);
        await users.GetAsync("u", Cancellation);
        answers = false;
        _clock.Advance(DirectoryCache<string>.Fresh);

        var first = keys.GetAsync("k", Cancellation).AsTask();
        _clock.Advance(DirectoryCache<string>.Patience);
        Assert.Equal("key", await first);
        var others = new Task<string?>[] { users.GetAsync("u", Cancellation).AsTask(), keys.GetAsync("k", Cancellation).AsTask() };

        // Answered before anything could be waited for, although both caches share nothing but the outage.
        Assert.All(others, static call => Assert.True(call.IsCompletedSuccessfully));
        await Assert.ThrowsAsync<StorageException>(() => users.GetAsync("unknown", Cancellation).AsTask());
        answers = true;
        await Eventually.TrueAsync("an unknown user is looked up again", TimeSpan.FromSeconds(10), async () =>
        {
            _clock.Advance(DirectoryCache<string>.Fresh);
            try
            {
                return await users.GetAsync("new", Cancellation) is "user";
            }
            catch (StorageException)
            {
                return false;
            }
        });
    }

    [Fact]
    public async Task A_known_answer_outlives_the_database_for_a_minute()
    {
        var cache = Cache();
        await cache.GetAsync("k", Cancellation);
        _stored = static () => throw new StorageException(StorageSource.Database, StorageFault.Unavailable, "gone");

        _clock.Advance(TimeSpan.FromSeconds(59));
        var late = await cache.GetAsync("k", Cancellation);
        _clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal("answer", late);
        await Assert.ThrowsAsync<StorageException>(async () => await cache.GetAsync("k", Cancellation));
    }

    [Fact]
    public async Task What_is_not_known_fails_at_once_without_the_database()
    {
        var cache = Cache();
        _stored = static () => null;
        await cache.GetAsync("missing", Cancellation);
        _stored = static () => throw new StorageException(StorageSource.Database, StorageFault.Unavailable, "gone");
        _clock.Advance(DirectoryCache<string>.Fresh);

        await Assert.ThrowsAsync<StorageException>(async () => await cache.GetAsync("missing", Cancellation));
        await Assert.ThrowsAsync<StorageException>(async () => await cache.GetAsync("unheard-of", Cancellation));
    }

    [Fact]
    public async Task An_answer_follows_the_database_when_it_is_back()
    {
        var cache = Cache();
        await cache.GetAsync("k", Cancellation);
        _stored = static () => throw new StorageException(StorageSource.Database, StorageFault.Unavailable, "gone");
        _clock.Advance(TimeSpan.FromSeconds(5));
        await cache.GetAsync("k", Cancellation);
        _stored = static () => "changed";
        _clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal("changed", await cache.GetAsync("k", Cancellation));
    }

    [Fact]
    public async Task It_stays_bounded_and_keeps_what_is_known()
    {
        var cache = new DirectoryCache<string>(_clock, new(_clock), 100, (key, _) => Task.FromResult(key is "known" ? "answer" : null));
        await cache.GetAsync("known", Cancellation);

        for (var i = 0; i < 1_000; i++)
        {
            await cache.GetAsync($"invented {i}", Cancellation);
        }

        Assert.InRange(cache.Count, 1, 100);
        Assert.True(cache.Holds("known"));
    }

    [Fact]
    public async Task A_sweep_drops_what_is_past_use()
    {
        var cache = Cache();
        await cache.GetAsync("k", Cancellation);
        cache.Sweep();
        var before = cache.Count;

        _clock.Advance(DirectoryCache<string>.Usable);
        cache.Sweep();

        Assert.Equal((1, 0), (before, cache.Count));
    }

    private DirectoryCache<string> Cache() => new(_clock, new(_clock), 10, (_, _) => Counted(Task.Run(() => _stored())));

    private Task<string?> Counted(Task<string?> load)
    {
        Interlocked.Increment(ref _loads);
        return load;
    }
}
