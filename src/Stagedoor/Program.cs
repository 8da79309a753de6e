using System.CommandLine;
using Stagedoor.Addons;
using Stagedoor.Commands;
using Stagedoor.Commands.Admin;
using Stagedoor.Serve;

namespace Stagedoor;

/// <summary>The command line: <c>stagedoor serve</c> and the small verbs beside it.</summary>
internal static class Program
{
    internal static async Task<int> Main(string[] args)
    {
        // Before anything else is loaded or made: out of descriptors an assembly is not found, a database not opened, a port not listened to.
        if (ProcessLimits.FindShortage() is { } shortage)
        {
            await Console.Error.WriteLineAsync($"stagedoor: {shortage}");
            return 1;
        }

        // No verb for people: a server starts it, and it must not be ended by what ends those.
        if (args is ["supervise"])
        {
            ProcessLimits.KeepFilesPrivate();
            await using var requests = Console.OpenStandardInput();
            await using var answers = Console.OpenStandardOutput();
            await AddonsModule.SuperviseAsync(requests, answers, TimeProvider.System);
            return 0;
        }

        return await RunAsync(args);
    }

    private static async Task<int> RunAsync(string[] args)
    {
        ProcessLimits.KeepFilesPrivate();
        var parsed = Root().Parse(Plain(args));
        if (UsageError.Explain(parsed) is { } code)
        {
            return code;
        }

        // The host keeps its own time for a stop, in which it finishes what is in flight; this is for a host that does not.
        var invocation = new InvocationConfiguration { ProcessTerminationTimeout = Drain.Whole + TimeSpan.FromSeconds(5), EnableDefaultExceptionHandler = false };
        return await UnexpectedError.CatchAsync(parsed, Console.Error, () => parsed.InvokeAsync(invocation, CancellationToken.None));
    }

    /// <summary>All verbs.</summary>
    internal static RootCommand Root() => new("Stagedoor: the services behind ServiceStage, on your own machine.")
    {
        ServeCommand.Create(),
        AdminCommand.Create(),
        ConfigCommand.Create(),
        DoctorCommand.Create(),
        BackupCommand.Create(),
        RestoreCommand.Create(),
        ErrorsCommand.Create(),
        WhyCommand.Create(),
        HealthCommand.Create(),
        UnexpectedError.Verbose,
    };

    // Who says nothing, or asks for help in words, wants help.
    private static string[] Plain(string[] args) => args switch
    {
        [] => ["--help"],
        ["help", .. var about] => [.. about, "--help"],
        _ => args,
    };
}
