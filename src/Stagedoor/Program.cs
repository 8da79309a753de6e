using System.CommandLine;
using Stagedoor.Commands;

namespace Stagedoor;

/// <summary>The command line: <c>stagedoor serve</c> and the small verbs beside it.</summary>
internal static class Program
{
    internal static async Task<int> Main(string[] args)
    {
        var parsed = Root().Parse(Plain(args));
        return parsed.Errors.Count > 0 && UsageError.Explain(parsed) is { } code ? code : await parsed.InvokeAsync();
    }

    /// <summary>All verbs.</summary>
    internal static RootCommand Root() => new("Stagedoor: the services behind ServiceStage, on your own machine.")
    {
        ServeCommand.Create(),
        AdminCommand.Create(),
        ConfigCommand.Create(),
        DoctorCommand.Create(),
        ErrorsCommand.Create(),
    };

    // Who says nothing, or asks for help in words, wants help.
    private static string[] Plain(string[] args) => args switch
    {
        [] => ["--help"],
        ["help", .. var about] => [.. about, "--help"],
        _ => args,
    };
}
