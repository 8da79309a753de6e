using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;
using Stagedoor.Errors;
using Stagedoor.Http.Describing;
using Stagedoor.Storage;

namespace Stagedoor.Http;

/// <summary>
/// Refuses bodies that say to be JSON in another charset than UTF-8, which JSON between systems is in (RFC 8259 section 8.1), and those that are packed: for every
/// operation that takes JSON, whoever reads it there. It is refused when it is read, and so behind everything that is asked before a body is looked at: who calls, above all.
/// </summary>
public sealed class JsonBodyMiddleware(RequestDelegate next)
{
    private const string Identity = "identity";

    private static readonly string[] s_charsets = ["utf-8", "utf8", "us-ascii"];

    public Task InvokeAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.GetEndpoint()?.Metadata is { } endpoint && FindProblem(context.Request) is { } problem && TakesJson(endpoint))
        {
            var row = endpoint.GetMetadata<BadRequestMetadata>()?.WrongType ?? GatewayCodes.BadRequest;
            context.Request.Body = new RefusedBody(ErrorMiddleware.Unreadable(row, problem.Text, cause: null, problem.Status, problem.Headers));
        }

        return next(context);
    }

    // Either the framework reads it, or the handler, which says so.
    private static bool TakesJson(EndpointMetadataCollection endpoint) =>
        endpoint.GetMetadata<BodyMetadata>() is { } body ? IsJson(body.MediaType)
        : endpoint.GetMetadata<IAcceptsMetadata>() is { } accepts && accepts.ContentTypes.Any(static t => IsJson(t));

    private static bool IsJson(string? mediaType) => string.Equals(mediaType, "application/json", StringComparison.OrdinalIgnoreCase);

    private static Problem? FindProblem(HttpRequest request)
    {
        if (request.Headers.ContentEncoding is { Count: > 0 } encoding && encoding.ToString().Trim() is not "" and var packing
            && !packing.Equals(Identity, StringComparison.OrdinalIgnoreCase))
        {
            return new($"Content-Encoding is '{Text.Cut(Text.Repair(packing), 100)}'; JSON is taken as it is, without Content-Encoding or with identity")
            {
                Status = StatusCodes.Status415UnsupportedMediaType,
                Headers = [new("Accept-Encoding", Identity)],
            };
        }

        if (request.ContentType?.Contains("charset", StringComparison.OrdinalIgnoreCase) is not true
            || !MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !IsJson(type.MediaType.Value))
        {
            return null;
        }

        var charset = HeaderUtilities.RemoveQuotes(type.Charset).ToString();
        return charset.Length == 0 || s_charsets.Contains(charset, StringComparer.OrdinalIgnoreCase)
            ? null
            : new($"Content-Type is '{Text.Cut(Text.Repair(request.ContentType), 100)}'; JSON is taken in UTF-8 only");
    }

    private sealed record Problem(string Text)
    {
        /// <summary>Null for that of the code.</summary>
        public int? Status { get; init; }

        public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];
    }

    private sealed class RefusedBody(ApiException refusal) : ContentStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromException<int>(refusal);
    }
}
