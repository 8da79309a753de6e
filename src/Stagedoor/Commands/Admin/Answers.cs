using System.Text.Json;

namespace Stagedoor.Commands.Admin;

/// <summary>Reads members of answers; one that a server of another version leaves out is told, and not an exception of the reader.</summary>
internal static class Answers
{
    internal static string Text(this JsonElement answer, string name) =>
        answer.FindText(name) ?? throw Missing(name);

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

    private static CommandException Missing(string name) =>
        new($"The server's answer has no '{name}': it is another version than this program ({Build.Version}).", ExitCode.Failure);
}
