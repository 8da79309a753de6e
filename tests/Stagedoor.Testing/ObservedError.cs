using System.Text.Json;

namespace Stagedoor.Testing;

/// <summary>An error as it came over HTTP.</summary>
/// <param name="Code">The full code in the body, whatever its envelope; from the header where the body has no place for it.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The body as received.</param>
public sealed record ObservedError(string Code, int Status, string Body)
{
    /// <summary>Reads the code out of any of our envelopes; null when the response carries none.</summary>
    public static async Task<ObservedError?> FindAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await response.Content.LoadIntoBufferAsync(cancellationToken);
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        var code = FindCode(body);
        if (code is null && (body.Length == 0 || IsOfSenders(body)) && response.Headers.TryGetValues("X-Stagedoor-Error-Code", out var values))
        {
            code = values.First();
        }

        return code is null ? null : new(code, (int)response.StatusCode, body);
    }

    // Refusals of senders of spans are text, protobuf, or a status of gRPC, whose code is a number.
    private static bool IsOfSenders(string body)
    {
        if (body[0] is not ('{' or '['))
        {
            return true;
        }

        using var document = JsonDocument.Parse(body);
        return document.RootElement is { ValueKind: JsonValueKind.Object } status && status.TryGetProperty("code", out var code) && code.ValueKind is JsonValueKind.Number;
    }

    private static string? FindCode(string body)
    {
        if (body.Length == 0 || body[0] is not ('{' or '['))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            return FindCode(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? FindCode(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.GetArrayLength() == 0 ? null : FindCode(element[0]),
        JsonValueKind.Object => Text(element, "error_code") ?? Text(element, "errorCode") ?? Text(element, "errCode")
            ?? (element.TryGetProperty("errors", out var errors) ? FindCode(errors) : null)
            ?? (element.TryGetProperty("detail", out var detail) ? FindCode(detail) : null),
        _ => null,
    };

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
