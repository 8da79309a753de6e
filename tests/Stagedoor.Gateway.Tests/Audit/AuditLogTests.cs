using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Stagedoor.Gateway.Audit;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Gateway.Tests.Audit;

public sealed class AuditLogTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_change_is_recorded_before_its_answer()
    {
        await using var host = await PipelineHost.StartAsync();
        host.Directory.IsRoot = true;

        using var change = await host.Signed.DeleteAsync("/things/lamp?token=abc", Cancellation);
        var trace = Assert.Single(await TracesAsync(host, "trace_name=deleteThing"));

        Assert.Equal(HttpStatusCode.NoContent, change.StatusCode);
        Assert.Equal(change.Headers.GetValues("X-Request-Id").Single(), trace.GetProperty("request_id").GetString());
        Assert.Equal("lamp", trace.GetProperty("resource_name").GetString());
        Assert.Equal("SWR", trace.GetProperty("service_type").GetString());
        Assert.Equal("204", trace.GetProperty("code").GetString());
        Assert.Equal("alice", trace.GetProperty("user").GetProperty("name").GetString());
        Assert.Equal("acme", trace.GetProperty("user").GetProperty("domain").GetProperty("name").GetString());
        Assert.Equal("DELETE /things/lamp?token=***", trace.GetProperty("request").GetString());
    }

    [Fact]
    public async Task Reading_is_not_recorded()
    {
        await using var host = await PipelineHost.StartAsync();
        host.Directory.IsRoot = true;

        using var read = await host.Signed.GetAsync("/who", Cancellation);

        Assert.Empty(await TracesAsync(host, ""));
    }

    [Fact]
    public async Task Wrong_signatures_are_one_record_and_the_lock_is_an_incident()
    {
        await using var host = await PipelineHost.StartAsync();
        host.Directory.IsRoot = true;
        using var guessing = host.SignedBy("guess");
        for (var i = 0; i < 8; i++)
        {
            using var wrong = await guessing.GetAsync("/who", Cancellation);
        }

        host.Clock.Advance(TimeSpan.FromMinutes(6));
        // A change waits until the records before it are written.
        using var change = await host.Signed.DeleteAsync("/things/lamp", Cancellation);
        var traces = await TracesAsync(host, "resource_type=credential");

        Assert.Equal(
            [("accessKeyLocked", "incident"), ("authenticationFailed", "warning")],
            traces.Select(static t => (t.GetProperty("trace_name").GetString()!, t.GetProperty("trace_rating").GetString()!)).Order());
        Assert.All(traces, static t => Assert.Equal(FakeDirectory.AccessKey, t.GetProperty("resource_name").GetString()));
    }

    [Fact]
    public async Task Pages_follow_each_other()
    {
        await using var host = await PipelineHost.StartAsync();
        host.Directory.IsRoot = true;
        for (var i = 0; i < 5; i++)
        {
            using var change = await host.Signed.DeleteAsync($"/things/lamp{i}", Cancellation);
        }

        var names = new List<string>();
        string? marker = null;
        do
        {
            var page = await PageAsync(host, $"limit=2{(marker is null ? "" : "&marker=" + marker)}");
            names.AddRange(page.GetProperty("traces").EnumerateArray().Select(static t => t.GetProperty("resource_name").GetString()!));
            marker = page.GetProperty("meta_data").TryGetProperty("marker", out var next) ? next.GetString() : null;
        }
        while (marker is not null);

        Assert.Equal(["lamp0", "lamp1", "lamp2", "lamp3", "lamp4"], names.Order(StringComparer.Ordinal));
    }

    [Fact]
    [Provokes("APIGW.0306")]
    public async Task The_records_are_for_security_administrators()
    {
        await using var host = await PipelineHost.StartAsync();

        using var administrator = await host.Signed.GetAsync("/v3/audit/records", Cancellation);
        host.Directory.Roles = [RoleNames.SecurityAdministrator];
        using var security = await host.Signed.GetAsync("/v3/audit/records", Cancellation);

        await administrator.ShouldFailAsync(403, "APIGW.0306");
        Assert.Equal(HttpStatusCode.OK, security.StatusCode);
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=201")]
    [InlineData("from=yesterday")]
    [InlineData("code=1000")]
    [InlineData("marker=x")]
    [Provokes("APIGW.0201", Status = 400)]
    public async Task A_query_that_cannot_be_read_is_refused(string query)
    {
        await using var host = await PipelineHost.StartAsync();
        host.Directory.IsRoot = true;

        using var response = await host.Signed.GetAsync($"/v3/audit/records?{query}", Cancellation);

        await response.ShouldFailAsync(400, "APIGW.0201");
    }

    [Fact]
    public async Task The_stored_chain_is_intact()
    {
        await using var host = await PipelineHost.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => host.Signed.DeleteAsync($"/things/lamp{i}", Cancellation)));

        var rows = await ListAsync(host);

        Assert.Equal(20, rows.Count);
        Assert.Empty((await GatewayModule.VerifyAuditAsync(host.Services, Cancellation)).Problems);
        Assert.Equal(AuditRow.NoHash, rows.MinBy(static r => r.Sequence)!.PreviousHash);
    }

    [Fact]
    public async Task A_change_is_answered_while_records_cannot_be_written_and_recorded_when_they_can()
    {
        await using var host = await PipelineHost.StartAsync();
        var table = new Sabotage(Path.Combine(host.Folder, "gateway.db"));
        HttpStatusCode first, second;
        using (table.RefuseInsert("audit_record"))
        {
            first = await DeleteAsync(host, "one");
            second = await DeleteAsync(host, "two");
        }

        await host.Services.GetServices<IHostedService>().OfType<AuditWriter>().Single().StopAsync(Cancellation);
        var rows = await ListAsync(host);

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent), (first, second));
        Assert.Equal(["one", "two"], rows.Select(static r => r.ResourceName).Order(StringComparer.Ordinal));
        Assert.Empty((await GatewayModule.VerifyAuditAsync(host.Services, Cancellation)).Problems);
    }

    [Fact]
    public async Task An_orderly_stop_writes_what_was_handed_in()
    {
        await using var host = await PipelineHost.StartAsync();
        var log = host.Services.GetRequiredService<AuditLog>();
        for (var i = 0; i < 500; i++)
        {
            log.Record(new() { OccurredAt = i, TraceName = "x", ServiceType = "IAM", ResourceType = "user", DomainId = "domain-1" });
        }

        await host.Services.GetServices<IHostedService>().OfType<AuditWriter>().Single().StopAsync(Cancellation);
        var rows = await ListAsync(host);

        Assert.Equal(500, rows.Count);
    }

    [Fact]
    public async Task Records_past_their_retention_are_removed_and_no_others()
    {
        await using var host = await PipelineHost.StartAsync();
        await DeleteAsync(host, "old");
        host.Clock.Advance(TimeSpan.FromDays(8));
        await DeleteAsync(host, "new");

        var store = host.Services.GetRequiredService<AuditStore>();
        var key = (await host.Services.GetRequiredService<AuditKey>().OpenAsync(Cancellation)).Key;
        await store.DeleteBeforeAsync(host.Clock.GetUtcNow().AddDays(-7).ToUnixTimeMilliseconds(), key, Cancellation);

        Assert.Equal("new", Assert.Single(await ListAsync(host)).ResourceName);
        Assert.Empty((await GatewayModule.VerifyAuditAsync(host.Services, Cancellation)).Problems);
    }

    private static async Task<HttpStatusCode> DeleteAsync(PipelineHost host, string name)
    {
        using var response = await host.Signed.DeleteAsync($"/things/{name}", Cancellation);
        return response.StatusCode;
    }

    private static Task<IReadOnlyList<AuditRow>> ListAsync(PipelineHost host) => host.Services.GetRequiredService<AuditStore>()
        .ListAsync(new("domain-1", 0, long.MaxValue, "", "", "", -1, 1000, long.MaxValue, ""), Cancellation);

    private static async Task<List<JsonElement>> TracesAsync(PipelineHost host, string query) =>
        [.. (await PageAsync(host, query + "&limit=200")).GetProperty("traces").EnumerateArray()];

    private static async Task<JsonElement> PageAsync(PipelineHost host, string query)
    {
        using var response = await host.Signed.GetAsync($"/v3/audit/records?{query}", Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation)).RootElement.Clone();
    }
}
