using System.Text.RegularExpressions;
using Stagedoor.Testing;

namespace Stagedoor.Clients.Tests.Pages;

/// <summary>A page of the documentation as the runner reads it: its fenced blocks, and what it says of the machine that they are for.</summary>
internal sealed partial class DocPage
{
    // What no shell reads.
    private static readonly string[] s_data =
        ["text", "json", "js", "yaml", "ini", "toml", "xml", "properties", "java", "go", "python", "csharp", "hcl", "nginx", "sql", "promql"];

    private static readonly string[] s_daemons = ["docker", "containerd"];

    private readonly List<string> _runs = [];

    private DocPage(string name, string text)
    {
        Name = name;
        Text = text;
        Blocks = [.. Fence().Matches(text).Select(m => new DocBlock(
            m.Groups["language"].Value, m.Groups["text"].Value, m.Groups["reason"].Value, Line(text, m.Groups["text"].Index)))];
        foreach (Match comment in FrontComment().Matches(text))
        {
            (comment.Groups["kind"].Value is "runs" ? _runs : Needs).AddRange(comment.Groups["words"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        }
    }

    /// <summary>Every page that a person reads: the guide, the READMEs and what else lies beside them.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. Directory.EnumerateFiles(Path.Combine(Checkout.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Path.Combine(Checkout.Root, "samples"), "*.md", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateFiles(Checkout.Root, "*.md"))
            .Append(Path.Combine(Checkout.Root, "bench", "README.md"))
            .Select(static f => Path.GetRelativePath(Checkout.Root, f)).Order(StringComparer.Ordinal),
    ];

    /// <summary>Its path below the checkout.</summary>
    public string Name { get; }

    public string Text { get; }

    public IReadOnlyList<DocBlock> Blocks { get; }

    /// <summary>The programs without which it is left out, from <c>&lt;!-- needs: nginx podman --&gt;</c>; <c>root</c> is a user.</summary>
    public List<string> Needs { get; } = [];

    /// <summary>Whether a server runs before its first command; not with <c>&lt;!-- runs: nothing --&gt;</c>, where the page starts its own.</summary>
    public bool IsServed => !_runs.Contains("nothing", StringComparer.Ordinal);

    /// <summary>The daemons that run beside it, each with nothing but what its page gives it: <c>&lt;!-- runs: docker containerd --&gt;</c>.</summary>
    public IEnumerable<string> Daemons => _runs.Intersect(s_daemons, StringComparer.Ordinal);

    /// <summary>The settings of that server, from <c>&lt;!-- runs: Discovery:Rbac:Enabled=true --&gt;</c>.</summary>
    public IEnumerable<string> Settings => _runs.Where(static w => w.Contains('=', StringComparison.Ordinal));

    public bool IsRun => Blocks.Any(static b => b.IsRun);

    public static DocPage Read(string name) => new(name, File.ReadAllText(Path.Combine(Checkout.Root, name)));

    public static DocPage Parse(string name, string text) => new(name, text);

    /// <summary>What is wrong with it, a line each: nothing may look like a command and be neither run nor marked.</summary>
    public IEnumerable<string> Complaints()
    {
        foreach (var block in Blocks)
        {
            if (!block.IsRun && !s_data.Contains(block.Language, StringComparer.Ordinal) && block.Reason.Length == 0)
            {
                yield return $"{Name}:{block.Line}: mark the block as sh or console, or write <!-- not run: REASON --> on the line before it";
            }

            if (block.Language is "console" && block.IsRun && !block.Text.StartsWith("$ ", StringComparison.Ordinal))
            {
                yield return $"{Name}:{block.Line}: a session begins with a command, which begins with '$ '";
            }
        }

        var fences = AnyFence().Count(Text);
        if (fences != 2 * Blocks.Count)
        {
            yield return $"{Name}: a fence is indented, is not of three backticks, has an unusual name or no end";
        }

        foreach (var word in _runs.Where(static w => w is not "nothing" && !s_daemons.Contains(w, StringComparer.Ordinal) && !Setting().IsMatch(w)))
        {
            yield return $"{Name}: 'runs: {word}' is neither 'nothing' nor a daemon ({string.Join(", ", s_daemons)}) nor KEY=VALUE";
        }
    }

    /// <summary>
    /// Its commands as one script in which each stands on the line that it has in the page. The output of the command of a session that begins on line N
    /// goes to the file <c>N</c> in <paramref name="sessions"/>.
    /// </summary>
    public string Script(string sessions)
    {
        var lines = new string[Text.Split('\n').Length + 1];
        Array.Fill(lines, "");
        foreach (var block in Blocks.Where(static b => b.IsRun))
        {
            foreach (var (text, line) in block.Lines())
            {
                lines[line - 1] = block.Language is "sh" ? text
                    : text.StartsWith("$ ", StringComparison.Ordinal) ? $"{{ {text[2..]}; }} > '{sessions}/{line}' 2>&1"
                    : "";
            }
        }

        return string.Join('\n', lines);
    }

    /// <summary>What the sessions print: the line of the command, and what comes after it.</summary>
    public IEnumerable<(int Line, IReadOnlyList<string> Printed)> Sessions()
    {
        foreach (var block in Blocks.Where(static b => b is { IsRun: true, Language: "console" }))
        {
            List<string>? printed = null;
            var at = 0;
            foreach (var (text, line) in block.Lines().Append(("$ ", 0)))
            {
                if (!text.StartsWith("$ ", StringComparison.Ordinal))
                {
                    printed?.Add(text);
                    continue;
                }

                if (printed is not null)
                {
                    yield return (at, printed);
                }

                (at, printed) = (line, []);
            }
        }
    }

    /// <summary>The names under <c>example.com</c> that its commands use.</summary>
    public IEnumerable<string> Hosts() => Blocks.Where(static b => b.IsRun)
        .SelectMany(static b => ExampleHost().Matches(b.Text)).Select(static m => m.Value).Distinct(StringComparer.Ordinal);

    private static int Line(string text, int index) => text.AsSpan(0, index).Count('\n') + 1;

    [GeneratedRegex("(?:<!-- (?:not run|不运行)[:：] ?(?<reason>[^\n]+) -->\n)?^```(?<language>[a-z]*)\n(?<text>(?:.*\n)*?)```$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Fence();

    [GeneratedRegex("^[ \t>]*(?:```|~~~)", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex AnyFence();

    [GeneratedRegex("^<!-- (?<kind>runs|needs): (?<words>[^\n]+) -->$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex FrontComment();

    [GeneratedRegex("^[A-Za-z0-9:]+=.+$", RegexOptions.NonBacktracking)]
    private static partial Regex Setting();

    [GeneratedRegex(@"\b[a-z0-9-]+\.example\.com\b", RegexOptions.NonBacktracking)]
    private static partial Regex ExampleHost();
}

/// <summary>A fenced block.</summary>
/// <param name="Language">What stands behind the fence.</param>
/// <param name="Text">What is between the fences.</param>
/// <param name="Reason">Why it is not run; nothing where it is, or is no command.</param>
/// <param name="Line">The line of the page on which the text begins.</param>
internal sealed record DocBlock(string Language, string Text, string Reason, int Line)
{
    /// <summary>It is for a shell: all of it (<c>sh</c>), or a session with what comes back (<c>console</c>).</summary>
    public bool IsRun => Language is "sh" or "console" && Reason.Length == 0;

    /// <summary>It is commands, whether they are run or not.</summary>
    public bool IsCommands => Language is "sh" or "console" || Reason.Length > 0;

    public IEnumerable<(string Text, int Line)> Lines() => Text.TrimEnd('\n').Split('\n').Select((text, at) => (text, Line + at));
}
