using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Stagedoor.Tracing.Reading;

/// <summary>The parameters of a reader's query. One that is there and empty counts as absent.</summary>
/// <param name="context">The request.</param>
/// <param name="malformed">How the protocol calls a parameter that is not what it has to be, by its name and the reason.</param>
internal sealed class ReadQuery(HttpContext context, Func<string, string, string> malformed)
{
    private readonly ILookup<string, string> _values = RawTarget.ParametersOf(context).Where(static p => p.Value.Length > 0).ToLookup(static p => p.Name, static p => p.Value, StringComparer.Ordinal);

    /// <summary>The first value of a parameter; null when there is none.</summary>
    public string? Text(string name) => _values[name].FirstOrDefault();

    /// <summary>The first value under any of several names; null when there is none.</summary>
    public (string Name, string Value)? Text(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Text(name) is { } value)
            {
                return (name, value);
            }
        }

        return null;
    }

    /// <summary>All values of a parameter.</summary>
    public IReadOnlyList<string> All(string name) => [.. _values[name]];

    /// <summary>A whole number that is not negative; null when there is none.</summary>
    public long? Number(string name) => Text(name) is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw Malformed(name, $"'{text}' is no whole number of 0 or more");

    /// <summary>A whole number above zero; null when there is none.</summary>
    public long? Positive(params ReadOnlySpan<string> names) => Text(names) is not { } found ? null
        : long.TryParse(found.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
        : throw Malformed(found.Name, $"'{found.Value}' is no whole number above 0");

    /// <summary>A boolean; false when there is none.</summary>
    public bool Flag(string name) => Text(name) is { } text && (text switch
    {
        "true" or "True" or "TRUE" or "t" or "T" or "1" => true,
        "false" or "False" or "FALSE" or "f" or "F" or "0" => false,
        _ => throw Malformed(name, $"'{text}' is no boolean"),
    });

    /// <summary>A duration in nanoseconds; null when there is none.</summary>
    public ulong? Duration(params ReadOnlySpan<string> names) => Text(names) is not { } found ? null
        : GoDuration.Read(found.Value) ?? throw Malformed(found.Name, $"'{found.Value}' is no duration such as 1.5s, 250ms or 1h2m");

    /// <summary>A time in nanoseconds since the Unix epoch; null when there is none.</summary>
    public ulong? Time(params ReadOnlySpan<string> names) => Text(names) is not { } found ? null
        : Rfc3339.Read(found.Value) ?? throw Malformed(found.Name, $"'{found.Value}' is no time such as 2026-03-02T12:00:00.5Z");

    /// <summary>Tags that are a JSON object with texts; none when there is no such parameter.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Tags(params ReadOnlySpan<string> names)
    {
        if (Text(names) is not { } found)
        {
            return [];
        }

        try
        {
            using var document = JsonDocument.Parse(found.Value);
            return document.RootElement is { ValueKind: JsonValueKind.Object } tags && tags.EnumerateObject().All(static t => t.Value.ValueKind is JsonValueKind.String)
                ? [.. tags.EnumerateObject().Select(static t => KeyValuePair.Create(t.Name, t.Value.GetString()!))]
                : throw Malformed(found.Name, "it is no JSON object whose values are texts");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Malformed(found.Name, "it is no JSON");
        }
    }

    /// <summary>A parameter is not what it has to be.</summary>
    public ReadException Malformed(string name, string why) => new(StatusCodes.Status400BadRequest, malformed(name, why));
}
