using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Stagedoor.Discovery.Leasing;
using Stagedoor.Testing;

namespace Stagedoor.Discovery.Tests.Instances;

/// <summary>Lets time pass for leases, and waits until they were looked at.</summary>
internal static class LeaseClock
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(250);

    /// <summary>So many seconds pass, and whatever ends with them is gone.</summary>
    public static async Task PassAsync(this StagedoorApp app, double seconds)
    {
        app.Clock.Advance(TimeSpan.FromSeconds(seconds));
        await app.SweptAsync();
    }

    /// <summary>Waits for a look at the leases that began after this call.</summary>
    public static Task SweptAsync(this StagedoorApp app) => SweptAsync(app.Services);

    public static Task SweptAsync(IServiceProvider services)
    {
        var clock = (RunningClock)services.GetRequiredService<TimeProvider>();
        var sweeper = services.GetServices<IHostedService>().OfType<LeaseSweeper>().Single();
        var seen = sweeper.Rounds;
        return Eventually.TrueAsync("the leases are looked at", clock, s_period, () => sweeper.Rounds >= seen + 2);
    }
}
