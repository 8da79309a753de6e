using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Tracing;

/// <summary>Errors of the trace service with their facts.</summary>
internal static class TracingError
{
    /// <summary>A parameter of an <c>ats</c> operation, or the project of any, is not what it has to be.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="rule">What it has to be.</param>
    public static ApiException InvalidInUrl(string name, string rule) => new(TracingCodes.InvalidProjectId, $"{name}: {rule}") { Text = $"{name} in url is invalid." };

    /// <summary>The request cannot be read, or a parameter of an <c>atps</c> operation is not what it has to be.</summary>
    public static ApiException InvalidRequest(string name, string rule) => new(TracingCodes.InvalidRequest, $"{name}: {rule}");

    /// <summary>Nothing was found.</summary>
    public static ApiException EmptyResult() => new(TracingCodes.EmptyResult);
}
