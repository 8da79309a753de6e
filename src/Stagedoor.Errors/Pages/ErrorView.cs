using System.Text.Json.Serialization;

namespace Stagedoor.Errors.Pages;

/// <summary>A row as JSON: what <c>/errors</c> answers to programs.</summary>
/// <param name="Code">The full code.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Message">The text on the wire; null for the two successes of the trace service.</param>
/// <param name="Service">The owning service.</param>
/// <param name="Envelope">The name of the shape of its body.</param>
/// <param name="Example">A body in that shape, as text.</param>
/// <param name="Source">Where the code comes from.</param>
/// <param name="Provoke">How to see it for real.</param>
/// <param name="En">Meaning and remedy in English.</param>
/// <param name="Zh">Meaning and remedy in Chinese.</param>
public sealed record ErrorView(
    string Code,
    int Status,
    string? Message,
    string Service,
    string Envelope,
    string Example,
    string Source,
    string Provoke,
    ErrorText En,
    ErrorText Zh)
{
    /// <summary>The reader's own last requests with the code, the newest first; left out when nobody knows who reads.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LastOccurrence>? YourLast { get; init; }
}
