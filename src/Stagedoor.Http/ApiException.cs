using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Http.Decisions;

namespace Stagedoor.Http;

/// <summary>A coded failure. Handlers return it as a result; code below a handler throws it.</summary>
/// <param name="error">The catalogue row.</param>
/// <param name="detail">What the caller can act on; empty when there is nothing to add.</param>
/// <param name="inner">The cause, for the log only.</param>
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "It is both an exception and a result.")]
public sealed class ApiException(ErrorDefinition error, string detail = "", Exception? inner = null)
    : Exception($"{error.Code}: {error.Message} {detail}", inner), IResult
{
    public ErrorDefinition Error { get; } = error;

    public string Detail { get; } = detail;

    /// <summary>The HTTP status, when the surface needs another than the row's.</summary>
    public int Status { get; init; } = error.Status;

    /// <summary>The whole text on the wire, where it is more than the row's message and the detail.</summary>
    public string? Text { get; init; }

    /// <summary>Code and message of the OCI body, where this occurrence has others than its row.</summary>
    public OciError? Oci { get; init; }

    /// <summary>Further members of the OCI body's <c>detail</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Facts { get; init; } = [];

    /// <summary>Headers that go with the error, for example <c>WWW-Authenticate</c> or <c>Retry-After</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Which stage refuses, what it looked at and what to change, for whoever asks why; it is not on the wire. Null where the code says it all.</summary>
    public DecisionStep? Decision { get; init; }

    public Task ExecuteAsync(HttpContext httpContext) => ErrorWriter.WriteAsync(httpContext, this);
}
