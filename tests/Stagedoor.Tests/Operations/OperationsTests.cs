using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Operations;

public sealed class OperationsTests : IAsyncLifetime
{
    private StagedoorApp _app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await StagedoorApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Theory]
    [InlineData("/healthz", "ok")]
    [InlineData("/readyz", "ready")]
    public async Task A_healthy_installation_says_so_without_credentials(string path, string status)
    {
        var health = await _app.Anonymous.GetFromJsonAsync<JsonElement>(path, Cancellation);

        Assert.Equal(status, health.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Probes_are_answered_over_plain_http_where_https_is_demanded()
    {
        await using var app = await StagedoorApp.StartAsync(("Gateway:RequireHttps", "true"));

        foreach (var probe in (string[])["/healthz", "/readyz", "/version"])
        {
            using var response = await app.Anonymous.GetAsync(probe, Cancellation);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        foreach (var other in (string[])["/", "/metrics", "/v2/", "/v3/auth/catalog", "/healthz/more", "/nowhere"])
        {
            using var response = await app.Anonymous.GetAsync(other, Cancellation);
            await response.ShouldFailAsync(400, "APIGW.0607");
        }

        using var wrongMethod = await app.Anonymous.DeleteAsync("/healthz", Cancellation);
        await wrongMethod.ShouldFailAsync(400, "APIGW.0607");
    }

    [Fact]
    public async Task It_is_not_ready_while_the_blob_store_is_gone_and_ready_again_afterwards()
    {
        var blobs = Path.Combine(_app.DataDirectory, "blobs");
        Directory.Move(blobs, blobs + ".away");
        await File.WriteAllTextAsync(blobs, "not a folder", Cancellation);

        using (var response = await _app.Anonymous.GetAsync("/readyz", Cancellation))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            var problems = (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("problems");
            Assert.Contains("blob store", Assert.Single(problems.EnumerateArray()).GetString(), StringComparison.Ordinal);
        }

        File.Delete(blobs);
        Directory.Move(blobs + ".away", blobs);
        using var again = await _app.Anonymous.GetAsync("/readyz", Cancellation);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact]
    public async Task The_version_names_the_build()
    {
        var version = await _app.Anonymous.GetFromJsonAsync<JsonElement>("/version", Cancellation);

        Assert.Matches(@"^\d+\.\d+\.\d+", version.GetProperty("version").GetString());
    }

    [Fact]
    public async Task Metrics_count_requests_by_route_and_code()
    {
        using (await _app.Admin.GetAsync("/v2/manage/namespaces/none-such", Cancellation))
        {
        }

        var text = await _app.Anonymous.GetStringAsync("/metrics", Cancellation);

        Assert.Matches(@"stagedoor_requests_total\{.*code=""SVCSTG\.SWR\.4040058""\} 1", text);
        Assert.Contains("stagedoor_request_duration_seconds_bucket", text, StringComparison.Ordinal);
        Assert.Contains("stagedoor_requests_in_flight", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("images", "CreateNamespace", "SVCSTG.SWR.4090060")]
    [InlineData("images", "PullBlob", "SVCSTG.SWR.4041051")]
    [InlineData("iam", "CreateToken", "IAM.0001")]
    public async Task OpenApi_lists_an_operation_with_the_codes_it_can_answer(string service, string operation, string code)
    {
        var document = await _app.Anonymous.GetFromJsonAsync<JsonElement>($"/openapi/{service}.json", Cancellation);

        var found = document.GetProperty("paths").EnumerateObject()
            .SelectMany(p => p.Value.EnumerateObject())
            .Single(o => o.Value.TryGetProperty("operationId", out var id) && id.GetString() == operation);
        Assert.Contains(code, found.Value.GetProperty("responses").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    [Provokes("APIGW.0101")]
    public async Task OpenApi_of_no_service_is_no_route_and_does_not_repeat_the_name()
    {
        using var response = await _app.Anonymous.GetAsync("/openapi/anything.json", Cancellation);

        var error = await response.ShouldFailAsync(404, "APIGW.0101");
        Assert.Matches("\"request_id\":\"[0-9a-f]{32}\"", error.Body);
        Assert.DoesNotContain("anything", error.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/errors")]
    [InlineData("/errors/4000097")]
    [InlineData("/errors/NO.SUCH")]
    public async Task Texts_about_errors_are_not_taken_for_another_type(string path)
    {
        using var response = await _app.Anonymous.GetAsync(path, Cancellation);

        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
    }

    [Fact]
    [Provokes("APIGW.0101")]
    public async Task An_unknown_error_code_is_not_found()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/errors/NO.SUCH");
        request.Headers.Add("Accept", "application/json");

        using var response = await _app.Anonymous.SendAsync(request, Cancellation);

        await response.ShouldFailAsync(404, "APIGW.0101");
    }
}
