using System.Buffers;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Stagedoor.Gateway.Signing;

namespace Stagedoor.Gateway.Pipeline;

/// <summary>Reads the body that a signature covers, and gives it back to the handler from its beginning.</summary>
internal static class SignedBody
{
    /// <summary>Longer bodies wait in a temporary file.</summary>
    private const int MemoryThreshold = 64 * 1024;

    private const int ReadSize = 16 * 1024;

    /// <summary>The lower-case hex SHA-256 of the body; null when it is longer than <paramref name="limit"/>. Either way it can be read again.</summary>
    public static async ValueTask<string?> HashAsync(HttpContext context, long limit, CancellationToken cancellationToken)
    {
        if (!HasBody(context))
        {
            return SignedRequest.EmptyBodyHash;
        }

        var length = context.Request.ContentLength;
        if (length > limit)
        {
            return null;
        }

        var threshold = (int)Math.Clamp(length ?? MemoryThreshold, 1, MemoryThreshold);
        var body = new FileBufferingReadStream(context.Request.Body, threshold, null, Path.GetTempPath, ArrayPool<byte>.Shared);
        context.Response.RegisterForDisposeAsync(body);
        var buffer = ArrayPool<byte>.Shared.Rent(ReadSize);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var total = 0L;
            while (await body.ReadAsync(buffer, cancellationToken) is var read and > 0)
            {
                total += read;
                if (total > limit)
                {
                    return null;
                }

                hash.AppendData(buffer, 0, read);
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            body.Position = 0;
            context.Request.Body = body;
        }
    }

    public static bool HasBody(HttpContext context) =>
        context.Request.ContentLength != 0
        && (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody
            ?? (context.Request.ContentLength is not null || context.Request.Headers.ContainsKey(HeaderNames.TransferEncoding)));
}
