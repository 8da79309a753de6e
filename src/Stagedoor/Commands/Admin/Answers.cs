using System.Text.Json;

namespace Stagedoor.Commands.Admin;

/// <summary>Reads members of answers; one that a server of another version leaves out is told, and not an exception of the reader.</summary>
internal static class Answers
{
    internal static string Text(this JsonElement answer, string name) =>
        answer.FindText(name) ?? throw Missing(name);

    /// <summary>An id, a key or a name of one word: what goes into paths and into lines for a shell, and so may hold nothing that a shell reads.</summary>
    internal static string Word(this JsonElement answer, string name) => answer.Word(name, "_-.");

    /// <summary>The secret of a key, which goes into lines for a shell.</summary>
    internal static string Secret(this JsonElement answer, string name) => answer.Word(name, "_-.+/=");

    private static string Word(this JsonElement answer, string name, string marks) =>
        answer.Text(name) is { Length: > 0 } text && text[0] is not ('-' or '.') && text.All(c => char.IsAsciiLetterOrDigit(c) || marks.Contains(c, StringComparison.Ordinal))
            ? text
            : throw new CommandException($"The server's answer has a '{name}' that is none. {Suspect}", ExitCode.Failure);

    /// <summary>The scheme, host and port of an address.</summary>
    internal static Uri Origin(this JsonElement answer, string name) =>
        Uri.TryCreate(answer.Text(name), UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Authority is { Length: > 0 } place
        && place[0] is not '-' && place.All(static c => char.IsLetterOrDigit(c) || c is '.' or '-' or '_' or ':' or '[' or ']')
            ? new(uri.GetLeftPart(UriPartial.Authority))
            : throw new CommandException($"The server's answer has a '{name}' that is no address. {Suspect}", ExitCode.Failure);

    internal static string? FindText(this JsonElement answer, string name) =>
        answer.ValueKind is JsonValueKind.Object && answer.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    internal static bool Flag(this JsonElement answer, string name) => answer.Member(name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Missing(name),
    };

    internal static long Number(this JsonElement answer, string name) =>
        answer.Member(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : throw Missing(name);

    internal static IReadOnlyList<JsonElement> Items(this JsonElement answer, string name) =>
        answer.Member(name) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : throw Missing(name);

    internal static JsonElement Member(this JsonElement answer, string name) =>
        answer.ValueKind is JsonValueKind.Object && answer.TryGetProperty(name, out var value) ? value : throw Missing(name);

    private const string Suspect = "Look whether it is really your server that answers.";

    private static CommandException Missing(string name) =>
        new($"The server's answer has no '{name}': it is another version than this program ({Build.Version}).", ExitCode.Failure);
}
