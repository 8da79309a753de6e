using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Stagedoor.Background;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Architecture;

public sealed class BackgroundWorkTests
{
    // They do something at the start or the stop, and nothing between.
    private static readonly string[] s_doNotRun = ["CollectorState", "Drain", "KeyProjects", "LifeLog", "MetricGauges", "ModulePorts", "RegistryGauges", "RootAccount", "TraceGauges"];

    [Fact]
    public async Task Everything_that_runs_by_itself_is_an_UpkeepService()
    {
        await using var app = await StagedoorApp.StartAsync();

        var work = app.Services.GetServices<IHostedService>().Where(Own).ToList();

        Assert.NotEmpty(work);
        Assert.All(work.OfType<BackgroundService>(), static service => Assert.IsAssignableFrom<UpkeepService>(service));
        Assert.Empty(work.Where(static s => s is not UpkeepService).Select(static s => s.GetType().Name).Except(s_doNotRun, StringComparer.Ordinal));
    }

    [Fact]
    public void There_is_no_other_background_service() => Assert.Empty(
        ProductAssemblies.All.SelectMany(static a => a.GetTypes())
            .Where(static t => t.IsSubclassOf(typeof(BackgroundService)) && t != typeof(UpkeepService) && !t.IsSubclassOf(typeof(UpkeepService)))
            .Select(static t => t.FullName));

    private static bool Own(IHostedService service) => service.GetType().Assembly.GetName().Name!.StartsWith("Stagedoor", StringComparison.OrdinalIgnoreCase);
}
