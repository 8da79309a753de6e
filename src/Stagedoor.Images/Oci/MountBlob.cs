using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Access;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Oci;

/// <summary><c>POST /v2/{name}/blobs/uploads/?mount=&amp;from=</c>: takes a blob over from another repository, whose bytes need not be sent then.</summary>
internal sealed class MountBlob(
    RegistryAccess access, RegistryCache cache, RepositoryStore repositories, BlobLinks links, BlobCheck check, BlobUploads uploads,
    ContentStore content)
{
    /// <summary>Mounts it; false when it has to be uploaded.</summary>
    public async Task<bool> RunAsync(
        PushTarget target, RegistryIdentity identity, Digest digest, string from, CancellationToken cancellationToken)
    {
        foreach (var name in await SourcesAsync(digest, from, cancellationToken).FaultAs(ImagesCodes.GetLayerFailed))
        {
            // Who reads a layer through another repository has to be let into both, as its user and by its token.
            if (identity.Covers(name.ToString(), Rights.Read)
                && await access.FindAsync(name, ImagesCodes.GetLayerFailed, cancellationToken) is { Repository: { } source } state
                && await access.EffectiveAsync(identity.Caller, state, cancellationToken) >= Rights.Read
                && await links.FindAsync(source.Id, digest, cancellationToken).FaultAs(ImagesCodes.GetLayerFailed) is { } row
                && await check.IsIntactAsync(digest, row, cancellationToken).AsTask().FaultAs(ImagesCodes.GetLayerFailed)
                // Bytes that are lost or cut are welcome: whoever is told that they are here does not send them.
                && await content.Blobs.FindSizeAsync(content.Keys.Of(digest), cancellationToken).FaultAs(ImagesCodes.GetLayerFailed) == row.Size)
            {
                return await LinkAsync(target, digest, cancellationToken);
            }
        }

        return false;
    }

    private async Task<bool> LinkAsync(PushTarget target, Digest digest, CancellationToken cancellationToken)
    {
        var (_, repositoryId) = await access.EnsureAsync(target, ImagesCodes.SaveLayerFailed, cancellationToken);
        var mounted = await links.LinkAsync(repositoryId, digest, size: null, cancellationToken).FaultAs(ImagesCodes.GetLayerFailed);
        cache.ForgetBlob(repositoryId, digest);
        if (mounted is LinkResult.OwnerGone)
        {
            throw await access.GoneAsync(target, ImagesCodes.GetLayerFailed, cancellationToken);
        }

        await uploads.RenewAsync(target.Name.ToString(), cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed);
        return mounted is LinkResult.Linked;
    }

    // Without `from`, any repository will do that the caller may pull from.
    private async Task<IEnumerable<RepositoryName>> SourcesAsync(Digest digest, string from, CancellationToken cancellationToken) =>
        from.Length == 0
            ? (await repositories.FindHoldersAsync(digest, cancellationToken)).Select(static l => new RepositoryName(l.Organization, l.Repository))
            : RepositoryName.TryParse(from, out var name) ? [name] : [];
}
