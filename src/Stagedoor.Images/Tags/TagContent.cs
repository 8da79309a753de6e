namespace Stagedoor.Images.Tags;

/// <summary>What a tag points to, as far as lists show it.</summary>
/// <param name="ImageId">The hex digits of the configuration's digest; empty for an index.</param>
/// <param name="Manifest">The text of the manifest; empty where it was not asked for, or would make the answer too long.</param>
/// <param name="Size">What the image takes.</param>
/// <param name="IsIndex">Whether it is a list of manifests.</param>
internal sealed record TagContent(string ImageId, string Manifest, long Size, bool IsIndex)
{
    /// <summary>Of a manifest that is not there.</summary>
    public static TagContent Missing { get; } = new("", "", 0, IsIndex: false);
}
