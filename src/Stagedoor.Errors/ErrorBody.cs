using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Stagedoor.Errors;

/// <summary>The bodies of errors, in the shape that each service publishes: what goes over the wire, and what the pages show.</summary>
public static class ErrorBody
{
    /// <summary>How JSON is written that goes over the wire: the original services send <c>can't</c> and 组织 as they are.</summary>
    public static JsonWriterOptions Json { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The body of an error.</summary>
    /// <param name="row">What has happened.</param>
    /// <param name="envelope">The shape of the route, or the row's own.</param>
    /// <param name="details">What is particular to this occurrence.</param>
    public static ReadOnlyMemory<byte> Of(ErrorDefinition row, Envelope envelope, ErrorDetails details)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(body, Json))
        {
            Write(json, row, envelope, details);
        }

        return body.WrittenMemory;
    }

    /// <summary>Writes it as a value, for an answer that holds several.</summary>
    public static void Write(Utf8JsonWriter json, ErrorDefinition row, Envelope envelope, ErrorDetails details)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(details);
        var text = TextOf(row, details.Detail, details.Text);
        switch (envelope)
        {
            case Envelope.Gateway:
                WriteObject(json, [("error_msg", text), ("error_code", row.Code), ("request_id", details.RequestId)]);
                break;
            case Envelope.Iam:
                WriteIam(json, row, details.Status ?? row.Status, text);
                break;
            case Envelope.Images:
                WriteImages(json, row, details);
                break;
            case Envelope.Oci:
                WriteOci(json, row, details, text);
                break;
            case Envelope.Registry:
                WriteObject(
                    json,
                    [
                        ("errCode", row.Code), ("errMsg", row.Message), ("detail", details.Detail),
                        ("errorCode", row.Code), ("errorMessage", row.Message), .. Aliases(row, details),
                    ]);
                break;
            case Envelope.Dashboard:
                WriteObject(
                    json,
                    details.HasAliases
                        ? [("error_code", row.Code), ("error_message", text), ("error_msg", text), ("detail", details.Detail)]
                        : [("error_code", row.Code), ("error_message", text), ("detail", details.Detail)]);
                break;
            case Envelope.Tracing:
                // One code refuses every parameter, with its name in the text.
                var message = details.Text ?? row.Message;
                WriteObject(
                    json,
                    details.HasAliases
                        ? [("errorCode", row.Code), ("errorMessage", message), ("error_code", row.Code), ("error_msg", message)]
                        : [("errorCode", row.Code), ("errorMessage", message)]);
                break;
            case Envelope.Addons when details.Dialect is AddonsDialect.CceV3:
                WriteCce(json, row, details);
                break;
            case Envelope.Addons:
                WriteObject(json, [("error_code", row.Code), ("error_msg", row.Message), ("message", details.Detail)]);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(envelope), envelope, "An envelope without a shape.");
        }
    }

    /// <summary>The HTTP status of an error where the add-on manager speaks this dialect.</summary>
    public static int StatusOf(ErrorDefinition row, AddonsDialect dialect)
    {
        ArgumentNullException.ThrowIfNull(row);
        return dialect is AddonsDialect.CceV3 ? CceStatus.StatusOf(row) : row.Status;
    }

    /// <summary>What an error says, with its detail where the envelope has no other place for it.</summary>
    public static string TextOf(ErrorDefinition row, string detail, string? text) =>
        // The gateway's messages are a prefix contract: what follows the colon is ours.
        text ?? (detail.Length > 0 && row.Envelope is Envelope.Gateway ? $"{row.Message?.TrimEnd('.')}: {detail}" : row.Message ?? "");

    private static void WriteObject(Utf8JsonWriter json, ReadOnlySpan<(string Name, string? Value)> members)
    {
        json.WriteStartObject();
        foreach (var (name, value) in members)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
    }

    private static (string Name, string? Value)[] Aliases(ErrorDefinition row, ErrorDetails details) =>
        details.HasAliases ? [("error_code", row.Code), ("error_msg", row.Message)] : [];

    private static void WriteImages(Utf8JsonWriter json, ErrorDefinition row, ErrorDetails details)
    {
        if (details.IsObject)
        {
            json.WriteStartObject();
            json.WriteString("error_code", row.Code);
            json.WriteString("error_msg", row.Message);
            json.WriteString("request_id", details.RequestId);
            json.WritePropertyName("errors");
        }

        json.WriteStartArray();
        WriteObject(json, [("errorCode", row.Code), ("errorMessage", row.Message), ("detail", details.Detail)]);
        json.WriteEndArray();
        if (details.IsObject)
        {
            json.WriteEndObject();
        }
    }

    private static void WriteOci(Utf8JsonWriter json, ErrorDefinition row, ErrorDetails details, string text)
    {
        var oci = details.Oci ?? OciError.Of(row, details.Status ?? row.Status, text);
        json.WriteStartObject();
        json.WriteStartArray("errors");
        json.WriteStartObject();
        json.WriteString("code", oci.Code);
        // The one part that clients show: skopeo, podman and docker print nothing of the detail.
        json.WriteString("message", $"{oci.Message} ({row.Code}, {details.Address}/errors/{ShortCode(row)}, request {details.RequestId})");
        json.WriteStartObject("detail");
        json.WriteString("errorCode", row.Code);
        json.WriteString("errorMessage", text);
        foreach (var (name, value) in details.Facts)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    // Short where that is enough to find it.
    private static string ShortCode(ErrorDefinition row) =>
        row.Code[(row.Code.LastIndexOf('.') + 1)..] is var end && ErrorCatalog.Find(end) is [var only, ..] && string.Equals(only.Code, row.Code, StringComparison.Ordinal)
            ? end
            : row.Code;

    // As the service has answered since 2023. Clients of the SDK for Node read the code in it, so that it holds the founding document's.
    private static void WriteCce(Utf8JsonWriter json, ErrorDefinition row, ErrorDetails details)
    {
        var status = CceStatus.StatusOf(row);
        var text = details.Detail.Length > 0 ? $"{row.Message}: {details.Detail}" : row.Message;
        json.WriteStartObject();
        json.WriteString("kind", "Status");
        json.WriteString("apiVersion", "v1");
        json.WriteStartObject("metadata");
        json.WriteEndObject();
        json.WriteString("status", "Failure");
        json.WriteNumber("code", status);
        json.WriteString("errorCode", CceStatus.CodeOf(row));
        json.WriteString("errorMessage", CceStatus.TextOf(row));
        json.WriteStartObject("error");
        json.WriteString("message", text);
        json.WriteString("code", row.Code);
        json.WriteEndObject();
        json.WriteString("message", details.Detail.Length > 0 ? details.Detail : row.Message);
        json.WriteString("reason", CceStatus.ReasonOf(status));
        json.WriteString("error_code", row.Code);
        json.WriteString("error_msg", row.Message);
        json.WriteEndObject();
    }

    private static void WriteIam(Utf8JsonWriter json, ErrorDefinition row, int status, string text)
    {
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteNumber("code", status);
        json.WriteString("message", text);
        json.WriteString("title", StatusText.Of(status));
        json.WriteEndObject();
        json.WriteString("error_code", row.Code);
        json.WriteString("error_msg", text);
        json.WriteEndObject();
    }
}
