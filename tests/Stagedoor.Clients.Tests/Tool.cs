using System.Diagnostics;
using System.Text;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Programs of this machine, run to their end.</summary>
internal static class Tool
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    // Of packages that are unpacked and not installed.
    private static readonly string s_unpacked = Path.Combine(Checkout.Root, "artifacts", "clients", "prometheus", "usr", "bin");

    /// <summary>The program's file, or null when this machine does not have it. Daemons are found too.</summary>
    public static string? Find(string name) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin:{s_unpacked}"
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    /// <summary>Skips the test that asks, unless all of them are here.</summary>
    public static void Require(params string[] names)
    {
        var missing = names.Where(n => Find(n) is null).ToList();
        Assert.SkipUnless(missing.Count == 0, $"Not installed: {string.Join(", ", missing)}. Run eng/install-client-tools.sh.");
    }

    public static async Task<ToolResult> RunAsync(string program, params IEnumerable<string> arguments) =>
        await RunAsync(new ToolCall(program, [.. arguments]));

    /// <summary>Runs it with its output captured. A run that takes too long is ended and fails the test.</summary>
    public static async Task<ToolResult> RunAsync(ToolCall call)
    {
        using var process = new Process { StartInfo = StartInfo(call.Program, call.Arguments, call.Environment) };
        process.StartInfo.RedirectStandardInput = true;
        process.StartInfo.WorkingDirectory = call.Folder;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(call.Timeout ?? s_patience);
        process.Start();
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await WriteAsync(process, call.Input, limit.Token);
            await process.WaitForExitAsync(limit.Token);
            // A child that outlives it may hold the streams open.
            return new(call.ToString(), process.ExitCode, await output.WaitAsync(limit.Token), await error.WaitAsync(limit.Token));
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{call} did not end within {call.Timeout ?? s_patience}.\n{await output}\n{await error}", e);
        }
    }

    internal static ProcessStartInfo StartInfo(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo(Find(program) ?? program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static async Task WriteAsync(Process process, string? input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.WriteAsync((input ?? "").AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading; its exit code and output say why.
        }
    }
}

/// <summary>One run of a program.</summary>
/// <param name="Program">Its name, looked for on the PATH.</param>
/// <param name="Arguments">As they are, without a shell.</param>
internal sealed record ToolCall(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>Variables set on top of this process's own.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>What it reads from standard input; nothing unless given.</summary>
    public string? Input { get; init; }

    public string? Folder { get; init; }

    public TimeSpan? Timeout { get; init; }

    public override string ToString() => $"{Program} {string.Join(' ', Arguments)}";
}

/// <summary>How a program ended.</summary>
internal sealed record ToolResult(string Command, int ExitCode, string Output, string Error)
{
    /// <summary>It ended well; the failure shows everything it said.</summary>
    public ToolResult ShouldSucceed()
    {
        Assert.True(ExitCode == 0, ToString());
        return this;
    }

    /// <summary>It ended badly and said this on either stream.</summary>
    public ToolResult ShouldFail(string saying)
    {
        Assert.True(ExitCode != 0, ToString());
        Assert.True($"{Error}\n{Output}".Contains(saying, StringComparison.OrdinalIgnoreCase), $"It did not say \"{saying}\": {this}");
        return this;
    }

    public override string ToString() => $"{Command}\nexit code {ExitCode}\n--- standard output\n{Output}\n--- standard error\n{Error}";
}
