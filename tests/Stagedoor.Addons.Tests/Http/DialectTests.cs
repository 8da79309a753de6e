using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>How errors are told, whatever refuses.</summary>
public sealed class DialectTests(AddonSite site) : IClassFixture<AddonSite>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_error_is_told_as_the_founding_document_has_it()
    {
        using var response = await site.App.Admin.GetAsync($"{site.Clusters}/nowhere", Cancellation);

        await response.ShouldFailWithAsync(404, """{"error_code":"CCE.03404001","error_msg":"Resource not found.","message":"cluster nowhere does not exist in the project"}""");
    }

    [Fact]
    public async Task A_request_can_ask_for_the_form_of_later_releases()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, site.Clusters) { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        request.Headers.Add("X-Stagedoor-Dialect", "cce-v3");
        using var response = await site.App.Admin.SendAsync(request, Cancellation);

        await response.ShouldFailWithAsync(
            400,
            """
            {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","code":400,"errorCode":"CCE.03400001","errorMessage":"Invalid request.","error":{"message":"Request Body Error: metadata: is required","code":"SVCSTG.CCE-ADDONMGR.4000003"},"message":"metadata: is required","reason":"BadRequest","error_code":"SVCSTG.CCE-ADDONMGR.4000003","error_msg":"Request Body Error"}
            """);
    }

    [Fact]
    public async Task A_setting_decides_where_the_request_does_not()
    {
        await using var app = await StagedoorApp.StartAsync(("Addons:Dialect", "cce-v3"));
        var path = $"/api/v3/projects/{app.FirstRun.ProjectId}/clusters/nowhere";

        var later = await AddonSite.ReadAsync(await app.Admin.GetAsync(path, Cancellation), 404);
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("X-Stagedoor-Dialect", "seed");
        var seed = await AddonSite.ReadAsync(await app.Admin.SendAsync(request, Cancellation), 404);

        Assert.Equal("NotFound", later.GetProperty("reason").GetString());
        Assert.False(seed.TryGetProperty("reason", out _));
    }

    [Theory]
    [InlineData("GET", "/api/v3/addons/a/b/c/d", null, 404, "CCE.03404001")]
    [InlineData("PATCH", "/api/v3/projects/p/clusters", null, 404, "CCE.03404001")]
    [InlineData("GET", "/cce/cam/v3/nothing", null, 404, "CCE.03404001")]
    [InlineData("GET", "/autopilot/v3/nothing", null, 404, "CCE.03404001")]
    [Provokes("CCE.03404001")]
    public async Task What_has_no_route_is_refused_in_JSON(string method, string path, string? type, int status, string code)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (type is not null)
        {
            request.Content = new StringContent("x", Encoding.UTF8, type);
        }

        using var response = await site.App.Admin.SendAsync(request, Cancellation);

        await response.ShouldFailAsync(status, code);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("multipart/form-data")]
    [Provokes("SVCSTG.CCE-ADDONMGR.4000003")]
    public async Task Another_type_of_body_is_refused(string type)
    {
        using var content = new StringContent("{}", Encoding.UTF8, type);
        using var response = await site.App.Admin.PostAsync(site.Clusters, content, Cancellation);

        var error = await response.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4000003");
        Assert.Contains("Content-Type", error.Body, StringComparison.Ordinal);
    }

    [Fact]
    [Provokes("SVCSTG.CCE-ADDONMGR.4000003")]
    public async Task A_body_that_is_too_large_is_refused()
    {
        using var content = new StringContent(new('x', (4 * 1024 * 1024) + 1), Encoding.UTF8, "application/json");
        using var response = await site.App.Admin.PostAsync(site.Clusters, content, Cancellation);

        var error = await response.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4000003");
        Assert.Contains("at most 4194304 bytes", error.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_not_known_is_the_gateways_business()
    {
        using var response = await site.App.Anonymous.GetAsync(site.Clusters, Cancellation);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal(JsonValueKind.String, (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("error_code").ValueKind);
    }
}
