using System.CommandLine;
using Stagedoor.Gateway;
using Stagedoor.Serve;

namespace Stagedoor.Commands.Admin.Offline;

/// <summary>A verb that opens the installation itself, which no server may have open at the same time.</summary>
internal static class OfflineVerb
{
    private static readonly Option<string?> s_data = new("--data") { Description = "Folder of the installation (default ./data).", HelpName = "DIR" };
    private static readonly Option<string?> s_config = new("--config") { Description = "JSON file with settings.", HelpName = "FILE" };

    /// <param name="name">The verb.</param>
    /// <param name="description">What it does.</param>
    /// <param name="arguments">What it takes.</param>
    /// <param name="instead">What to do while a server runs.</param>
    /// <param name="run">Does it with the services of the installation; the exit code.</param>
    internal static Command Create(
        string name, string description, IEnumerable<Argument> arguments, string instead, Func<ParseResult, IServiceProvider, CancellationToken, Task<int>> run)
    {
        var command = new Command(name, $"{description} Works offline: stop the server first.") { s_data, s_config };
        foreach (var argument in arguments)
        {
            command.Arguments.Add(argument);
        }

        command.SetAction(async (parsed, cancellationToken) =>
        {
            var code = ExitCode.Success;
            try
            {
                await StagedoorHost.WithServicesAsync(
                    new() { Data = parsed.GetValue(s_data), Config = parsed.GetValue(s_config) },
                    async services => code = await run(parsed, services, cancellationToken),
                    cancellationToken);
                return code;
            }
            catch (StartupException e)
            {
                // The folder is held by whoever serves it.
                var running = e.Message.Contains(" is in use by another stagedoor process", StringComparison.Ordinal);
                await Console.Error.WriteLineAsync($"stagedoor: {e.Message}{(running ? $" While it runs: {instead}" : "")}");
                return running ? ExitCode.Conflict : ExitCode.Failure;
            }
            catch (CommandException e)
            {
                await Console.Error.WriteLineAsync($"stagedoor: {e.Message}");
                return e.ExitCode;
            }
        });
        return command;
    }

    /// <summary>Leaves a record of what was done in the account's audit log, under the name of the system's user.</summary>
    internal static async Task RecordAsync(
        IServiceProvider services, string traceName, string resourceType, string resource, string account, CancellationToken cancellationToken)
    {
        var domain = (await Iam.IamModule.ListAccountsAsync(services, cancellationToken)).FirstOrDefault(a => string.Equals(a.Name, account, StringComparison.Ordinal));
        var isWritten = await GatewayModule.RecordActionAsync(
            services, traceName, resourceType, resource, (domain?.Id, account), $"{Environment.UserName}@{Environment.MachineName}", cancellationToken);
        if (!isWritten)
        {
            ServerCall.Note("warning: it is done, but the audit log did not take a record of it.");
        }
    }
}
