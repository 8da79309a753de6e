using Stagedoor.Content;

namespace Stagedoor.Addons.Packages;

/// <summary>Which blobs the libraries have. What no package needs any more is removed with its record (<see cref="PackageStore.RemoveAsync"/>).</summary>
internal sealed class PackageBlobs : IBlobOwner
{
    public static BlobLinkTable Table { get; } = new("package_links", "library_id", "library");

    public BlobLinkTable Links => Table;

    public Task<int> ReleaseAsync(CancellationToken cancellationToken) => Task.FromResult(0);

    public void Forget()
    {
        // Nothing of a blob is remembered here.
    }
}
