using System.CommandLine;

namespace Stagedoor.Commands.Admin;

/// <summary>A verb that asks a running server.</summary>
internal static class ServerVerb
{
    internal static readonly Option<bool> Json = new("--json") { Description = "Write JSON, for scripts." };

    /// <summary>The verb with its own arguments and options and those of the connection.</summary>
    internal static Command Create(string name, string description, IEnumerable<Symbol> symbols, Func<ServerCall, CancellationToken, Task> run)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols.Concat(ServerConnection.Options).Append(Json))
        {
            if (symbol is Argument argument)
            {
                command.Arguments.Add(argument);
            }
            else
            {
                command.Options.Add((Option)symbol);
            }
        }

        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, run, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Func<ServerCall, CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        try
        {
            using var client = await ServerConnection.OpenAsync(parsed, cancellationToken);
            await run(new(parsed, client), cancellationToken);
            return ExitCode.Success;
        }
        catch (CommandException e)
        {
            // It quotes what the server said, which nobody may trust yet.
            await Console.Error.WriteLineAsync($"stagedoor: {Printable.Of(e.Message)}");
            return e.ExitCode;
        }
        catch (StartupException e)
        {
            await Console.Error.WriteLineAsync($"stagedoor: {e.Message}");
            return ExitCode.Usage;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Failure;
        }
    }
}
