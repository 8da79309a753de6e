using System.Security.Cryptography;
using Stagedoor.Storage;

namespace Stagedoor.Content;

/// <summary>The hash functions that digests may use.</summary>
public static class BlobHash
{
    public const string Sha256 = "sha256";
    public const string Sha512 = "sha512";

    public static IncrementalHash Create(string algorithm) =>
        IncrementalHash.CreateHash(algorithm is Sha512 ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256);

    public static Digest Of(string algorithm, ReadOnlySpan<byte> content) =>
        Digest.Of(algorithm, algorithm is Sha512 ? SHA512.HashData(content) : SHA256.HashData(content));

    /// <summary>The digest of a stream, which is read to its end.</summary>
    public static async Task<Digest> OfAsync(string algorithm, Stream content, CancellationToken cancellationToken)
    {
        using var hash = Create(algorithm);
        using var buffer = PageBuffer.Rent();
        int read;
        while ((read = await content.ReadAsync(buffer.Memory, cancellationToken)) > 0)
        {
            hash.AppendData(buffer.Memory.Span[..read]);
        }

        return Digest.Of(algorithm, hash.GetHashAndReset());
    }
}
