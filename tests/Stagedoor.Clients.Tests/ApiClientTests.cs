using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>What others make of the API descriptions: a validator, and a client whose types are generated.</summary>
public sealed class ApiClientTests(StagedoorProcess stagedoor) : IClassFixture<StagedoorProcess>, IDisposable
{
    private static readonly string s_modules = Path.Combine(Checkout.Root, "artifacts", "clients", "node", "node_modules");
    private static readonly string s_sources = Path.Combine(Checkout.Root, "tests", "Stagedoor.Clients.Tests", "node");
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("gateway")]
    [InlineData("iam")]
    [InlineData("images")]
    [InlineData("discovery")]
    [InlineData("monitoring")]
    public async Task An_independent_validator_finds_nothing(string service)
    {
        Prepare("validate.mjs");
        var document = await DocumentAsync(service);

        var run = await Tool.RunAsync(new ToolCall("node", ["validate.mjs"]) { Folder = _folder.Path, Input = document });

        Assert.Equal("""{"version":"3.1","valid":true,"errors":[]}""", run.Output);
    }

    [Fact]
    public async Task A_generated_client_compiles_and_makes_its_calls()
    {
        Prepare("api.mts");
        foreach (var service in (string[])["iam", "discovery"])
        {
            await File.WriteAllTextAsync(Path.Combine(_folder.Path, service + ".json"), await DocumentAsync(service), Cancellation);
            await SucceedAsync("node_modules/openapi-typescript/bin/cli.js", service + ".json", "--output", service + ".d.ts");
        }

        // A call that the descriptions do not have does not compile.
        await SucceedAsync(
            "node_modules/typescript/bin/tsc", "--strict", "--module", "nodenext", "--target", "es2022", "--skipLibCheck", "--types", "node", "api.mts");
        var run = await SucceedAsync(
            JsonSerializer.Serialize(new
            {
                endpoint = stagedoor.Url,
                user = stagedoor.FirstRun.User,
                password = stagedoor.FirstRun.Password,
                domain = stagedoor.FirstRun.Domain,
                project = stagedoor.FirstRun.Project,
            }),
            ["api.mjs"]);

        var seen = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal("[201,201,409,200,200,200,200,400]", seen.GetProperty("statuses").GetRawText());
        Assert.NotEmpty(seen.GetProperty("role").GetString()!);
        Assert.Equal(seen.GetProperty("id").GetString(), Assert.Single(seen.GetProperty("listed").EnumerateArray()).GetString());
        Assert.Equal("IAM.0005", seen.GetProperty("conflict").GetString());
        Assert.Equal("rest://127.0.0.1:8080", Assert.Single(seen.GetProperty("endpoints").EnumerateArray()).GetString());
        Assert.Single(seen.GetProperty("instance").EnumerateArray().Select(static i => i.GetString()).Distinct(StringComparer.Ordinal));
        Assert.Equal("400012", seen.GetProperty("unknown").GetString());
    }

    public void Dispose() => _folder.Dispose();

    private void Prepare(string script)
    {
        Tool.Require("node");
        Assert.SkipUnless(Directory.Exists(s_modules), "The packages are not installed. Run eng/install-client-tools.sh.");
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "node_modules"), s_modules);
        File.Copy(Path.Combine(s_sources, script), Path.Combine(_folder.Path, script));
    }

    private async Task<string> DocumentAsync(string service)
    {
        using var client = new OutgoingClient { BaseAddress = new(stagedoor.Url) };
        return await client.GetStringAsync($"/openapi/{service}.json", Cancellation);
    }

    private Task<ToolResult> SucceedAsync(params string[] arguments) => SucceedAsync(null, arguments);

    private async Task<ToolResult> SucceedAsync(string? input, string[] arguments)
    {
        var run = await Tool.RunAsync(new ToolCall("node", arguments) { Folder = _folder.Path, Input = input });
        Assert.True(run.ExitCode == 0, $"{string.Join(' ', arguments)}: {run.Output}\n{run.Error}");
        return run;
    }
}
