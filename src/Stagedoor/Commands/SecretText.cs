namespace Stagedoor.Commands;

/// <summary>Secrets that come from files, since what stands on a command line is seen by everybody on the machine.</summary>
internal static class SecretText
{
    private const int MaxLength = 4096;

    /// <summary>What is in the file, without the end of its line; <c>-</c> is standard input.</summary>
    /// <exception cref="CommandException">It cannot be read, or is empty.</exception>
    internal static string Read(string file)
    {
        try
        {
            using var reader = file is "-" ? Console.In : File.OpenText(file);
            var buffer = new char[MaxLength];
            var text = new string(buffer, 0, reader.ReadBlock(buffer)).TrimEnd('\r', '\n');
            return text.Length is > 0 and < MaxLength
                ? text
                : throw new CommandException($"{Named(file)} {(text.Length == 0 ? "is empty" : "is too long for a secret")}.", ExitCode.Usage);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{Named(file)} cannot be read: {e.Message}", ExitCode.Usage, e);
        }
    }

    private static string Named(string file) => file is "-" ? "Standard input" : file;
}
