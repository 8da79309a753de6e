using System.Text;
using System.Text.RegularExpressions;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>
/// The commands of the README and the guide, run as they are printed: blocks of <c>sh</c> and sessions (<c>console</c>) of a page one after the other in one shell.
/// A block of commands that cannot be run says why, in a comment before it.
/// </summary>
public sealed partial class DocCommandTests(StagedoorProcess stagedoor) : IClassFixture<StagedoorProcess>, IDisposable
{
    private const string Printed = "127.0.0.1:8080";

    // What no shell reads.
    private static readonly string[] s_data = ["text", "json", "js", "yaml", "ini"];
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Pages =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Checkout.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Checkout.Root, "*.md"))
            .Concat(new[] { "samples", "bench" }.Select(static f => Path.Combine(Checkout.Root, f, "README.md")))
            .Where(static f => !f.Contains("/errors/", StringComparison.Ordinal))
            .Select(static f => Path.GetRelativePath(Checkout.Root, f)).Order(StringComparer.Ordinal),
    ];

    public static TheoryData<string> RunPages => [.. Pages.Select(static p => p.Data).Where(static p => Blocks(p).Any(IsRun))];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Pages))]
    public void Each_block_is_run_or_says_why_not(string page) => Assert.All(
        Blocks(page),
        block => Assert.True(
            IsRun(block) || s_data.Contains(block.Language, StringComparer.Ordinal) || block.Reason.Length > 0,
            $"{page}: mark the block as sh or console, or write <!-- not run: REASON --> before it:\n{block.Text}"));

    [Theory]
    [MemberData(nameof(RunPages))]
    public async Task Its_commands_work_as_printed(string page)
    {
        Tool.Require("bash", "curl", "jq", "openssl", "skopeo");
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "data"), stagedoor.DataDirectory);
        var (script, sessions) = Script([.. Blocks(page).Where(IsRun)]);
        var call = new ToolCall("bash", ["-euo", "pipefail", "-c", script])
        {
            Folder = _folder.Path,
            Environment = new Dictionary<string, string>
            {
                ["REGISTRY_AUTH_FILE"] = Path.Combine(_folder.Path, "registry-auth.json"),
                // The pages call the program by its name, as it is called where it is installed.
                ["PATH"] = $"{Path.GetDirectoryName(StagedoorProcess.Executable)}:{Environment.GetEnvironmentVariable("PATH")}",
            },
        };

        (await Tool.RunAsync(call)).ShouldSucceed();

        foreach (var (output, expected) in sessions)
        {
            var said = await File.ReadAllLinesAsync(Path.Combine(_folder.Path, output), TestContext.Current.CancellationToken);
            var next = 0;
            foreach (var line in expected)
            {
                var pattern = new Regex($"^{Regex.Escape(line).Replace("…", ".*", StringComparison.Ordinal)}$", RegexOptions.NonBacktracking);
                next = Array.FindIndex(said, next, pattern.IsMatch) + 1;
                Assert.True(next > 0, $"{page} prints '{line}', and what came is:\n{string.Join('\n', said)}");
            }
        }
    }

    private static bool IsRun(Block block) => block.Language is "sh" or "console";

    private (string Script, List<(string Output, List<string> Expected)> Sessions) Script(IReadOnlyList<Block> blocks)
    {
        var script = new StringBuilder();
        var sessions = new List<(string, List<string>)>();
        foreach (var block in blocks)
        {
            var text = block.Text.Replace(Printed, stagedoor.Host, StringComparison.Ordinal);
            if (block.Language is "sh")
            {
                script.Append(text);
                continue;
            }

            foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                if (line.StartsWith("$ ", StringComparison.Ordinal))
                {
                    sessions.Add(($"session-{sessions.Count}", []));
                    script.Append("{ ").Append(line[2..]).Append("; } > ").Append(sessions[^1].Item1).Append(" 2>&1\n");
                }
                else
                {
                    sessions[^1].Item2.Add(line);
                }
            }
        }

        return (script.ToString(), sessions);
    }

    private static List<Block> Blocks(string page) =>
    [
        .. Fence().Matches(File.ReadAllText(Path.Combine(Checkout.Root, page)))
            .Select(static m => new Block(m.Groups["language"].Value, m.Groups["text"].Value, m.Groups["reason"].Value)),
    ];

    private sealed record Block(string Language, string Text, string Reason);

    [GeneratedRegex("(?:<!-- not run: (?<reason>[^\n]+) -->\n)?^```(?<language>[a-z]*)\n(?<text>.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Fence();
}
