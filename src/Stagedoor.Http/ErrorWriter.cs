using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;

namespace Stagedoor.Http;

/// <summary>Writes error responses. Nothing else in the product writes error JSON.</summary>
public static class ErrorWriter
{
    private const int MaxMessageHeaderBytes = 256;

    // The original services send `can't` and 组织 as they are.
    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>How JSON is written that goes over the wire.</summary>
    public static JsonWriterOptions Json => s_json;

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
        if (HttpMethods.IsHead(context.Request.Method))
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

    /// <summary>Sets status and headers of <paramref name="error"/>, and gives its body.</summary>
    public static ReadOnlyMemory<byte> Prepare(HttpContext context, ApiException error)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(error);
        var response = context.Response;
        response.StatusCode = error.Status;
        response.ContentType = "application/json";
        response.Headers["X-Stagedoor-Error-Code"] = error.Error.Code;
        response.Headers["X-Stagedoor-Error-Message"] = HeaderText(TextOf(error));
        response.Headers.CacheControl = "no-store";
        response.Headers.Link = $"</errors/{error.Error.Code}>; rel=\"help\"";
        if (context.RequestServices.GetService<ModuleSet>()?.Find(error.Error.Service)?.Traits.ErrorHeader is { } header)
        {
            response.Headers[header] = error.Error.Code;
        }

        foreach (var (name, value) in error.Headers)
        {
            response.Headers[name] = value;
        }

        var body = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(body, s_json))
        {
            Write(json, context, error);
        }

        response.ContentLength = body.WrittenCount;
        return body.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter json, HttpContext context, ApiException error)
    {
        var envelope = EnvelopeOf(context, error);
        var aliases = context.RequestServices.GetService<IOptions<ErrorOptions>>()?.Value.SdkAliases ?? true;
        switch (envelope)
        {
            case Envelope.Images when string.Equals(context.Request.Headers["X-Stagedoor-Error-Shape"], "object", StringComparison.Ordinal):
                json.WriteStartObject();
                json.WriteString("error_code", error.Error.Code);
                json.WriteString("error_msg", error.Error.Message);
                json.WriteString("request_id", context.TraceIdentifier);
                json.WriteStartArray("errors");
                WriteImages(json, error);
                json.WriteEndArray();
                json.WriteEndObject();
                break;
            case Envelope.Images:
                json.WriteStartArray();
                WriteImages(json, error);
                json.WriteEndArray();
                break;
            case Envelope.Oci:
                WriteOci(json, context, error);
                break;
            case Envelope.Iam:
                WriteIam(json, error);
                break;
            case Envelope.Registry:
                WriteRegistry(json, error, aliases);
                break;
            case Envelope.Dashboard:
                json.WriteStartObject();
                json.WriteString("error_code", error.Error.Code);
                json.WriteString("error_message", TextOf(error));
                if (aliases)
                {
                    json.WriteString("error_msg", TextOf(error));
                }

                json.WriteString("detail", error.Detail);
                json.WriteEndObject();
                break;
            case Envelope.Tracing:
                WriteObject(json, error, aliases, [("errorCode", error.Error.Code), ("errorMessage", error.Error.Message)]);
                break;
            case Envelope.Addons:
                WriteObject(
                    json, error, false, [("error_code", error.Error.Code), ("error_msg", error.Error.Message), ("message", error.Detail)]);
                break;
            default:
                WriteObject(
                    json,
                    error,
                    false,
                    [("error_msg", TextOf(error)), ("error_code", error.Error.Code), ("request_id", context.TraceIdentifier)]);
                break;
        }
    }

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
        return error.Error.Envelope is Envelope.Gateway or Envelope.Iam && envelope != Envelope.Oci ? error.Error.Envelope : envelope;
    }

    private static Envelope? FindShape(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        var path = target.StartsWith('/') ? target.Split('?', 2)[0] : context.Request.Path.Value ?? "";
        return context.RequestServices.GetService<UnmatchedRoutes>()?.FindShape(path);
    }

    /// <summary>The error of one item in the answer of a microservice registry's batch call.</summary>
    public static void WriteRegistryObject(Utf8JsonWriter json, ApiException error) => WriteRegistry(json, error, aliases: false);

    private static void WriteRegistry(Utf8JsonWriter json, ApiException error, bool aliases) => WriteObject(
        json,
        error,
        aliases,
        [
            ("errCode", error.Error.Code), ("errMsg", error.Error.Message), ("detail", error.Detail),
            ("errorCode", error.Error.Code), ("errorMessage", error.Error.Message),
        ]);

    private static void WriteObject(
        Utf8JsonWriter json, ApiException error, bool aliases, ReadOnlySpan<(string Name, string? Value)> members)
    {
        json.WriteStartObject();
        foreach (var (name, value) in members)
        {
            json.WriteString(name, value);
        }

        if (aliases)
        {
            json.WriteString("error_code", error.Error.Code);
            json.WriteString("error_msg", error.Error.Message);
        }

        json.WriteEndObject();
    }

    private static void WriteImages(Utf8JsonWriter json, ApiException error)
    {
        json.WriteStartObject();
        json.WriteString("errorCode", error.Error.Code);
        json.WriteString("errorMessage", error.Error.Message);
        json.WriteString("detail", error.Detail);
        json.WriteEndObject();
    }

    private static void WriteOci(Utf8JsonWriter json, HttpContext context, ApiException error)
    {
        var oci = error.Oci ?? OciError.Of(error.Status, TextOf(error));
        json.WriteStartObject();
        json.WriteStartArray("errors");
        json.WriteStartObject();
        json.WriteString("code", oci.Code);
        // The one part that clients show: skopeo, podman and docker print nothing of the detail.
        json.WriteString("message", $"{oci.Message} ({error.Error.Code}, {context.ExternalBase()}/errors/{ShortCode(error.Error)}, request {context.TraceIdentifier})");
        json.WriteStartObject("detail");
        json.WriteString("errorCode", error.Error.Code);
        json.WriteString("errorMessage", TextOf(error));
        foreach (var (name, value) in error.Facts)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    // Short where that is enough to find it.
    private static string ShortCode(ErrorDefinition error) =>
        error.Code[(error.Code.LastIndexOf('.') + 1)..] is var end && ErrorCatalog.Find(end) is [var only, ..] && string.Equals(only.Code, error.Code, StringComparison.Ordinal) ? end : error.Code;

    private static void WriteIam(Utf8JsonWriter json, ApiException error)
    {
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteNumber("code", error.Status);
        json.WriteString("message", TextOf(error));
        json.WriteString("title", Title(error.Status));
        json.WriteEndObject();
        json.WriteString("error_code", error.Error.Code);
        json.WriteString("error_msg", TextOf(error));
        json.WriteEndObject();
    }

    private static string Title(int status) => Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status);

    // The gateway's messages are a prefix contract: what follows the colon is ours.
    /// <summary>What the error says, with its detail where the envelope has no other place for it.</summary>
    public static string TextOf(ApiException error) =>
        error.Text
        ?? (error.Detail.Length > 0 && error.Error.Envelope is Envelope.Gateway
            ? $"{error.Error.Message?.TrimEnd('.')}: {error.Detail}"
            : error.Error.Message ?? "");

    private static string HeaderText(string text)
    {
        var bytes = 0;
        var cut = text.EnumerateRunes().TakeWhile(rune => (bytes += rune.Utf8SequenceLength) <= MaxMessageHeaderBytes).Aggregate(
            new StringBuilder(), (builder, rune) => builder.Append(rune));
        return Uri.EscapeDataString(cut.ToString());
    }
}
