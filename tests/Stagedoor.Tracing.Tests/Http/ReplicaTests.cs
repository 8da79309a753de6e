using System.Net;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>Two replicas with one database.</summary>
public sealed class ReplicaTests(ReplicaTests.SharedDatabase server) : TraceService, IClassFixture<ReplicaTests.SharedDatabase>
{
    private const string Key = "replicas-ingest-key";

    protected override IEnumerable<(string Key, string Value)> Settings => server.Database is null ? [] : [.. server.Database.Settings, ("Tracing:Keys:0:Key", Key)];

    [Fact]
    public async Task Each_answers_for_what_the_other_took_and_measures_add_up()
    {
        Assert.SkipUnless(OwnDatabase.IsAvailable, OwnDatabase.Missing);
        await using var other = await StagedoorApp.JoinAsync(App, [("Modules", "tracing"), .. Settings]);
        await ExportAsync(App, Of("cart", Span(1, 1)));
        await ExportAsync(other, Of("cart", Span(2, 1), Span(1, 2, parent: 1)));
        var same = Of("cart", Span(3, 1));
        await ExportAsync(App, same);
        await ExportAsync(other, same);

        foreach (var app in new[] { App, other })
        {
            using var spans = await app.Admin.GetAsync($"/v1/{Project}/ats/spans?traceId={new string('0', 30)}01", Cancellation);
            Assert.Equal(2, System.Text.Json.JsonElement.Parse(await spans.Content.ReadAsStringAsync(Cancellation)).GetProperty("responseInfo").GetArrayLength());
        }

        Assert.Equal(4, await CountCallsAsync(App, other));
        await App.RestartAsync();
        Assert.Equal(4, await CountCallsAsync(App, other));
        await ExportAsync(App, Of("cart", Span(4, 1)));
        Assert.Equal(5, await CountCallsAsync(App, other));
        Assert.Equal(5, await CountCallsAsync(other, App));
    }

    // What a replica took it writes when it is asked, and within seconds anyhow; the other waits for that.
    private async Task<int> CountCallsAsync(StagedoorApp first, StagedoorApp second)
    {
        foreach (var app in new[] { first, second, first })
        {
            using var response = await app.Admin.GetAsync($"/v1/{Project}/atps/transactions?{Window}&application=cart", Cancellation);
            var info = System.Text.Json.JsonElement.Parse(await response.Content.ReadAsStringAsync(Cancellation)).GetProperty("responseInfo");
            if (app == first)
            {
                Calls = info.GetProperty("transactions").EnumerateArray().Sum(static t => t.GetProperty("calls").GetInt32());
            }
        }

        return Calls;
    }

    private int Calls { get; set; }

    private async Task ExportAsync(StagedoorApp app, byte[] body)
    {
        using var response = await ExportAsync(body, client: app.Anonymous, headers: ("Authorization", "Bearer " + Key));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    /// <summary>The database.</summary>
    public sealed class SharedDatabase : IAsyncLifetime
    {
        /// <summary>Null where there is no server.</summary>
        public OwnDatabase? Database { get; private set; }

        public async ValueTask InitializeAsync() => Database = OwnDatabase.IsAvailable ? await OwnDatabase.CreateAsync() : null;

        public ValueTask DisposeAsync() => Database?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
