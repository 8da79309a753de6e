using Stagedoor.Storage;

namespace Stagedoor.Images.Blobs;

/// <summary>Where blobs of images lie in the blob store.</summary>
internal static class BlobKeys
{
    public const string Prefix = "images/";

    /// <summary>What ids of uploads begin with in the store: other services stage theirs in it too.</summary>
    public const string UploadPrefix = "images-";

    /// <summary><c>images/{algorithm}/{first two digits}/{hex}</c></summary>
    public static BlobKey Of(Digest digest) => new($"{Prefix}{digest.Algorithm}/{digest.Hex.AsSpan(0, 2)}/{digest.Hex}");

    /// <summary>The id of one of our uploads; null for another service's.</summary>
    public static string? FindUploadId(string staged) => staged.StartsWith(UploadPrefix, StringComparison.Ordinal) ? staged[UploadPrefix.Length..] : null;

    /// <summary>The digest that a key is for; false for a key that is none of ours.</summary>
    public static bool TryParse(BlobKey key, out Digest digest)
    {
        var parts = key.ToString().Split('/');
        digest = default;
        return parts.Length == 4 && Digest.TryParse($"{parts[1]}:{parts[3]}", out digest);
    }
}
