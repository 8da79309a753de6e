using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Stagedoor.Tracing.Queries;

/// <summary>What a query is answered with. All three members are always there.</summary>
/// <param name="ErrorCode">The code of success.</param>
/// <param name="ErrorMessage">Nothing.</param>
/// <param name="ResponseInfo">What was found.</param>
internal sealed record Answer<T>(string ErrorCode, string? ErrorMessage, T ResponseInfo);

/// <summary>Sends answers.</summary>
internal static class Answers
{
    // Shorter ones become no shorter by it.
    private const int Packed = 1024;

    /// <summary>An answer as a result.</summary>
    /// <param name="family">Which service answers.</param>
    /// <param name="found">What was found.</param>
    /// <param name="type">How it is written.</param>
    public static IResult Of<T>(QueryFamily family, T found, JsonTypeInfo<Answer<T>> type) => new Result<T>(new(family.Succeeded.Code, null, found), type);

    private sealed class Result<T>(Answer<T> answer, JsonTypeInfo<Answer<T>> type) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            var body = JsonSerializer.SerializeToUtf8Bytes(answer, type);
            response.ContentType = "application/json";
            response.Headers.CacheControl = "no-store";
            response.Headers.Vary = "Accept-Encoding";
            if (body.Length > Packed && TakesGzip(httpContext.Request))
            {
                response.Headers.ContentEncoding = "gzip";
                body = Pack(body);
            }

            response.ContentLength = body.Length;
            await response.Body.WriteAsync(body, httpContext.RequestAborted);
        }

        private static bool TakesGzip(HttpRequest request) =>
            StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var accepted)
            && accepted.Any(static a => a.Quality is not 0 && a.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase));

        private static byte[] Pack(byte[] body)
        {
            using var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            {
                gzip.Write(body);
            }

            return packed.ToArray();
        }
    }
}
