using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http.Decisions;
using Stagedoor.Http.Describing;

namespace Stagedoor.Http;

/// <summary>Writes error responses: status, headers, and the body that <see cref="ErrorBody"/> makes.</summary>
public static class ErrorWriter
{
    private const string BasicChallenge = "Basic realm=\"stagedoor\", charset=\"UTF-8\"";

    private const int MaxMessageHeaderBytes = 256;

    /// <summary>Writes status, headers and body of <paramref name="error"/> in the envelope of its row or of the route.</summary>
    public static async Task WriteAsync(HttpContext context, ApiException error)
    {
        var response = context.Response;
        if (response.HasStarted)
        {
            // The status is out; an aborted connection is the only honest sign of failure that is left.
            context.Abort();
            return;
        }

        var body = Prepare(context, error);
        // In these letters: of any other method the server expects the body that its length says.
        if (body.IsEmpty || string.Equals(context.Request.Method, HttpMethods.Head, StringComparison.Ordinal))
        {
            return;
        }

        try
        {
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there any more to hear of it.
        }
    }

    /// <summary>Sets status and headers of <paramref name="error"/>, and gives its body: none for a call of gRPC.</summary>
    public static ReadOnlyMemory<byte> Prepare(HttpContext context, ApiException error)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(error);
        DecisionPath.Of(context).Refusal = error;
        var response = context.Response;
        var isGrpc = GrpcRefusal.IsFor(context.Request);
        var dialect = error.Error.Envelope is Envelope.Addons ? context.RequestServices.GetService<IErrorDialect>()?.ForRequest(context) ?? AddonsDialect.Seed : AddonsDialect.Seed;
        var status = dialect is AddonsDialect.Seed ? error.Status : ErrorBody.StatusOf(error.Error, dialect);
        if (isGrpc)
        {
            GrpcRefusal.Prepare(response, status, TextOf(error));
        }
        else
        {
            response.StatusCode = status;
            response.ContentType = "application/json";
        }

        Name(response, error.Error, TextOf(error));
        if (context.RequestServices.GetService<ModuleSet>()?.Find(error.Error.Service)?.Traits.ErrorHeader is { } header)
        {
            response.Headers[header] = error.Error.Code;
        }

        // Whoever is not who it has to be is told how to say who it is (RFC 9110 section 15.5.2), where a login is taken that every client knows.
        if (error.Status == StatusCodes.Status401Unauthorized
            && context.GetEndpoint()?.Metadata.GetMetadata<CredentialsMetadata>()?.Kinds.Contains(ApiCredential.Basic) is true)
        {
            response.Headers.WWWAuthenticate = BasicChallenge;
        }

        foreach (var (name, value) in error.Headers)
        {
            response.Headers[name] = value;
        }

        if (isGrpc)
        {
            return default;
        }

        var body = ErrorBody.Of(error.Error, EnvelopeOf(context, error), DetailsOf(context, error, dialect));
        response.ContentLength = body.Length;
        return body;
    }

    /// <summary>Says in headers what went wrong, for a body of any form.</summary>
    /// <param name="response">The response, which has not begun.</param>
    /// <param name="error">Its row.</param>
    /// <param name="text">What it says.</param>
    public static void Name(HttpResponse response, ErrorDefinition error, string text)
    {
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(error);
        DecisionPath.Of(response.HttpContext).Said = text;
        response.Headers["X-Stagedoor-Error-Code"] = error.Code;
        response.Headers["X-Stagedoor-Error-Message"] = HeaderText(text);
        response.Headers.CacheControl = "no-store";
        response.Headers.Link = $"</errors/{error.Code}>; rel=\"help\"";
    }

    private static ErrorDetails DetailsOf(HttpContext context, ApiException error, AddonsDialect dialect) => new()
    {
        RequestId = context.TraceIdentifier,
        Address = context.ExternalBase(),
        Status = error.Status,
        Detail = error.Detail,
        Text = error.Text,
        Oci = error.Oci,
        Facts = error.Facts,
        Dialect = dialect,
        HasAliases = context.RequestServices.GetService<IOptions<ErrorOptions>>()?.Value.SdkAliases ?? true,
        IsObject = string.Equals(context.Request.Headers["X-Stagedoor-Error-Shape"], "object", StringComparison.Ordinal),
    };

    private static Envelope EnvelopeOf(HttpContext context, ApiException error)
    {
        // Who gives the registry's own code means its body, also on a route that answers in two shapes.
        if (error.Oci is not null)
        {
            return Envelope.Oci;
        }

        // What is refused before it has a route still has the shape of the service that it was for.
        var route = context.GetEndpoint()?.Metadata;
        var envelope = route?.GetMetadata<EnvelopeMetadata>()?.Envelope
            ?? (route?.GetMetadata<ServiceMetadata>() is null ? FindShape(context) : null)
            ?? error.Error.Envelope;
        return ShapeOf(error.Error, envelope);
    }

    /// <summary>The shape of an error where others have <paramref name="around"/>: the gateway and IAM keep theirs except in the registry.</summary>
    public static Envelope ShapeOf(ErrorDefinition error, Envelope around)
    {
        ArgumentNullException.ThrowIfNull(error);
        return error.Envelope is Envelope.Gateway or Envelope.Iam && around != Envelope.Oci ? error.Envelope : around;
    }

    private static Envelope? FindShape(HttpContext context)
    {
        if (context.Features.Get<ModuleListener>() is not null)
        {
            return null;
        }

        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        var path = target.StartsWith('/') ? target.Split('?', 2)[0] : context.Request.Path.Value ?? "";
        return context.RequestServices.GetService<UnmatchedRoutes>()?.FindShape(path);
    }

    /// <summary>What the error says, with its detail where the envelope has no other place for it.</summary>
    public static string TextOf(ApiException error) => ErrorBody.TextOf(error.Error, error.Detail, error.Text);

    private static string HeaderText(string text)
    {
        var bytes = 0;
        var cut = text.EnumerateRunes().TakeWhile(rune => (bytes += rune.Utf8SequenceLength) <= MaxMessageHeaderBytes).Aggregate(
            new StringBuilder(), (builder, rune) => builder.Append(rune));
        return Uri.EscapeDataString(cut.ToString());
    }
}
