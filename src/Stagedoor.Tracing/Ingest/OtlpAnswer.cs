using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Tracing.Otlp;

namespace Stagedoor.Tracing.Ingest;

/// <summary>What senders of OTLP over HTTP are answered, in the media type of their request: a refusal is a <c>google.rpc.Status</c>.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="isJson">Whether the request was JSON.</param>
/// <param name="body">The body.</param>
internal sealed class OtlpAnswer(int status, bool isJson, ReadOnlyMemory<byte> body) : IResult
{
    /// <summary>The media type of protobuf.</summary>
    public const string Protobuf = "application/x-protobuf";

    /// <summary>The media type of JSON.</summary>
    public const string Json = "application/json";

    /// <summary>The most characters of what is said.</summary>
    public const int MostMessage = 1024;

    /// <summary>Seconds after which to try again; null when that is of no use.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>Why the request is refused; null where it is not.</summary>
    public string? Refusal { get; init; }

    /// <summary>What the refusal is called, where the status does not say it.</summary>
    public ErrorDefinition? Error { get; init; }

    /// <summary>What packings are taken, where another one was the reason.</summary>
    public string? AcceptEncoding { get; init; }

    /// <summary>All spans are taken, or some of them.</summary>
    /// <param name="isJson">Whether the request was JSON.</param>
    /// <param name="rejected">How many are not.</param>
    /// <param name="message">Why not, or what was changed; empty for nothing.</param>
    public static OtlpAnswer Taken(bool isJson, long rejected, string message)
    {
        if (rejected == 0 && message.Length == 0)
        {
            return new(StatusCodes.Status200OK, isJson, isJson ? "{}"u8.ToArray() : ReadOnlyMemory<byte>.Empty);
        }

        message = Text.Cut(message, MostMessage);
        if (isJson)
        {
            var output = new ArrayBufferWriter<byte>();
            using var json = new Utf8JsonWriter(output);
            json.WriteStartObject();
            json.WriteStartObject("partialSuccess");
            if (rejected > 0)
            {
                // 64-bit numbers are texts.
                json.WriteString("rejectedSpans", rejected.ToString(CultureInfo.InvariantCulture));
            }

            json.WriteString("errorMessage", message);
            json.WriteEndObject();
            json.WriteEndObject();
            json.Flush();
            return new(StatusCodes.Status200OK, isJson, output.WrittenMemory);
        }

        return new(StatusCodes.Status200OK, isJson, TakenAsProtobuf(rejected, message));
    }

    /// <summary>The protobuf message that says the same: an <c>ExportTraceServiceResponse</c>.</summary>
    /// <param name="rejected">How many are not.</param>
    /// <param name="message">Why not, or what was changed; empty for nothing.</param>
    public static byte[] TakenAsProtobuf(long rejected, string message)
    {
        if (rejected == 0 && message.Length == 0)
        {
            return [];
        }

        var partial = new ProtobufWriter();
        if (rejected > 0)
        {
            partial.Number(1, (ulong)rejected);
        }

        partial.Blob(2, Encoding.UTF8.GetBytes(Text.Cut(message, MostMessage)));
        var answer = new ProtobufWriter();
        answer.Blob(1, partial.Bytes);
        return answer.Bytes.ToArray();
    }

    /// <summary>The request is refused.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="isJson">Whether the request was JSON.</param>
    /// <param name="code">The code of gRPC.</param>
    /// <param name="message">Why.</param>
    /// <param name="retryAfter">Seconds after which to try again; null when that is of no use.</param>
    /// <param name="acceptEncoding">What packings are taken, where another one was the reason.</param>
    /// <param name="error">What it is called, where the status does not say it.</param>
    public static OtlpAnswer Refused(int status, bool isJson, int code, string message, int? retryAfter = null, string? acceptEncoding = null, ErrorDefinition? error = null)
    {
        message = Text.Cut(Text.Repair(message), MostMessage);
        ReadOnlyMemory<byte> body;
        if (isJson)
        {
            var output = new ArrayBufferWriter<byte>();
            using var json = new Utf8JsonWriter(output);
            json.WriteStartObject();
            json.WriteNumber("code", code);
            json.WriteString("message", message);
            json.WriteEndObject();
            json.Flush();
            body = output.WrittenMemory;
        }
        else
        {
            body = StatusAsProtobuf(code, message);
        }

        return new(status, isJson, body) { Refusal = message, RetryAfter = retryAfter, AcceptEncoding = acceptEncoding, Error = error };
    }

    /// <summary>A <c>google.rpc.Status</c>, with a <c>google.rpc.RetryInfo</c> where trying again is of use.</summary>
    /// <param name="code">The code of gRPC.</param>
    /// <param name="message">Why.</param>
    /// <param name="retryAfter">Seconds after which to try again.</param>
    public static byte[] StatusAsProtobuf(int code, string message, int? retryAfter = null)
    {
        var status = new ProtobufWriter();
        status.Number(1, (ulong)code);
        status.Blob(2, Encoding.UTF8.GetBytes(message));
        if (retryAfter is { } seconds)
        {
            var (duration, retry, any) = (new ProtobufWriter(), new ProtobufWriter(), new ProtobufWriter());
            duration.Number(1, (ulong)seconds);
            retry.Blob(1, duration.Bytes);
            any.Blob(1, "type.googleapis.com/google.rpc.RetryInfo"u8);
            any.Blob(2, retry.Bytes);
            status.Blob(3, any.Bytes);
        }

        return status.Bytes.ToArray();
    }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = isJson ? Json : Protobuf;
        response.ContentLength = body.Length;
        if (Refusal is not null)
        {
            ErrorWriter.Name(response, Error ?? ReceptionCodes.Of(status), Refusal);
        }

        if (RetryAfter is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (AcceptEncoding is { } encodings)
        {
            response.Headers.AcceptEncoding = encodings;
        }

        await response.Body.WriteAsync(body, httpContext.RequestAborted);
    }
}
