using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Repositories;

/// <summary>What answers print before the names of images.</summary>
public sealed class ImageAddressTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Both_hosts_can_be_set()
    {
        await using var app = await StartAsync(("Images:ExternalHost", "images.example.com"), ("Images:InternalHost", "10.1.2.3:5000"));

        Assert.Equal(("images.example.com/team/app", "10.1.2.3:5000/team/app"), await PathsAsync(app));
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5001002")]
    public async Task Without_an_external_host_what_would_print_it_fails()
    {
        await using var app = await StartAsync(("Images:ExternalHost", "none"));

        using var shown = await app.Admin.GetAsync("/v2/manage/namespaces/team/repos/app", Cancellation);
        await shown.ShouldFailAsync(500, "SVCSTG.SWR.5001002");
        using var listed = await app.Admin.GetAsync("/v2/manage/repos", Cancellation);
        await listed.ShouldFailAsync(500, "SVCSTG.SWR.5001002");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000062")]
    public async Task The_internal_host_can_be_the_address_of_an_interface()
    {
        await using var app = await StartAsync(("Images:InternalHost", "interface:lo"));
        Assert.Equal($"127.0.0.1:{new Uri(app.Url).Port}/team/app", (await PathsAsync(app)).Internal);

        await app.RestartAsync(("Images:InternalHost", "interface:nothing0"));
        using var shown = await app.Admin.GetAsync("/v2/manage/namespaces/team/repos/app", Cancellation);
        await shown.ShouldFailAsync(500, "SVCSTG.SWR.5000062");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000061")]
    public async Task The_internal_host_can_be_an_instance_of_a_microservice()
    {
        await using var app = await StartAsync(("Images:InternalHost", "registry:installation/images"));
        using (var nobody = await app.Admin.GetAsync("/v2/manage/namespaces/team/repos/app", Cancellation))
        {
            await nobody.ShouldFailAsync(500, "SVCSTG.SWR.5000061");
        }

        using var service = await app.Anonymous.PostAsJsonAsync(
            "/v4/default/registry/microservices", new { service = new { appId = "installation", serviceName = "images", version = "1.0.0" } }, Cancellation);
        await Installation.ShouldBeAsync(service, 200);
        var id = (await service.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("serviceId").GetString();
        using var instance = await app.Anonymous.PostAsJsonAsync(
            $"/v4/default/registry/microservices/{id}/instances",
            new { instance = new { hostName = "a", endpoints = new[] { "rest://10.9.8.7:8080" }, status = "UP" } },
            Cancellation);
        await Installation.ShouldBeAsync(instance, 200);

        Assert.Equal("10.9.8.7:8080/team/app", (await PathsAsync(app)).Internal);
    }

    private static async Task<StagedoorApp> StartAsync(params (string Key, string Value)[] settings)
    {
        var app = await StagedoorApp.StartAsync([("Gateway:PasswordIterations", "10000"), .. settings]);
        using var organization = await app.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = "team" }, Cancellation);
        await Installation.ShouldBeAsync(organization, 201);
        using var repository = await app.Admin.PostAsJsonAsync(
            "/v2/manage/namespaces/team/repos", new { repository = "app", is_public = false }, Cancellation);
        await Installation.ShouldBeAsync(repository, 201);
        return app;
    }

    private static async Task<(string External, string Internal)> PathsAsync(StagedoorApp app)
    {
        var shown = await app.Admin.GetFromJsonAsync<JsonElement>("/v2/manage/namespaces/team/repos/app", Cancellation);
        return (shown.GetProperty("path").GetString()!, shown.GetProperty("internal_path").GetString()!);
    }
}
