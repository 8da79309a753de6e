using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Triggers;

/// <summary>What triggers answer when who knows clusters fails, and that the same call succeeds when it does not.</summary>
public sealed class TriggerFaultTests(TriggerInstallation images) : IClassFixture<TriggerInstallation>
{
    [Fact]
    [Provokes("SVCSTG.SWR.5000084")]
    public async Task A_cluster_that_cannot_be_looked_up_is_the_service_failure()
    {
        await images.CreateRepositoryAsync("unknown-cluster");
        images.Workloads.IsDown = true;
        try
        {
            using var failed = await SendAsync(HttpMethod.Post, TriggerInstallation.PathOf("unknown-cluster"), TriggerInstallation.Body("one"));
            await failed.ShouldFailAsync(500, "SVCSTG.SWR.5000084");
            await images.CreateAsync("unknown-cluster", TriggerInstallation.Body("serverless", ("trigger_mode", "cci")));
        }
        finally
        {
            images.Workloads.IsDown = false;
        }

        await images.CreateAsync("unknown-cluster", TriggerInstallation.Body("one"));
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null) => images.SendAsync(method, path, body);
}

/// <summary>An installation in which nobody manages workloads.</summary>
public sealed class TriggerWithoutWorkloadsTests(TriggerWithoutWorkloadsTests.Lonely images) : IClassFixture<TriggerWithoutWorkloadsTests.Lonely>
{
    public sealed class Lonely : Installation
    {
        protected override void Configure(IServiceCollection services) => services.RemoveAll<IWorkloads>();
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000084")]
    public async Task Without_a_service_for_clusters_the_answer_says_what_to_do_instead()
    {
        await images.PushImageAsync("team/lonely", "v1");
        using var content = new StringContent(TriggerInstallation.Body("one"), System.Text.Encoding.UTF8, "application/json");
        using var refused = await images.App.Admin.PostAsync(new Uri(TriggerInstallation.PathOf("lonely"), UriKind.Relative), content, Installation.Cancellation);

        var error = await refused.ShouldFailAsync(500, "SVCSTG.SWR.5000084");
        Assert.Contains("POST /v2/manage/namespaces/team/repos/lonely/webhooks", error.Body, StringComparison.Ordinal);
    }
}
