using System.Buffers;

namespace Stagedoor.Commands;

/// <summary>A value as a word of a line for a POSIX shell, which people paste and scripts evaluate.</summary>
internal static class ShellWord
{
    private static readonly SearchValues<char> s_plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.,:/@%+=");

    /// <summary>The value, quoted unless it is of characters that no shell reads anything into.</summary>
    /// <exception cref="CommandException">It has characters that a terminal reads something into.</exception>
    internal static string Of(string value)
    {
        if (!string.Equals(value, Printable.Of(value), StringComparison.Ordinal))
        {
            throw new CommandException(
                "The server's answer has a control character in what goes into a line for a shell. Look whether it is really your server that answers.", ExitCode.Failure);
        }

        return value.Length > 0 && !value.AsSpan().ContainsAnyExcept(s_plain) ? value : $"'{value.Replace("'", @"'\''", StringComparison.Ordinal)}'";
    }
}
