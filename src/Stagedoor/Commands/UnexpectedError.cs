using System.CommandLine;

namespace Stagedoor.Commands;

/// <summary>Answers what no verb has foreseen: in one line, and in full for who asks.</summary>
internal static class UnexpectedError
{
    internal static readonly Option<bool> Verbose = new("--verbose") { Description = "Show the cause of a failure in full.", Recursive = true };

    /// <summary>Runs the verb of a line; its exit code.</summary>
    internal static async Task<int> CatchAsync(ParseResult parsed, TextWriter error, Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Failure;
        }
#pragma warning disable CA1031 // There is nobody above who could do anything about it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var isVerbose = parsed.GetValue(Verbose);
            var isForeseen = e is StartupException or CommandException;
            await error.WriteLineAsync(
                isForeseen ? $"stagedoor: {Printable.Of(e.Message)}"
                : $"stagedoor: unexpectedly: {Printable.Of(e.Message)} ({e.GetType().Name}){(isVerbose ? "" : " The same line with --verbose shows where.")}");
            if (isVerbose)
            {
                await error.WriteLineAsync(e.ToString());
            }

            return e is CommandException known ? known.ExitCode : ExitCode.Failure;
        }
    }
}
