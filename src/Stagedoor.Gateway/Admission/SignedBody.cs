using System.Buffers;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Stagedoor.Gateway.Signing;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Admission;

/// <summary>Reads the body that a signature covers, and gives it back to the handler from its beginning.</summary>
internal static class SignedBody
{
    /// <summary>
    /// The lower-case hex SHA-256 of the body, or why it cannot be had. A body that nobody will read is hashed and not kept: its access key
    /// does not exist.
    /// </summary>
    public static async ValueTask<(string? Hash, ApiException? Refusal)> HashAsync(
        HttpContext context, WaitingBodies? keepIn, long limit, CancellationToken cancellationToken)
    {
        if (!HasBody(context))
        {
            return (SignedRequest.EmptyBodyHash, null);
        }

        if (context.Request.ContentLength > limit)
        {
            return (null, GatewayError.BodyTooLarge(null, limit, context.Request.ContentLength));
        }

        var source = context.Request.Body;
#pragma warning disable CA2000 // The response disposes of it.
        var kept = keepIn is null ? null : new KeptBody(keepIn, ClientNetwork.Of(context.Connection.RemoteIpAddress));
#pragma warning restore CA2000
        if (kept is not null)
        {
            context.Response.RegisterForDispose(kept);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(KeptBody.BlockSize);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var total = 0L;
            while (await source.ReadAsync(buffer, cancellationToken) is var read and > 0)
            {
                total += read;
                if (total > limit)
                {
                    return (null, GatewayError.BodyTooLarge(null, limit, context.Request.ContentLength));
                }

                hash.AppendData(buffer, 0, read);
                if (kept?.TryKeep(buffer.AsSpan(0, read)) is false)
                {
                    return (null, GatewayError.TooManyBodiesWait());
                }
            }

            if (kept is not null)
            {
                context.Request.Body = kept;
            }

            return (Convert.ToHexStringLower(hash.GetHashAndReset()), null);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    public static bool HasBody(HttpContext context) =>
        context.Request.ContentLength != 0
        && (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody
            ?? (context.Request.ContentLength is not null || context.Request.Headers.ContainsKey(HeaderNames.TransferEncoding)));
}
