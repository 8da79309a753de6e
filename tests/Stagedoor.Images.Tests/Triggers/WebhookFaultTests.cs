using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Stagedoor.Identity;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Triggers;

/// <summary>What every operation of webhooks and triggers answers when a table of its own fails; mended, the same call succeeds.</summary>
public abstract class WebhookFaultContract
{
    private const string Gone = "00000000000000000000000000000000";
    private static int s_names;

    protected abstract Installation Images { get; }

    /// <summary>Breaks a table: for reading, or where a verb is named for that.</summary>
    protected abstract Task<IAsyncDisposable> BreakAsync(string table, string verb);

    [Theory]
    [InlineData("webhooks", "INSERT", "POST", "webhooks", "SVCSTG.SWR.5000046", 201)]
    [InlineData("webhooks", "", "GET", "webhooks", "SVCSTG.SWR.5000008", 200)]
    [InlineData("webhooks", "", "GET", "webhooks/ID", "SVCSTG.SWR.5000007", 200)]
    [InlineData("webhooks", "UPDATE", "PATCH", "webhooks/ID", "SVCSTG.SWR.5000011", 201)]
    [InlineData("webhooks", "DELETE", "DELETE", "webhooks/ID", "SVCSTG.SWR.5000005", 204)]
    [InlineData("webhook_deliveries", "INSERT", "POST", "webhooks/ID/test", "SVCSTG.SWR.5000046", 201)]
    [InlineData("job", "INSERT", "POST", "webhooks/ID/test", "SVCSTG.SWR.5000046", 201)]
    [InlineData("webhook_deliveries", "", "GET", "webhooks/ID/deliveries", "SVCSTG.SWR.5000008", 200)]
    [InlineData("webhook_deliveries", "", "GET", "webhooks/ID/deliveries/SENT", "SVCSTG.SWR.5000007", 200)]
    [InlineData("webhook_deliveries", "INSERT", "POST", "webhooks/ID/deliveries/SENT/redeliver", "SVCSTG.SWR.5000046", 201)]
    [InlineData("triggers", "INSERT", "POST", "triggers", "SVCSTG.SWR.5000046", 201)]
    [InlineData("triggers", "", "GET", "triggers", "SVCSTG.SWR.5000008", 200)]
    [InlineData("trigger_histories", "", "GET", "triggers", "SVCSTG.SWR.5000008", 200)]
    [InlineData("triggers", "", "GET", "triggers/there", "SVCSTG.SWR.5000007", 200)]
    [InlineData("trigger_histories", "", "GET", "triggers/there", "SVCSTG.SWR.5000007", 200)]
    [InlineData("triggers", "UPDATE", "PATCH", "triggers/there", "SVCSTG.SWR.5000011", 201)]
    [InlineData("triggers", "DELETE", "DELETE", "triggers/there", "SVCSTG.SWR.5000005", 204)]
    [InlineData("trigger_histories", "", "DELETE", "triggers/there", "SVCSTG.SWR.5000005", 204)]
    public async Task A_table_that_fails_is_the_failure_of_the_operation_until_it_is_mended(
        string table, string verb, string method, string tail, string code, int status)
    {
        // Off, so that nothing is sent by itself; what is asked for by hand leads to nobody, and waits.
        var name = $"broken-{Interlocked.Increment(ref s_names)}";
        var path = $"/v2/manage/namespaces/team/repos/{name}/";
        await SendAsync("POST", "/v2/manage/namespaces/team/repos", $$"""{"repository":"{{name}}","is_public":false}""", 201);
        var id = (await SendAsync("POST", path + "webhooks", Hook("https://hooks.example.com/a"), 201)).GetProperty("id").GetInt64();
        var sent = (await SendAsync("POST", $"{path}webhooks/{id}/test", null, 201)).GetProperty("id").GetString()!;
        await SendAsync("POST", path + "triggers", Trigger("there"), 201);
        path += tail.Replace("ID", $"{id}", StringComparison.Ordinal).Replace("SENT", sent, StringComparison.Ordinal);
        var body = (method, tail) switch
        {
            ("POST", "webhooks") => Hook("https://hooks.example.com/b"),
            ("POST", "triggers") => Trigger("new"),
            ("PATCH", "triggers/there") => """{"enable":"true"}""",
            ("PATCH", _) => """{"tag_pattern":"^v"}""",
            _ => null,
        };
        await using (await BreakAsync(table, verb))
        {
            using var failed = await CallAsync(method, path, body);
            await failed.ShouldFailAsync(500, code);
        }

        await SendAsync(method, path, body, status);
    }

    /// <summary>A webhook answers for its own repository, and a delivery for its own webhook.</summary>
    [Fact]
    public async Task Nobody_comes_to_a_webhook_or_a_delivery_by_way_of_another()
    {
        var (one, two) = ($"owned-{Interlocked.Increment(ref s_names)}", $"owned-{Interlocked.Increment(ref s_names)}");
        var ids = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var name in (string[])[one, two])
        {
            await SendAsync("POST", "/v2/manage/namespaces/team/repos", $$"""{"repository":"{{name}}","is_public":false}""", 201);
            ids[name] = (await SendAsync("POST", $"/v2/manage/namespaces/team/repos/{name}/webhooks", Hook("https://hooks.example.com/a"), 201)).GetProperty("id").GetInt64();
        }

        var mine = $"/v2/manage/namespaces/team/repos/{one}/webhooks/{ids[one]}";
        var sent = (await SendAsync("POST", $"{mine}/test", null, 201)).GetProperty("id").GetString();
        string[] strange = [$"/v2/manage/namespaces/team/repos/{two}/webhooks/{ids[one]}", $"/v2/manage/namespaces/team/webhooks/{ids[one]}"];
        foreach (var path in strange)
        {
            foreach (var (method, tail) in ((string, string)[])
                [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/deliveries"), ("GET", $"/deliveries/{sent}"), ("POST", $"/deliveries/{sent}/redeliver")])
            {
                using var refused = await CallAsync(method, path + tail, method is "PATCH" ? """{"enabled":true}""" : null);
                await refused.ShouldFailAsync(404, "SVCSTG.SWR.4040091");
            }
        }

        foreach (var tail in (string[])[$"/deliveries/{sent}", $"/deliveries/{sent}/redeliver", $"/deliveries/{Gone}"])
        {
            var path = $"/v2/manage/namespaces/team/repos/{two}/webhooks/{ids[two]}{tail}";
            using var refused = await CallAsync(tail.EndsWith("redeliver", StringComparison.Ordinal) ? "POST" : "GET", path, null);
            await refused.ShouldFailAsync(404, "SVCSTG.SWR.4040091");
        }

        Assert.Equal(1, (await SendAsync("GET", $"{mine}/deliveries", null, 200)).GetArrayLength());
    }

    [Fact]
    public async Task A_secret_is_in_no_answer_but_the_one_that_made_it_up()
    {
        const string Given = "a-secret-that-was-given";
        var name = $"quiet-{Interlocked.Increment(ref s_names)}";
        var all = $"/v2/manage/namespaces/team/repos/{name}/webhooks";
        await SendAsync("POST", "/v2/manage/namespaces/team/repos", $$"""{"repository":"{{name}}","is_public":false}""", 201);
        var first = await SendAsync("POST", all, """{"url":"https://hooks.example.com/a","enabled":false}""", 201);
        var second = await SendAsync("POST", all, $$"""{"url":"https://hooks.example.com/b","enabled":false,"secret":"{{Given}}"}""", 201);
        var made = first.GetProperty("secret").GetString()!;
        Assert.True(made.Length >= 32);
        Assert.Equal(["id"], second.EnumerateObject().Select(static m => m.Name));
        var texts = new List<string>();
        foreach (var id in (long[])[first.GetProperty("id").GetInt64(), second.GetProperty("id").GetInt64()])
        {
            texts.Add((await SendAsync("PATCH", $"{all}/{id}", $$"""{"secret":"{{Given}}-{{id}}"}""", 201)).GetRawText());
            var sent = (await SendAsync("POST", $"{all}/{id}/test", null, 201)).GetProperty("id").GetString();
            foreach (var path in (string[])[$"{all}/{id}", $"{all}/{id}/deliveries", $"{all}/{id}/deliveries/{sent}"])
            {
                texts.Add((await SendAsync("GET", path, null, 200)).GetRawText());
            }
        }

        texts.Add((await SendAsync("GET", all, null, 200)).GetRawText());
        Assert.All(texts, text =>
        {
            Assert.DoesNotContain("secret", text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(made, text, StringComparison.Ordinal);
        });
        Assert.DoesNotContain(Images.App.Log.Lines, l => $"{l}".Contains(Given, StringComparison.Ordinal) || $"{l}".Contains(made, StringComparison.Ordinal));
    }

    private static string Hook(string url) => $$"""{"url":"{{url}}","enabled":false}""";

    private static string Trigger(string name) => TriggerInstallation.Body(name, ("trigger_mode", "cci"), ("cluster_id", null), ("enable", "false"));

    private async Task<HttpResponseMessage> CallAsync(string method, string path, string? body)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        return await Images.App.Admin.SendAsync(request, Installation.Cancellation);
    }

    private async Task<JsonElement> SendAsync(string method, string path, string? body, int status)
    {
        using var response = await CallAsync(method, path, body);
        await Installation.ShouldBeAsync(response, status);
        var text = await response.Content.ReadAsStringAsync(Installation.Cancellation);
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }
}

public sealed class WebhookFaultTests(NamedInstallation images) : WebhookFaultContract, IClassFixture<NamedInstallation>
{
    protected override Installation Images
    {
        get
        {
            images.Names.Before = static _ => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None);
            return images;
        }
    }

    protected override Task<IAsyncDisposable> BreakAsync(string table, string verb)
    {
        var sabotage = images.App.Sabotage("images");
        return Task.FromResult<IAsyncDisposable>(new Mended(verb switch
        {
            "INSERT" => sabotage.RefuseInsert(table),
            "UPDATE" => sabotage.RefuseUpdate(table),
            "DELETE" => sabotage.RefuseDelete(table),
            _ => sabotage.Unreadable(table),
        }));
    }

    private sealed class Mended(IDisposable undo) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            undo.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>The same where the tables are on PostgreSQL.</summary>
public sealed class SharedWebhookFaultTests(SharedWebhookFaultTests.Fixture images) : WebhookFaultContract, IClassFixture<SharedWebhookFaultTests.Fixture>
{
    protected override Installation Images
    {
        get
        {
            images.Require();
            return images;
        }
    }

    protected override async Task<IAsyncDisposable> BreakAsync(string table, string verb)
    {
        var database = images.Require();
        await database.QueryAsync(verb.Length == 0
            ? $"ALTER TABLE images.{table} RENAME TO hidden"
            : "CREATE FUNCTION images.refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'the disk under this table is gone'; END $$ LANGUAGE plpgsql; "
                + $"CREATE TRIGGER refuse BEFORE {verb} ON images.{table} FOR EACH ROW EXECUTE FUNCTION images.refuse()");
        return new Mended(database, verb.Length == 0 ? $"ALTER TABLE images.hidden RENAME TO {table}" : "DROP FUNCTION images.refuse() CASCADE");
    }

    private sealed class Mended(OwnDatabase database, string sql) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await database.QueryAsync(sql);
    }

    public sealed class Fixture : SharedDatabase
    {
        protected override IEnumerable<(string Key, string Value)> Limits => [("Images:Jobs:PollSeconds", "3600")];

        protected override void Configure(IServiceCollection services)
        {
            base.Configure(services);
            services.Replace(ServiceDescriptor.Singleton<NameLookup>(new FakeNames
            {
                Before = static _ => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None),
            }));
        }
    }
}
