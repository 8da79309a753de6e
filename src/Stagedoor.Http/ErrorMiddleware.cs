using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Stagedoor.Errors;
using Stagedoor.Storage;

namespace Stagedoor.Http;

/// <summary>Turns what is thrown, and what the framework refuses with an empty body, into coded responses.</summary>
public sealed partial class ErrorMiddleware(RequestDelegate next, UnmatchedRoutes unmatched, ILogger<ErrorMiddleware> logger, ModuleSet? modules = null)
{
    private const int ClientClosedRequest = 499;

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested && IsOfTheConnection(e))
        {
            // The status of an answer that is under way can no longer be set.
            if (!context.Response.HasStarted)
            {
                StandingHeaders.Clear(context.Response);
                context.Response.StatusCode = ClientClosedRequest;
            }

            // Else the server would look for a next request while the reading of this one's body is still under way.
            context.Abort();
            return;
        }
#pragma warning disable CA1031 // The one place in the product that catches everything: whatever escapes becomes a coded response.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var error = Translate(e, context);
            if (error.Status >= 500)
            {
                LogFault(
                    e.InnerException is not null && e is ApiException ? e.InnerException : e,
                    error.Error.Code,
                    context.Request.Method,
                    modules?.Masked(context.Request.Path.Value ?? "") ?? context.Request.Path.Value ?? "",
                    Route(context));
            }

            if (!context.Response.HasStarted)
            {
                StandingHeaders.Clear(context.Response);
                if (error.InnerException is BadHttpRequestException { InnerException: null } or IOException && HttpProtocol.IsHttp11(context.Request.Protocol))
                {
                    // The body ended somewhere in the middle: nothing on this connection can be told from it.
                    context.Response.Headers.Connection = "close";
                }
            }

            await ErrorWriter.WriteAsync(context, error);
            return;
        }

        if (Refused(context) is { } refused)
        {
            await ErrorWriter.WriteAsync(context, refused);
        }
    }

    // Stores and readers wrap what they meet: a client that goes away in the middle of a body is an error of reading to them.
    private static bool IsOfTheConnection(Exception e) =>
        e is OperationCanceledException or IOException or BadHttpRequestException || (e.InnerException is { } inner && IsOfTheConnection(inner));

    private static ApiException Translate(Exception e, HttpContext context) => Translate(e, context, context.GetEndpoint()?.Metadata);

    private static ApiException Translate(Exception e, HttpContext context, EndpointMetadataCollection? endpoint) => e switch
    {
        ApiException error => error,
        StorageException fault when endpoint?.GetMetadata<FaultMetadata>() is { } codes => new(codes.For(fault), inner: fault),
        BadHttpRequestException bad when endpoint?.GetMetadata<BadRequestMetadata>() is { } codes =>
            Unreadable(codes.For(bad.StatusCode), BodyProblem(context, bad), bad),
        BadHttpRequestException { StatusCode: 413 } bad => new(GatewayCodes.BodyTooLarge, BodyLimit.Describe(context), bad),
        BadHttpRequestException bad => new(GatewayCodes.BadRequest, BodyProblem(context, bad), bad),
        // The size of a chunk is more than a number holds: the one bad framing that is not said as such.
        IOException { InnerException: OverflowException } => Unreadable(
            endpoint?.GetMetadata<BadRequestMetadata>()?.For(StatusCodes.Status400BadRequest) ?? GatewayCodes.BadRequest, "the request cannot be read", e),
        _ when FormProblem.IsOne(e) =>
            Unreadable(endpoint?.GetMetadata<BadRequestMetadata>()?.Malformed ?? GatewayCodes.BadRequest, "the form cannot be read", e),
        // How the framework says that it does not know the charset of a JSON body.
        InvalidOperationException { InnerException: ArgumentException { ParamName: "name" } } =>
            Unreadable(endpoint?.GetMetadata<BadRequestMetadata>()?.WrongType ?? GatewayCodes.BadRequest, "the body's charset is not known", e),
        _ => new(endpoint?.GetMetadata<UnexpectedMetadata>()?.Error ?? GatewayCodes.Internal, inner: e),
    };

    // Identity management has no other place for it than the text.
    internal static ApiException Unreadable(
        ErrorDefinition row, string problem, Exception? cause, int? status = null, IReadOnlyList<KeyValuePair<string, string>>? headers = null) => new(row, problem, cause)
        {
            Status = status ?? row.Status,
            Headers = headers ?? [],
            Text = row.Envelope is Envelope.Iam && problem.Length > 0 ? $"{row.Message}: {problem}." : null,
        };

    private static string BodyProblem(HttpContext context, BadHttpRequestException bad) => bad switch
    {
        { StatusCode: 413 } => BodyLimit.Describe(context),
        { StatusCode: 415 } => TypeProblem(context.Request),
        _ when IsEmpty(context) => "the body is empty, expected JSON",
        { InnerException: System.Text.Json.JsonException json } =>
            $"body: {WireJson.Describe(json)}",
        _ => "the request cannot be read",
    };

    private static string TypeProblem(HttpRequest request) =>
        $"Content-Type is {(string.IsNullOrEmpty(request.ContentType) ? "missing" : $"'{request.ContentType}'")}, expected application/json";

    private static bool IsEmpty(HttpContext context) =>
        context.Request.ContentLength is null or 0 && context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is not true;

    // Routing and binding refuse with an empty body: 404, 405, 413, 415.
    private ApiException? Refused(HttpContext context)
    {
        var response = context.Response;
        if (response.HasStarted || response.StatusCode < 400 || response.ContentLength is not null || response.ContentType is not null)
        {
            return null;
        }

        var endpoint = context.GetEndpoint()?.Metadata;
        return response.StatusCode switch
        {
            ClientClosedRequest => null,
            404 => new(NotFound(context) ?? GatewayCodes.ApiNotFound),
            405 => new(unmatched.Find(context.Request.Path) ?? GatewayCodes.MethodNotFound),
            413 => new(endpoint?.GetMetadata<BadRequestMetadata>()?.TooLarge ?? GatewayCodes.BodyTooLarge, BodyLimit.Describe(context)),
            415 => new(endpoint?.GetMetadata<BadRequestMetadata>()?.WrongType ?? GatewayCodes.BadRequest, TypeProblem(context.Request)),
            _ => new(GatewayCodes.BadRequest),
        };
    }

    // At a module's own port there is nothing of the others, not even their words.
    private ErrorDefinition? NotFound(HttpContext context) =>
        context.Features.Get<ModuleListener>() is { } listener ? listener.NotFound : unmatched.Find(context.Request.Path);

    private static string Route(HttpContext context) =>
        context.Features.Get<IEndpointFeature>()?.Endpoint?.DisplayName ?? context.Request.Method;

    [LoggerMessage(LogLevel.Error, "{Code} in {Method} {Path} ({Route})")]
    private partial void LogFault(Exception exception, string code, string method, string path, string route);
}
