using System.Globalization;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests.Pages;

/// <summary>Runs a page's commands as they are printed, on a machine that has nothing but the product: namespaces of its own and a clean folder.</summary>
internal sealed class DocMachine : IDisposable
{
    private const int DaemonCannotRun = 77;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);
    private static readonly string s_setup = Path.Combine(Checkout.Root, "tests", "Stagedoor.Clients.Tests", "Pages", "page.sh");

    // Whoever is not root is it in a namespace of users.
    private static readonly string[] s_namespaces =
        ["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", .. Environment.UserName is "root" ? Array.Empty<string>() : ["--map-root-user"]];

    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    /// <summary>Skips the test where the page cannot be run.</summary>
    public static async Task RequireAsync(DocPage page)
    {
        Tool.Require(["bash", "curl", "jq", "openssl", "skopeo", "unshare", "ip", .. page.Needs.Where(static n => n is not "root"), .. page.Daemons.Select(static d => d is "docker" ? "dockerd" : d)]);
        Assert.SkipWhen((page.Needs.Contains("root", StringComparer.Ordinal) || page.Daemons.Any()) && Environment.UserName is not "root", $"{page.Name} needs root.");
        var allowed = await Tool.RunAsync("unshare", [.. s_namespaces, "true"]);
        Assert.SkipUnless(allowed.ExitCode == 0, $"A page has namespaces of its own, which this machine does not allow: {allowed.Error.Trim()}");
    }

    /// <summary>The lines of the page on which commands began; each ended well, and sessions printed what they should.</summary>
    public async Task<IReadOnlySet<int>> RunAsync(DocPage page)
    {
        var folder = Make("page");
        var sessions = Make("sessions");
        foreach (var beside in (string[])["samples", "eng"])
        {
            Directory.CreateSymbolicLink(Path.Combine(folder, beside), Path.Combine(Checkout.Root, beside));
        }

        Make("layers");
        Make("bin");
        var script = Path.Combine(_root.Path, "page.sh");
        var commands = page.Script(sessions);
        Assert.True(commands.StartsWith('\n'), $"{page.Name} begins with a command.");
        await File.WriteAllTextAsync(script, $". '{s_setup}'{commands}\n", TestContext.Current.CancellationToken);

        var result = await Tool.RunAsync(new ToolCall("unshare", [.. s_namespaces, "bash", script])
        {
            Folder = folder,
            Timeout = s_patience,
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["PATH"] = $"{Path.Combine(_root.Path, "bin")}:{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin",
                ["HOME"] = Make("home"),
                ["XDG_RUNTIME_DIR"] = Make("runtime"),
                // Node looks for the packages that eng/install-client-tools.sh installs.
                ["NODE_PATH"] = Path.Combine(Checkout.Root, "artifacts", "clients", "node", "node_modules"),
                ["PAGE_NAME"] = page.Name,
                ["PAGE_ROOT"] = _root.Path,
                ["PAGE_PROGRAM"] = StagedoorProcess.Executable,
                ["PAGE_HOSTS"] = string.Join(' ', page.Hosts()),
                ["PAGE_SERVER"] = page.IsServed ? "yes" : "no",
                ["PAGE_DAEMONS"] = string.Join(' ', page.Daemons),
                ["PAGE_SETTINGS"] = string.Join(' ', page.Settings.Select(static s => Variable(s))),
            },
        });

        Assert.SkipWhen(result.ExitCode == DaemonCannotRun, $"{page.Name} needs {string.Join(", ", page.Daemons)}, and: {result.Error.Trim()}");
        var printed = page.Sessions().Select(s => (s.Line, s.Printed, File: Path.Combine(sessions, Number(s.Line)))).Where(static s => File.Exists(s.File)).ToList();
        Assert.True(result.ExitCode == 0, $"{result}\n{(printed.Count > 0 ? $"--- the last session\n{await ReadAsync(printed[^1].File)}" : "")}");
        foreach (var (line, expected, file) in printed)
        {
            Printed.ShouldHave($"{page.Name}:{line}", expected, (await ReadAsync(file)).Split('\n'));
        }

        return (await ReadAsync(Path.Combine(_root.Path, "lines"))).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static l => int.Parse(l, CultureInfo.InvariantCulture)).ToHashSet();
    }

    private static string Variable(string setting) =>
        setting.Split('=', 2) is [var key, var value] ? $"STAGEDOOR__{key.Replace(":", "__", StringComparison.Ordinal)}={value}" : setting;

    private static string Number(int line) => line.ToString(CultureInfo.InvariantCulture);

    private static Task<string> ReadAsync(string file) => File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);

    private string Make(string name) => Directory.CreateDirectory(Path.Combine(_root.Path, name)).FullName;
}
