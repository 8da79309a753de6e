using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Stagedoor.Background;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Architecture;

public sealed class BackgroundWorkTests
{
    [Fact]
    public async Task Everything_that_runs_by_itself_is_an_UpkeepService()
    {
        await using var app = await StagedoorApp.StartAsync();

        var work = app.Services.GetServices<IHostedService>().OfType<BackgroundService>().Where(Own).ToList();

        Assert.NotEmpty(work);
        Assert.All(work, static service => Assert.IsAssignableFrom<UpkeepService>(service));
    }

    private static bool Own(IHostedService service) => service.GetType().Assembly.GetName().Name!.StartsWith("Stagedoor", StringComparison.Ordinal);
}
