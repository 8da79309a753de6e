using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http;
using Stagedoor.Serve;
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
    public async Task Its_role_can_be_granted_and_opens_it()
    {
        var (user, client) = await AddUserAsync("keeper");
        using var _ = client;

        using var before = await client.PutAsync("/probe/things/cup", null, Cancellation);
        await GrantAsync(user);
        using var after = await client.PutAsync("/probe/things/cup", null, Cancellation);
        using var elsewhere = await client.GetAsync("/v3/users", Cancellation);

        Assert.Equal(
            (HttpStatusCode.Forbidden, HttpStatusCode.OK, HttpStatusCode.Forbidden), (before.StatusCode, after.StatusCode, elsewhere.StatusCode));
    }

    [Fact]
    public async Task What_was_granted_can_be_seen_and_revoked_while_it_is_off()
    {
        var (user, client) = await AddUserAsync("former-keeper");
        client.Dispose();
        await GrantAsync(user);
        await _app.RestartAsync(("Modules", "images"));

        var seen = await _app.Admin.GetFromJsonAsync<JsonElement>($"/v3/domains/{_app.FirstRun.DomainId}/users/{user}/roles", Cancellation);
        using var revoked = await _app.Admin.DeleteAsync(await GrantPathAsync(user), Cancellation);

        Assert.Equal("Probe Keeper", Assert.Single(seen.GetProperty("roles").EnumerateArray()).GetProperty("display_name").GetString());
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
    }

    [Fact]
    public void A_role_that_is_there_already_is_no_start()
    {
        var e = Assert.Throws<InvalidOperationException>(() => new ModuleSet([.. Modules.All, _module, new ProbeModule()], new ConfigurationBuilder().Build()));

        Assert.Equal("The role prb_keeper is brought by probe and again by probe: a grant of it would mean two things.", e.Message);
    }

    [Fact]
    public async Task It_has_a_port_and_a_protocol_of_its_own()
    {
        var (_, address) = _app.Services.GetRequiredService<BoundListeners>().Others.Single(static o => o.Listener == ProbeModule.Port);
        using var client = new OutgoingClient { BaseAddress = new(address), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

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

    private async Task<(string Id, HttpClient Client)> AddUserAsync(string name)
    {
        using var user = await _app.Admin.PostAsJsonAsync("/v3/users", new { user = new { name, password = "correct-Horse-7" } }, Cancellation);
        var id = (await user.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("user").GetProperty("id").GetString()!;
        using var key = await _app.Admin.PostAsJsonAsync("/v3.0/OS-CREDENTIAL/credentials", new { credential = new { user_id = id } }, Cancellation);
        var keys = (await key.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("credential");
        return (id, _app.WithKeys(keys.GetProperty("access").GetString()!, keys.GetProperty("secret").GetString()!));
    }

    // IAM lists the role, with its id.
    private async Task<string> GrantPathAsync(string user)
    {
        var roles = await _app.Admin.GetFromJsonAsync<JsonElement>($"/v3/roles?name={ProbeModule.Keeper}", Cancellation);
        return $"/v3/domains/{_app.FirstRun.DomainId}/users/{user}/roles/{Assert.Single(roles.GetProperty("roles").EnumerateArray()).GetProperty("id").GetString()}";
    }

    private async Task GrantAsync(string user)
    {
        using var granted = await _app.Admin.PutAsync(await GrantPathAsync(user), null, Cancellation);
        Assert.Equal(HttpStatusCode.NoContent, granted.StatusCode);
    }
}
