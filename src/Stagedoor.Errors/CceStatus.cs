using System.Globalization;

namespace Stagedoor.Errors;

/// <summary>What later releases of CCE answer where the founding document has a code of its own.</summary>
internal static class CceStatus
{
    private const string Official = "CCE.";

    /// <summary>The HTTP status: the first three digits of the code, where the founding document answers 400 to most.</summary>
    public static int StatusOf(ErrorDefinition row) =>
        row.Envelope is Envelope.Addons && !row.Code.StartsWith(Official, StringComparison.Ordinal)
        && int.TryParse(row.Code.AsSpan(row.Code.LastIndexOf('.') + 1, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            ? status
            : row.Status;

    /// <summary>The code of the same family in CCE's own table.</summary>
    public static string CodeOf(ErrorDefinition row) =>
        row.Code.StartsWith(Official, StringComparison.Ordinal) ? row.Code : string.Create(CultureInfo.InvariantCulture, $"{Official}03{StatusOf(row)}001");

    /// <summary>The text of that family.</summary>
    public static string TextOf(ErrorDefinition row) => row.Code.StartsWith(Official, StringComparison.Ordinal) ? row.Message ?? "" : StatusOf(row) switch
    {
        400 => "Invalid request.",
        403 => "Forbidden.",
        404 => "Resource not found.",
        _ => "Internal error.",
    };

    /// <summary>The reason as Kubernetes names it.</summary>
    public static string ReasonOf(int status) => status switch
    {
        400 => "BadRequest",
        403 => "Forbidden",
        404 => "NotFound",
        409 => "Conflict",
        429 => "TooManyRequests",
        _ => "InternalError",
    };
}
