using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Stagedoor.Discovery.Leasing;
using Stagedoor.Testing;

namespace Stagedoor.Discovery.Tests.Instances;

/// <summary>Lets time pass for leases, and waits until they were looked at.</summary>
internal static class LeaseClock
{
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
        var sweeper = services.GetServices<IHostedService>().OfType<LeaseSweeper>().Single();
        var seen = sweeper.Rounds;
        return Eventually.TrueAsync("the leases are looked at", TimeSpan.FromSeconds(20), () => sweeper.Rounds >= seen + 2);
    }
}
