using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Stagedoor.Tracing.Reading;

/// <summary>A body that is there as a whole, packed for those who take it so.</summary>
/// <param name="body">The body.</param>
/// <param name="contentType">Its type.</param>
/// <param name="status">The status.</param>
internal sealed class PackedBody(ReadOnlyMemory<byte> body, string contentType, int status = StatusCodes.Status200OK) : IResult
{
    // Shorter ones become no shorter by it.
    private const int Packed = 1024;

    private readonly AnswerBuffer? _buffer;

    /// <summary>The same of a buffer, which is released when it was sent.</summary>
    public PackedBody(AnswerBuffer buffer, string contentType, int status = StatusCodes.Status200OK)
        : this(buffer.WrittenMemory, contentType, status) => _buffer = buffer;

    /// <summary>Who may keep it for how long.</summary>
    public string Caching { get; init; } = "no-store";

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.Headers.CacheControl = Caching;
        response.Headers.Vary = "Accept-Encoding, Authorization, X-Auth-Token";
        var sent = body;
        if (body.Length > Packed && TakesGzip(httpContext.Request))
        {
            response.Headers.ContentEncoding = "gzip";
            sent = Pack(body.Span);
        }

        response.ContentLength = sent.Length;
        await response.Body.WriteAsync(sent, httpContext.RequestAborted);

        // Not when that failed: somebody may still be at it.
        _buffer?.Release();
    }

    private static bool TakesGzip(HttpRequest request) =>
        StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var accepted)
        && accepted.Any(static a => a.Quality is not 0 && a.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase));

    private static byte[] Pack(ReadOnlySpan<byte> body)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(body);
        }

        return packed.ToArray();
    }
}
