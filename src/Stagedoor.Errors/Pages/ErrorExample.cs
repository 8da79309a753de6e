using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Stagedoor.Errors.Pages;

/// <summary>What a row looks like on the wire, for documents and pages.</summary>
public static class ErrorExample
{
    // The trace id of the W3C's own examples.
    private const string RequestId = "4bf92f3577b34da6a3ce929d0e0e4736";

    // As on the wire: apostrophes and Chinese stay as they are.
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The body in the row's envelope, without detail.</summary>
    public static string Body(ErrorDefinition row)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, s_options))
        {
            Write(json, row);
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(Utf8JsonWriter json, ErrorDefinition row)
    {
        switch (row.Envelope)
        {
            case Envelope.Gateway:
                WriteObject(json, ("error_msg", row.Message), ("error_code", row.Code), ("request_id", RequestId));
                break;
            case Envelope.Iam:
                WriteIam(json, row);
                break;
            case Envelope.Images:
                json.WriteStartArray();
                WriteObject(json, ("errorCode", row.Code), ("errorMessage", row.Message), ("detail", ""));
                json.WriteEndArray();
                break;
            case Envelope.Oci:
                WriteOci(json, row);
                break;
            case Envelope.Registry:
                WriteObject(
                    json,
                    ("errCode", row.Code),
                    ("errMsg", row.Message),
                    ("detail", ""),
                    ("errorCode", row.Code),
                    ("errorMessage", row.Message));
                break;
            case Envelope.Dashboard:
                WriteObject(json, ("error_code", row.Code), ("error_message", row.Message), ("detail", ""));
                break;
            case Envelope.Tracing:
                WriteTracing(json, row);
                break;
            case Envelope.Addons:
                WriteObject(json, ("error_code", row.Code), ("error_msg", row.Message), ("message", ""));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(row), row.Envelope, "An envelope without a shape.");
        }
    }

    private static void WriteIam(Utf8JsonWriter json, ErrorDefinition row)
    {
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteNumber("code", row.Status);
        json.WriteString("message", row.Message);
        json.WriteString("title", StatusText.Of(row.Status));
        json.WriteEndObject();
        json.WriteString("error_code", row.Code);
        json.WriteString("error_msg", row.Message);
        json.WriteEndObject();
    }

    private static void WriteOci(Utf8JsonWriter json, ErrorDefinition row)
    {
        var (code, message) = OciCodeOf(row);
        json.WriteStartObject();
        json.WriteStartArray("errors");
        json.WriteStartObject();
        json.WriteString("code", code);
        json.WriteString("message", $"{message} ({row.Code}, http://HOST/errors/{row.Code[(row.Code.LastIndexOf('.') + 1)..]}, request …)");
        json.WritePropertyName("detail");
        WriteObject(json, ("errorCode", row.Code), ("errorMessage", row.Message));
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTracing(Utf8JsonWriter json, ErrorDefinition row)
    {
        json.WriteStartObject();
        json.WriteString("errorCode", row.Code);
        json.WriteString("errorMessage", row.Message);
        if (row.Status is 200)
        {
            json.WriteStartArray("responseInfo");
            json.WriteStringValue("shop");
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteObject(Utf8JsonWriter json, params ReadOnlySpan<(string Name, string? Value)> members)
    {
        json.WriteStartObject();
        foreach (var (name, value) in members)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
    }

    // The specification has no code for a fault of the registry; clients print UNKNOWN with the text beside it.
    private static (string Code, string Message) OciCodeOf(ErrorDefinition row) => row switch
    {
        _ when row == ImagesCodes.BlobNotFound => ("BLOB_UNKNOWN", "blob unknown to registry"),
        _ when row == ImagesCodes.TagNotInRegistry || row == ImagesCodes.ManifestNotFound => ("MANIFEST_UNKNOWN", "manifest unknown"),
        _ when row == ImagesCodes.RegistryOrganizationNotFound || row == ImagesCodes.TagListNotFound =>
            ("NAME_UNKNOWN", "repository name not known to registry"),
        _ => ("UNKNOWN", "unknown error"),
    };
}
