using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.NewModule;

/// <summary>A module is one class and one line of a list: whatever the product does with modules it does with one that it has never heard of.</summary>
public sealed class ModuleTests : IAsyncLifetime
{
    private readonly ProbeModule _module = new();
    private StagedoorApp _app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await StagedoorApp.StartWithAsync(_module);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task It_is_prepared_and_serves()
    {
        using var put = await _app.Admin.PutAsync("/probe/things/spoon", null, Cancellation);
        var spoon = await _app.Admin.GetStringAsync("/probe/things/spoon", Cancellation);

        Assert.True(_module.IsPrepared);
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal("spoon", spoon);
    }

    [Fact]
    public async Task Who_may_call_it_is_the_gateways_business()
    {
        using var response = await _app.Anonymous.GetAsync("/probe/things/spoon", Cancellation);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Theory]
    [InlineData("/probe/things/fork")]
    [InlineData("/probe/nowhere")]
    public async Task Its_errors_have_its_shape_with_and_without_a_route(string path)
    {
        using var response = await _app.Admin.GetAsync(path, Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("PROBE.404001", response.Headers.GetValues("X-Probe-Error-Code").Single());
        Assert.StartsWith(
            "{\"errorCode\":\"PROBE.404001\",\"errorMessage\":\"There is no such thing\"", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_changes_are_in_the_audit_log()
    {
        using var put = await _app.Admin.PutAsync("/probe/things/knife", null, Cancellation);

        var traces = await _app.Admin.GetStringAsync("/v3/audit/records?trace_name=putThing", Cancellation);

        using var document = JsonDocument.Parse(traces);
        var trace = document.RootElement.GetProperty("traces").EnumerateArray().Single();
        Assert.Equal("PRB", trace.GetProperty("service_type").GetString());
    }

    [Fact]
    public async Task Its_operations_are_described_and_measured()
    {
        using var put = await _app.Admin.PutAsync("/probe/things/plate", null, Cancellation);

        Assert.Contains("/probe/things/{name}", await _app.Anonymous.GetStringAsync("/openapi/probe.json", Cancellation), StringComparison.Ordinal);
        Assert.Contains("/probe/things/{name}", await _app.Anonymous.GetStringAsync("/metrics", Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_in_the_service_catalogue()
    {
        var catalog = await _app.Admin.GetStringAsync("/v3/auth/catalog", Cancellation);

        Assert.Contains($"/probe/{_app.FirstRun.ProjectId}", catalog, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_has_a_port_and_a_protocol_of_its_own()
    {
        var (_, address) = _app.Services.GetRequiredService<BoundListeners>().Others.Single(static o => o.Listener == ProbeModule.Port);
        using var client = new HttpClient { BaseAddress = new(address), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

        var there = await client.GetStringAsync("/probe/protocol", Cancellation);
        using var here = await _app.Anonymous.GetAsync("/probe/protocol", Cancellation);
        using var foreign = await client.GetAsync("/v2/manage/namespaces", Cancellation);

        Assert.Equal("HTTP/2", there);
        Assert.Equal(HttpStatusCode.NotFound, here.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
        Assert.StartsWith("{\"errorCode\":\"PROBE.404001\"", await foreign.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_settings_are_settings_of_the_product()
    {
        await _app.RestartAsync(("Probe:Listen", "off"));
        var e = await Assert.ThrowsAsync<StartupException>(() => StagedoorApp.StartWithAsync(_module, ("Probe:Lissen", "off"), ("Probe:Listen", "everywhere")));

        Assert.Empty(_app.Services.GetRequiredService<BoundListeners>().Others);
        Assert.Contains("Did you mean Probe:Listen?", e.Message, StringComparison.Ordinal);
        Assert.Contains("Probe:Listen is 'everywhere'; it must be a port", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Others_run_without_it()
    {
        await _app.RestartAsync(("Modules", "images"));
        using var off = await _app.Admin.GetAsync("/probe/things/fork", Cancellation);
        await _app.RestartAsync(("Modules", "images,probe"));
        using var on = await _app.Admin.GetAsync("/probe/things/fork", Cancellation);

        Assert.DoesNotContain("PROBE", await off.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Contains("PROBE", await on.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }
}
