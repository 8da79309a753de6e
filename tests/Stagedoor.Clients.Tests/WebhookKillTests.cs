using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Pushes that were acknowledged by a process that is killed before their webhooks are told, or before it has written that they were.</summary>
public sealed class WebhookKillTests
{
    private const string Taken = "HTTP/1.1 204 No Content\r\n\r\n";

    // To one webhook so many requests are under way at once.
    private const int PerWebhook = 4;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_event_outlives_a_kill_and_has_the_same_id_when_it_is_sent_again()
    {
        await using var process = await StagedoorProcess.StartNewAsync(
            ("Modules", "images"), ("Images:Triggers:AllowedNetworks:0", "127.0.0.1"), ("Images:Triggers:TimeoutSeconds", "300"));
        var rows = new Sabotage(Path.Combine(process.DataDirectory, "images.db"));
        await using var silent = new Receiver { Answer = static n => n <= PerWebhook ? "" : Taken };
        await using var unreachable = Receiver.Unreachable();
        await using var answering = new Receiver();
        using var mayAnswer = new ManualResetEventSlim();
        using var answered = new ManualResetEventSlim();
        await using var writer = new SqliteConnection($"Data Source={Path.Combine(process.DataDirectory, "images.db")};Pooling=False");
        answering.Answer = n =>
        {
            if (n == 1)
            {
                // From here on nothing can be written, so that the process cannot keep what it hears.
                mayAnswer.Wait(Cancellation);
                Execute(writer, "PRAGMA busy_timeout = 30000");
                Execute(writer, "BEGIN IMMEDIATE");
                answered.Set();
            }

            return Taken;
        };
        await writer.OpenAsync(Cancellation);
        using var registry = process.NewRegistryClient();
        var image = TestImage.Opaque(1000);
        string[] hooks;
        using (var admin = Admin(process))
        {
            hooks =
            [
                await HookAsync(admin, registry, image, "silent", silent.Url),
                await HookAsync(admin, registry, image, "unreachable", unreachable.Url),
                await HookAsync(admin, registry, image, "answering", answering.Url),
            ];
        }

        // Sent and not answered; and one that has to wait for those, so that nobody has taken it.
        for (var i = 1; i <= PerWebhook; i++)
        {
            await registry.PushAsync("team/silent", $"v{i}", image, BlobUpload.Monolithic);
        }

        await Eventually.TrueAsync("four requests", s_patience, () => silent.Received.Count == PerWebhook);
        await registry.PushAsync("team/silent", "v5", image, BlobUpload.Monolithic);

        // Taken, and about to connect.
        await registry.PushAsync("team/unreachable", "v1", image, BlobUpload.Monolithic);
        await Eventually.TrueAsync("five that are taken", s_patience, () => rows.Count("job WHERE kind = 'images.webhook' AND owner IS NOT NULL") == PerWebhook + 1);
        Assert.Equal(1, rows.Count("job WHERE kind = 'images.webhook' AND owner IS NULL AND finished_at IS NULL AND attempts = 0"));

        // Answered, and not written.
        await registry.PushAsync("team/answering", "v1", image, BlobUpload.Monolithic);
        mayAnswer.Set();
        answered.Wait(s_patience, Cancellation);
        await process.KillAsync();
        Execute(writer, "ROLLBACK");
        unreachable.Open();
        await process.StartAsync();

        // The leases of the one that was killed have to end first.
        using var again = Admin(process);
        await Eventually.TrueAsync("all delivered", s_patience, () => rows.Count("webhook_deliveries WHERE status <> 'delivered'") == 0);
        Assert.Equal(
            [("v1", 2), ("v2", 2), ("v3", 2), ("v4", 2), ("v5", 1)],
            EventsOf(silent).GroupBy(static e => e.Tag).Select(static g => (g.Key, g.Count())).Order());
        Assert.Equal(5, EventsOf(silent).Distinct().Count());
        Assert.Single(EventsOf(unreachable));
        Assert.Equal((2, 1), (EventsOf(answering).Count, EventsOf(answering).Distinct().Count()));

        // What was begun counts, as the one that had not connected; and what a slow machine has begun once more before it could send.
        Assert.Equal([true, false, false, false, false], (await AttemptsAsync(again, hooks[0])).Order().Select(static a => a == 1));
        Assert.All(await AttemptsAsync(again, hooks[1]), static a => Assert.InRange(a, 2, 3));
        Assert.All(await AttemptsAsync(again, hooks[2]), static a => Assert.InRange(a, 2, 3));
    }

    private static List<(string Id, string Tag, string Delivery)> EventsOf(Receiver receiver) =>
    [
        .. receiver.Received.Select(static r =>
        {
            var sent = JsonDocument.Parse(r.Body).RootElement;
            return (sent.GetProperty("id").GetString()!, sent.GetProperty("data").GetProperty("tags")[0].GetString()!, r.Header("X-Stagedoor-Delivery"));
        }),
    ];

    private static async Task<string> HookAsync(HttpClient admin, RegistryClient registry, TestImage image, string repository, string url)
    {
        await registry.PushAsync($"team/{repository}", "v0", image, BlobUpload.Monolithic);
        var path = $"/v2/manage/namespaces/team/repos/{repository}/webhooks";
        using var made = await admin.PostAsJsonAsync(path, new { url }, Cancellation);
        Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync(Cancellation));
        return $"{path}/{(await made.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("id").GetInt64()}";
    }

    private static async Task<IReadOnlyList<int>> AttemptsAsync(HttpClient admin, string hook) =>
        [.. (await admin.GetFromJsonAsync<JsonElement>($"{hook}/deliveries", Cancellation)).EnumerateArray().Select(static d => d.GetProperty("attempts").GetInt32())];

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static OutgoingClient Admin(StagedoorProcess process) =>
        new(new SigningHandler(process.FirstRun.AccessKey, process.FirstRun.SecretKey, TimeProvider.System) { InnerHandler = new SocketsHttpHandler() }) { BaseAddress = new(process.Url) };
}
