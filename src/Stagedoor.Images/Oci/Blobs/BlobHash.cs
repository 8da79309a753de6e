using System.Security.Cryptography;

namespace Stagedoor.Images.Oci.Blobs;

/// <summary>The hash functions that digests may use.</summary>
internal static class BlobHash
{
    public const string Sha256 = "sha256";
    public const string Sha512 = "sha512";

    public static IncrementalHash Create(string algorithm) =>
        IncrementalHash.CreateHash(algorithm is Sha512 ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256);

    public static Digest Of(string algorithm, ReadOnlySpan<byte> content) =>
        Digest.Of(algorithm, algorithm is Sha512 ? SHA512.HashData(content) : SHA256.HashData(content));
}
