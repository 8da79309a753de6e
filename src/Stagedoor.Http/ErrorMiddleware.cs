using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Stagedoor.Errors;
using Stagedoor.Storage;

namespace Stagedoor.Http;

/// <summary>Turns what is thrown, and what the framework refuses with an empty body, into coded responses.</summary>
public sealed partial class ErrorMiddleware(RequestDelegate next, UnmatchedRoutes unmatched, ILogger<ErrorMiddleware> logger)
{
    private const int ClientClosedRequest = 499;

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = ClientClosedRequest;
            return;
        }
#pragma warning disable CA1031 // The one place in the product that catches everything: whatever escapes becomes a coded response.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var error = Translate(e, context.GetEndpoint()?.Metadata);
            if (error.Status >= 500)
            {
                LogFault(e.InnerException is not null && e is ApiException ? e.InnerException : e, error.Error.Code, Route(context));
            }

            if (!context.Response.HasStarted)
            {
                StandingHeaders.Clear(context.Response);
            }

            await ErrorWriter.WriteAsync(context, error);
            return;
        }

        if (Refused(context) is { } refused)
        {
            await ErrorWriter.WriteAsync(context, refused);
        }
    }

    private static ApiException Translate(Exception e, EndpointMetadataCollection? endpoint) => e switch
    {
        ApiException error => error,
        StorageException fault when endpoint?.GetMetadata<FaultMetadata>() is { } codes => new(codes.For(fault), inner: fault),
        BadHttpRequestException bad when endpoint?.GetMetadata<BadRequestMetadata>() is { } codes =>
            new(codes.For(bad.StatusCode), bad.StatusCode == 400 ? BodyProblem(bad) : "", bad),
        BadHttpRequestException { StatusCode: 413 } bad => new(GatewayCodes.BodyTooLarge, inner: bad),
        BadHttpRequestException bad => new(GatewayCodes.BadRequest, BodyProblem(bad), bad),
        // How the framework says that it does not know the charset of a JSON body.
        InvalidOperationException { InnerException: ArgumentException { ParamName: "name" } } =>
            new(endpoint?.GetMetadata<BadRequestMetadata>()?.WrongType ?? GatewayCodes.BadRequest, "the body's charset is not known", e),
        _ => new(endpoint?.GetMetadata<UnexpectedMetadata>()?.Error ?? GatewayCodes.Internal, inner: e),
    };

    // The serializer's own words name our types; its path and position are what a caller can use.
    private static string BodyProblem(BadHttpRequestException bad) => bad.InnerException is System.Text.Json.JsonException json
        ? $"body: not the expected JSON at {json.Path ?? "$"}, line {json.LineNumber + 1 ?? 1}, byte {json.BytePositionInLine + 1 ?? 1}"
        : "the request cannot be read";

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
            404 => new(unmatched.Find(context.Request.Path) ?? GatewayCodes.ApiNotFound),
            405 => new(unmatched.Find(context.Request.Path) ?? GatewayCodes.MethodNotFound),
            413 => new(endpoint?.GetMetadata<BadRequestMetadata>()?.TooLarge ?? GatewayCodes.BodyTooLarge),
            415 => new(endpoint?.GetMetadata<BadRequestMetadata>()?.WrongType ?? GatewayCodes.BadRequest),
            _ => new(GatewayCodes.BadRequest),
        };
    }

    private static string Route(HttpContext context) =>
        context.Features.Get<IEndpointFeature>()?.Endpoint?.DisplayName ?? context.Request.Method;

    [LoggerMessage(LogLevel.Error, "{Code} in {Route}")]
    private partial void LogFault(Exception exception, string code, string route);
}
