using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Storage;

namespace Stagedoor.Images.Manifests;

/// <summary>Stores a manifest with its tags, whoever brings it: which step failed is what a fault is called, and what is remembered of the repository is out of date.</summary>
internal sealed class PublishManifest(StoreManifest store, ManifestCache cache)
{
    /// <summary>Stores the manifest, unless something speaks against it.</summary>
    /// <exception cref="ApiException">The database failed; which step did is its code.</exception>
    public async Task<PushOutcome> RunAsync(ManifestPush push, CancellationToken cancellationToken)
    {
        var progress = new ManifestProgress();
        try
        {
            return await store.RunAsync(push, progress, cancellationToken);
        }
        catch (StorageException fault)
        {
            throw new ApiException(
                progress.Step switch
                {
                    ManifestStep.CreateTag => ImagesCodes.CreateTagFailed,
                    ManifestStep.UpdateTag => ImagesCodes.UpdateTagFailed,
                    ManifestStep.Repository => ImagesCodes.UpdateFailed,
                    ManifestStep.Blobs => ImagesCodes.SaveLayerFailed,
                    ManifestStep.Organization => ImagesCodes.RegistryUpdateOrganizationFailed,
                    _ => ImagesCodes.SaveImageFailed,
                },
                inner: fault);
        }
        finally
        {
            cache.Invalidate(push.RepositoryId);
        }
    }
}
