using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Stagedoor.Http;

/// <summary>How whoever speaks gRPC is refused, whatever path it names: HTTP's status is 200, and the code and the message are headers (gRPC over HTTP/2, "Trailers-Only").</summary>
public static class GrpcRefusal
{
    private const string MediaType = "application/grpc";

    private const int MostMessage = 1024;

    /// <summary>Whether a request is a call of gRPC.</summary>
    public static bool IsFor(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.ContentType is { } type
            && type.StartsWith(MediaType, StringComparison.OrdinalIgnoreCase)
            && (type.Length == MediaType.Length || type[MediaType.Length] is '+' or ';')
            && !HttpProtocol.IsHttp11(request.Protocol) && !HttpProtocol.IsHttp10(request.Protocol);
    }

    /// <summary>The status that HTTP has for what a call is refused with; null when it is not refused, or no call of gRPC.</summary>
    /// <param name="response">The answer, when it is about to begin: one that has no message has its trailers among the headers.</param>
    public static int? StatusOf(HttpResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return response.Headers.GrpcStatus is [{ Length: > 0 } status]
            ? status switch
            {
                "0" => null,
                "1" => 499,
                "3" => StatusCodes.Status400BadRequest,
                "4" => StatusCodes.Status504GatewayTimeout,
                "5" => StatusCodes.Status404NotFound,
                "7" => StatusCodes.Status403Forbidden,
                "8" => StatusCodes.Status413PayloadTooLarge,
                "12" => StatusCodes.Status501NotImplemented,
                "14" => StatusCodes.Status503ServiceUnavailable,
                "16" => StatusCodes.Status401Unauthorized,
                _ => StatusCodes.Status500InternalServerError,
            }
            : null;
    }

    /// <summary>Sets status and headers: there is no body.</summary>
    internal static void Prepare(HttpResponse response, int status, string message)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = MediaType;
        response.Headers.GrpcStatus = CodeOf(status).ToString(CultureInfo.InvariantCulture);
        response.Headers.GrpcMessage = Encode(Text.Cut(message, MostMessage));
    }

    // As clients translate the status of a server that speaks no gRPC, and finer where gRPC has a word for it.
    private static int CodeOf(int status) => status switch
    {
        StatusCodes.Status400BadRequest => 3,
        StatusCodes.Status401Unauthorized => 16,
        StatusCodes.Status403Forbidden => 7,
        StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed or StatusCodes.Status501NotImplemented => 12,
        StatusCodes.Status413PayloadTooLarge or StatusCodes.Status429TooManyRequests => 8,
        StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout => 14,
        >= 500 => 13,
        _ => 9,
    };

    // Printable ASCII but for the percent sign stands as it is.
    private static string Encode(string message)
    {
        var encoded = new StringBuilder(message.Length);
        foreach (var b in Encoding.UTF8.GetBytes(message))
        {
            _ = b is >= (byte)' ' and <= (byte)'~' and not (byte)'%' ? encoded.Append((char)b) : encoded.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        }

        return encoded.ToString();
    }
}
