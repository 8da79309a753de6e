using System.CommandLine;
using Stagedoor.Commands;

namespace Stagedoor;

/// <summary>The command line: <c>stagedoor serve</c> and the small verbs beside it.</summary>
internal static class Program
{
    internal static async Task<int> Main(string[] args)
    {
        var root = new RootCommand("Stagedoor: the services behind ServiceStage, on your own machine.")
        {
            ServeCommand.Create(),
            AdminCommand.Create(),
            ConfigCommand.Create(),
            DoctorCommand.Create(),
            ErrorsCommand.Create(),
        };
        return await root.Parse(args).InvokeAsync();
    }
}
