using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>The official Node SDK, unmodified.</summary>
public sealed class NodeSdkTests(StagedoorProcess stagedoor) : IClassFixture<StagedoorProcess>, IDisposable
{
    private static readonly string s_modules = Path.Combine(Checkout.Root, "artifacts", "clients", "node", "node_modules");
    private static readonly string s_script = Path.Combine(Checkout.Root, "tests", "Stagedoor.Clients.Tests", "node", "swr.js");
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task An_organization_is_created_listed_shown_and_deleted()
    {
        var run = await RunAsync(
            WithProject(), ["createNamespace", "sdk-org"], ["listNamespaces"], ["showNamespace", "sdk-org"], ["deleteNamespaces", "sdk-org"], ["listNamespaces"]);

        Assert.All(run.Outcomes, o => Assert.Null(o.Exception));
        Assert.Equal([201, 200, 200, 204, 200], run.Outcomes.Select(o => o.Status));
        Assert.Contains("sdk-org", Names(run.Outcomes[1]), StringComparer.Ordinal);
        Assert.Equal("sdk-org", run.Outcomes[2].Body!.Value.GetProperty("name").GetString());
        Assert.DoesNotContain("sdk-org", Names(run.Outcomes[4]), StringComparer.Ordinal);
    }

    [Fact]
    public async Task The_project_is_looked_up_by_the_name_of_the_region()
    {
        var run = await RunAsync(
            new(StringComparer.Ordinal) { ["region"] = stagedoor.FirstRun.Project },
            ["createNamespace", "sdk-region"], ["showNamespace", "sdk-region"], ["deleteNamespaces", "sdk-region"]);

        Assert.All(run.Outcomes, o => Assert.Null(o.Exception));
        Assert.Equal([201, 200, 204], run.Outcomes.Select(o => o.Status));
        Assert.StartsWith("/v3/projects", run.Wire[0].Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_miss_carries_the_id_of_its_request()
    {
        var run = await RunAsync(WithProject(), ["showNamespace", "no-such-org"]);

        var outcome = Assert.Single(run.Outcomes);
        Assert.Equal(("ClientRequestException", 404), (outcome.Exception, outcome.Status));
        Assert.Matches("^[0-9a-f]{32}$", outcome.RequestId);
        Assert.Equal(Assert.Single(run.Wire).RequestId, outcome.RequestId);
    }

    [Fact]
    public async Task A_wrong_secret_key_is_told_apart()
    {
        var run = await RunAsync(new(WithProject(), StringComparer.Ordinal) { ["sk"] = "wrong" }, ["listNamespaces"]);

        var outcome = Assert.Single(run.Outcomes);
        Assert.Equal(("ClientRequestException", 401, "APIGW.0301"), (outcome.Exception, outcome.Status, outcome.Code));
        Assert.Equal(Assert.Single(run.Wire).RequestId, outcome.RequestId);
    }

    public void Dispose() => _folder.Dispose();

    private static IEnumerable<string?> Names(Outcome listed) =>
        listed.Body!.Value.GetProperty("namespaces").EnumerateArray().Select(n => n.GetProperty("name").GetString());

    private Dictionary<string, string> WithProject() => new(StringComparer.Ordinal) { ["projectId"] = stagedoor.FirstRun.ProjectId };

    private async Task<Run> RunAsync(Dictionary<string, string> client, params string[][] calls)
    {
        Tool.Require("node");
        Assert.SkipUnless(Directory.Exists(s_modules), "The Node SDK is not installed. Run eng/install-client-tools.sh.");
        var task = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["endpoint"] = stagedoor.Url,
            ["ak"] = stagedoor.FirstRun.AccessKey,
            ["sk"] = stagedoor.FirstRun.SecretKey,
            ["calls"] = calls.Select(c => new object[] { c[0], new { @namespace = c.ElementAtOrDefault(1) } }),
        };
        foreach (var (name, value) in client)
        {
            task[name] = value;
        }

        var report = Path.Combine(_folder.Path, "report.json");
        var result = await Tool.RunAsync(new ToolCall("node", [s_script, report])
        {
            Input = JsonSerializer.Serialize(task),
            // The SDK leaves a file in the home directory.
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["NODE_PATH"] = s_modules, ["HOME"] = _folder.Path },
        });
        Assert.True(File.Exists(report), result.ToString());
        return JsonSerializer.Deserialize<Run>(
            await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken), JsonSerializerOptions.Web)!;
    }

    private sealed record Run(IReadOnlyList<Outcome> Outcomes, IReadOnlyList<WireResponse> Wire);

    private sealed record Outcome(
        string Operation, int Status, string? Exception, string? Code, string? Message, string? RequestId, JsonElement? Body);

    private sealed record WireResponse(string Path, int Status, string? RequestId);
}
