using System.Text.Json;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Runs of <c>stagedoor admin</c> against a server that runs, as whoever its first-run.json names unless told otherwise.</summary>
internal static class AdminCall
{
    public static Task<ToolResult> AdminAsync(this StagedoorProcess stagedoor, params IEnumerable<string> arguments) =>
        Tool.RunAsync(StagedoorProcess.Call(["admin", .. arguments, "--data", stagedoor.DataDirectory]));

    /// <summary>What it writes with <c>--json</c>.</summary>
    public static async Task<JsonElement> AdminJsonAsync(this StagedoorProcess stagedoor, params IEnumerable<string> arguments)
    {
        var result = (await stagedoor.AdminAsync([.. arguments, "--json"])).ShouldSucceed();
        using var document = JsonDocument.Parse(result.Output);
        return document.RootElement.Clone();
    }

    /// <summary>A new user; its keys are in the answer.</summary>
    public static Task<JsonElement> NewUserAsync(this StagedoorProcess stagedoor, string name, params IEnumerable<string> arguments) =>
        stagedoor.AdminJsonAsync(["user", "create", name, "--key", .. arguments]);

    /// <summary>The same call as another user.</summary>
    public static async Task<ToolResult> AdminAsAsync(this StagedoorProcess stagedoor, JsonElement user, params IEnumerable<string> arguments) =>
        await Tool.RunAsync(StagedoorProcess.Call(["admin", .. arguments]) with
        {
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["STAGEDOOR_SERVER"] = stagedoor.Url,
                ["STAGEDOOR_ACCESS_KEY"] = user.GetProperty("accessKey").GetString()!,
                ["STAGEDOOR_SECRET_KEY"] = user.GetProperty("secretKey").GetString()!,
            },
        });

    public static RegistryClient Registry(this StagedoorProcess stagedoor, JsonElement user)
    {
        var registry = user.GetProperty("registry");
        return new(stagedoor.Url, registry.GetProperty("user").GetString()!, registry.GetProperty("password").GetString()!);
    }

    /// <summary>It failed with this exit code, and said so in one line.</summary>
    public static ToolResult ShouldEndWith(this ToolResult result, int code, string saying)
    {
        Assert.True(result.ExitCode == code, $"Not {code}: {result}");
        var line = Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
        Assert.StartsWith("stagedoor: ", line, StringComparison.Ordinal);
        Assert.Contains(saying, line, StringComparison.Ordinal);
        return result;
    }
}
