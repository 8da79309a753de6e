using Stagedoor.Storage;

namespace Stagedoor.Content.Blobs;

/// <summary>Where the blobs of a module lie in the blob store, which other modules share.</summary>
/// <param name="name">The module's name.</param>
public sealed class BlobKeys(string name)
{
    /// <summary>What keys of blobs begin with.</summary>
    public string Prefix { get; } = name + "/";

    /// <summary>What ids of uploads begin with.</summary>
    public string UploadPrefix { get; } = name + "-";

    /// <summary><c>{module}/{algorithm}/{first two digits}/{hex}</c></summary>
    public BlobKey Of(Digest digest) => new($"{Prefix}{digest.Algorithm}/{digest.Hex.AsSpan(0, 2)}/{digest.Hex}");

    /// <summary>The id of one of the module's uploads; null for another's.</summary>
    public string? FindUploadId(string staged) => staged.StartsWith(UploadPrefix, StringComparison.Ordinal) ? staged[UploadPrefix.Length..] : null;

    /// <summary>The digest that a key is for; false for a key that is none of the module's.</summary>
    public bool TryParse(BlobKey key, out Digest digest)
    {
        var text = key.ToString();
        var parts = text.Split('/');
        digest = default;
        return text.StartsWith(Prefix, StringComparison.Ordinal) && parts.Length == 4 && Digest.TryParse($"{parts[1]}:{parts[3]}", out digest);
    }
}
