using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Every operation of the official Node SDK for images, unmodified, against the executable.</summary>
public sealed class NodeSdkTableTests : IDisposable
{
    private const string Repository = "sdk-pushed/web/app";
    private static readonly string s_modules = Path.Combine(Checkout.Root, "artifacts", "clients", "node", "node_modules");
    private static readonly string s_script = Path.Combine(Checkout.Root, "tests", "Stagedoor.Clients.Tests", "node", "swr-table.js");

    // Operations that may not be here yet; each is looked at as soon as it is.
    private static readonly string[] s_missing =
    [
        "createTrigger", "listTriggersDetails", "updateTrigger", "showTrigger", "deleteTrigger",
        "createRetention", "listRetentions", "showRetention", "updateRetention", "listRetentionHistories", "deleteRetention",
    ];

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_operation_answers_what_the_sdk_understands()
    {
        Tool.Require("node");
        Assert.SkipUnless(Directory.Exists(s_modules), "The Node SDK is not installed. Run eng/install-client-tools.sh.");
        await using var stagedoor = await StagedoorProcess.StartNewAsync();
        await stagedoor.StopAsync();
        (await stagedoor.AdminAsync("account", "create", "sdk_other")).ShouldSucceed();
        // Copies go to itself, into another organization.
        stagedoor.Set(
            ("Images:Sync:Regions:sdkregion:Endpoint", stagedoor.Url),
            ("Images:Sync:Regions:sdkregion:User", stagedoor.FirstRun.RegistryUser),
            ("Images:Sync:Regions:sdkregion:Password", stagedoor.FirstRun.RegistryKey));
        await stagedoor.StartAsync();
        using (var registry = stagedoor.NewRegistryClient())
        {
            await registry.PushAsync(Repository, "v1", TestImage.Create(1000), BlobUpload.Monolithic);
        }

        var here = await DescribedAsync(stagedoor);
        var report = await RunAsync(stagedoor, await CreateUserAsync(stagedoor, "sdk-user"));

        var text = new StringBuilder();
        foreach (var row in report.Rows)
        {
            var result = !here.Contains(row.Operation) ? "not here" : row.Code is null ? row.Result : $"{row.Code} {row.Result}";
            text.AppendLine(CultureInfo.InvariantCulture, $"{row.Operation,-32} {row.Status,3}  {result}");
        }

        TestContext.Current.TestOutputHelper!.WriteLine(text.ToString());
        Assert.Equal(49, report.Operations.Count);
        Assert.Equal(report.Operations.Order(StringComparer.Ordinal), report.Rows.Select(static r => r.Operation).Order(StringComparer.Ordinal));
        Assert.Subset(s_missing.ToHashSet(StringComparer.Ordinal), report.Operations.Where(o => !here.Contains(o)).ToHashSet(StringComparer.Ordinal));
        var wrong = report.Rows.Where(r => here.Contains(r.Operation) && r.Result is not "as it should be").Select(static r => r.Operation).ToList();
        Assert.True(wrong.Count == 0, $"Wrong: {string.Join(", ", wrong)}\n{text}");
    }

    public void Dispose() => _folder.Dispose();

    // The names of operations that the server describes, as the SDK spells them.
    private static async Task<HashSet<string>> DescribedAsync(StagedoorProcess stagedoor)
    {
        using var client = new OutgoingClient { BaseAddress = new(stagedoor.Url) };
        var document = await client.GetFromJsonAsync<JsonElement>("/openapi/images.json", Cancellation);
        return document.GetProperty("paths").EnumerateObject().SelectMany(static p => p.Value.EnumerateObject())
            .Where(static o => o.Value.ValueKind is JsonValueKind.Object && o.Value.TryGetProperty("operationId", out _))
            .Select(static o => o.Value.GetProperty("operationId").GetString()!)
            .Select(static n => char.ToLowerInvariant(n[0]) + n[1..])
            .ToHashSet(StringComparer.Ordinal);
    }

    private static async Task<(string Id, string Name)> CreateUserAsync(StagedoorProcess stagedoor, string name)
    {
        using var client = new OutgoingClient { BaseAddress = new(stagedoor.Url) };
        var run = stagedoor.FirstRun;
        using var logged = await client.PostAsJsonAsync(
            "/v3/auth/tokens",
            new
            {
                auth = new
                {
                    identity = new { methods = new[] { "password" }, password = new { user = new { name = run.User, password = run.Password, domain = new { name = run.Domain } } } },
                    scope = new { project = new { name = run.Project } },
                },
            },
            Cancellation);
        client.DefaultRequestHeaders.Add("X-Auth-Token", logged.Headers.GetValues("X-Subject-Token").Single());
        using var made = await client.PostAsJsonAsync("/v3/users", new { user = new { name, password = "correct-Horse-7", access_mode = "default" } }, Cancellation);
        return ((await made.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("user").GetProperty("id").GetString()!, name);
    }

    private async Task<Report> RunAsync(StagedoorProcess stagedoor, (string Id, string Name) user)
    {
        var run = stagedoor.FirstRun;
        var task = new
        {
            endpoint = stagedoor.Url,
            host = stagedoor.Host,
            ak = run.AccessKey,
            sk = run.SecretKey,
            projectId = run.ProjectId,
            user = new { id = user.Id, name = user.Name },
            account = "sdk_other",
            region = "sdkregion",
            repository = Repository,
        };
        var file = Path.Combine(_folder.Path, "report.json");
        var result = await Tool.RunAsync(new ToolCall("node", [s_script, file])
        {
            Input = JsonSerializer.Serialize(task),
            // The SDK leaves a file in the home directory.
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["NODE_PATH"] = s_modules, ["HOME"] = _folder.Path },
        });
        Assert.True(File.Exists(file), result.ToString());
        return JsonSerializer.Deserialize<Report>(await File.ReadAllTextAsync(file, Cancellation), JsonSerializerOptions.Web)!;
    }

    private sealed record Report(IReadOnlyList<Row> Rows, IReadOnlyList<string> Operations);

    private sealed record Row(string Operation, int Expected, int Status, string Result, string? Code);
}
