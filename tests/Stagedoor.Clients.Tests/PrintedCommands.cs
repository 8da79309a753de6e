using Stagedoor.Testing;

namespace Stagedoor.Clients.Tests;

/// <summary>The commands that a first start prints to a person.</summary>
internal static class PrintedCommands
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>What tells them apart, in their order.</summary>
    internal static IReadOnlyList<string> Names { get; } = ["docker login", "docker import", "skopeo login", "skopeo copy", "curl"];

    internal static async Task<string> FindAsync(StagedoorProcess process, string name) =>
        (await AllAsync(process)).First(line => line.Contains(name, StringComparison.Ordinal));

    // They stand indented below lines that end with a colon. The address comes first: the rest may not be there yet when it is known.
    internal static async Task<IReadOnlyList<string>> AllAsync(StagedoorProcess process)
    {
        await Eventually.TrueAsync("the end of the banner", s_patience, () => process.Output.Contains("grep -i x-subject-token", StringComparison.Ordinal));
        return [.. process.Output.Split('\n')
            .SkipWhile(line => !line.StartsWith("Log in", StringComparison.Ordinal))
            .Where(line => line.StartsWith("  ", StringComparison.Ordinal))
            .Select(line => line.Trim())];
    }
}
