namespace Stagedoor.Commands;

/// <summary>Why a verb cannot do what it was asked to.</summary>
/// <param name="message">What is wrong and what to do, in one line.</param>
/// <param name="exitCode">One of <see cref="Commands.ExitCode"/>.</param>
/// <param name="inner">The cause.</param>
internal class CommandException(string message, int exitCode, Exception? inner = null) : Exception(message, inner)
{
    internal int ExitCode => exitCode;
}
