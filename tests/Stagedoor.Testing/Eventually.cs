using System.Diagnostics;
using Xunit;

namespace Stagedoor.Testing;

/// <summary>Waits for what another process will do in its own time.</summary>
public static class Eventually
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>Looks again and again until the answer is yes.</summary>
    /// <param name="what">What is awaited, for the failure.</param>
    /// <param name="patience">How long at most.</param>
    /// <param name="isSo">The look.</param>
    public static async Task TrueAsync(string what, TimeSpan patience, Func<Task<bool>> isSo)
    {
        ArgumentNullException.ThrowIfNull(isSo);
        var since = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(s_interval);
        while (!await isSo())
        {
            Assert.True(Stopwatch.GetElapsedTime(since) < patience, $"Waited {patience} in vain for this: {what}.");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    public static Task TrueAsync(string what, TimeSpan patience, Func<bool> isSo) => TrueAsync(what, patience, () => Task.FromResult(isSo()));

    /// <summary>Looks again and again, and lets time pass for a host in between, so that nobody waits for what it does after a while.</summary>
    /// <param name="what">What is awaited, for the failure.</param>
    /// <param name="clock">The host's clock.</param>
    /// <param name="step">How much time passes from look to look.</param>
    /// <param name="isSo">The look.</param>
    public static Task TrueAsync(string what, RunningClock clock, TimeSpan step, Func<Task<bool>> isSo)
    {
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentNullException.ThrowIfNull(isSo);
        return TrueAsync(what, s_patience, async () =>
        {
            if (await isSo())
            {
                return true;
            }

            clock.Advance(step);
            return await isSo();
        });
    }

    public static Task TrueAsync(string what, RunningClock clock, TimeSpan step, Func<bool> isSo) => TrueAsync(what, clock, step, () => Task.FromResult(isSo()));

    /// <summary>The first value that is not null, within twenty seconds.</summary>
    public static async Task<T> IsAsync<T>(Func<Task<T?>> find)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(find);
        T? found = null;
        await TrueAsync("a value", TimeSpan.FromSeconds(20), async () => (found = await find()) is not null);
        return found!;
    }
}
