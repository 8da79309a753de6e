using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Access;
using Stagedoor.Images.Manifests;
using Stagedoor.Images.Organizations;
using Stagedoor.Images.Repositories;
using Stagedoor.Storage;

namespace Stagedoor.Images.PageUploads;

/// <summary>Stores the images of archives: what is found wrong before stores none of them, after that image by image in their order.</summary>
internal sealed class StoreArchives(
    OrganizationAccess access,
    OrganizationStore organizations,
    RepositoryStore repositories,
    PageUploadStore store,
    RegistryCache cache,
    ContentStore content,
    BlobPublisher publisher,
    BlobUploads uploads,
    PublishManifest publish,
    IdSource ids,
    IOptions<ImagesOptions> options)
{
    private const int MaxTries = 5;

    /// <summary>The codes that storing can end with.</summary>
    public static ErrorDefinition[] Refusals =>
    [
        ImagesCodes.GetOrganizationFailed,
        ImagesCodes.GetOrganizationPermissionFailed,
        ImagesCodes.GetImageFailed,
        ImagesCodes.OrganizationNotFound,
        ImagesCodes.ImageNotFound,
        ImagesCodes.ImageOwnedByAnotherUser,
        ImagesCodes.PermissionDenied,
        ImagesCodes.ImageLimitReached,
        ImagesCodes.TagQuotaExceeded,
        ImagesCodes.ObjectStorageUnavailable,
        ImagesCodes.GetImageLayerFailed,
        ImagesCodes.GenerateDigestFailed,
        ImagesCodes.SaveLayerFailed,
        ImagesCodes.SaveImageFailed,
        ImagesCodes.CreateTagFailed,
        ImagesCodes.UpdateTagFailed,
        ImagesCodes.UpdateFailed,
        ImagesCodes.RegistryUpdateOrganizationFailed,
    ];

    /// <summary>Whether the caller may, there is room for all of it, and the object store answers.</summary>
    /// <exception cref="ApiException">One of these does not hold.</exception>
    public async Task CheckAsync(Organization organization, Caller caller, IReadOnlyList<OpenedArchive> archives, CancellationToken cancellationToken)
    {
        foreach (var archive in archives)
        {
            CheckSizes(archive.Name, archive.Images);
            CheckNames(archive);
        }

        var tags = archives.SelectMany(static a => a.Images).SelectMany(static i => i.Names).Distinct()
            .GroupBy(static n => n.Repository, static n => n.Tag, StringComparer.Ordinal).ToList();
        var auth = await access.EffectiveAsync(organization, caller, cancellationToken);
        var known = new Dictionary<string, RepositoryRow>(StringComparer.Ordinal);
        foreach (var repository in tags)
        {
            var row = await repositories.FindAsync(organization.Id, repository.Key, cancellationToken).FaultAs(ImagesCodes.GetImageFailed);
            if (auth < Rights.Edit)
            {
                throw row is not null && !string.Equals(row.CreatorId, caller.UserId, StringComparison.Ordinal)
                    ? ImagesError.ImageOwnedByAnotherUser(organization.Name, repository.Key)
                    : ImagesError.PermissionDenied($"namespace={organization.Name}", auth, Rights.Edit);
            }

            if (row is not null)
            {
                known.Add(repository.Key, row);
            }
        }

        await CheckRoomAsync(caller, tags, known, cancellationToken);
        try
        {
            await content.Blobs.CheckAsync(cancellationToken);
        }
        catch (StorageException fault)
        {
            throw new ApiException(ImagesCodes.ObjectStorageUnavailable, inner: fault);
        }
    }

    /// <summary>Stores one image after the other.</summary>
    /// <exception cref="ApiException">One could not be stored. Those before it stay.</exception>
    public async Task StoreAsync(Organization organization, Caller caller, IReadOnlyList<OpenedArchive> archives, CancellationToken cancellationToken)
    {
        foreach (var image in archives.SelectMany(static a => a.Images))
        {
            foreach (var names in image.Names.GroupBy(static n => n.Repository, static n => n.Tag, StringComparer.Ordinal))
            {
                await StoreAsync(organization, caller, image, names.Key, [.. names.Distinct(StringComparer.Ordinal)], cancellationToken);
            }
        }
    }

    // Only the last would be there under it.
    private static void CheckNames(OpenedArchive archive)
    {
        var named = new Dictionary<ImageName, Digest>();
        foreach (var (name, image) in archive.Images.SelectMany(static i => i.Names.Select(n => (n, i))))
        {
            if (!named.TryAdd(name, image.Digest) && named[name] != image.Digest)
            {
                throw ImagesError.InconsistentNames(archive.Name, $"{name.Repository}:{name.Tag} is the name of two images");
            }
        }
    }

    private async Task CheckRoomAsync(
        Caller caller, List<IGrouping<string, string>> tags, Dictionary<string, RepositoryRow> known, CancellationToken cancellationToken)
    {
        if (options.Value.MaxRepositoriesPerAccount is > 0 and var most
            && tags.Count > known.Count
            && await store.CountRepositoriesAsync(caller.DomainId, cancellationToken).FaultAs(ImagesCodes.GetImageFailed) + tags.Count - known.Count > most)
        {
            throw ImagesError.ImageLimitReached(most);
        }

        if (options.Value.MaxTagsPerRepository is not (> 0 and var limit))
        {
            return;
        }

        foreach (var repository in tags)
        {
            var (count, present) = known.TryGetValue(repository.Key, out var row)
                ? await store.FindTagsAsync(row.Id, [.. repository], cancellationToken).FaultAs(ImagesCodes.GetImageFailed)
                : (0, []);
            if (count + repository.Count() - present.Count > limit)
            {
                throw ImagesError.TagQuotaExceeded(repository.Key, limit);
            }
        }
    }

    // Its blobs are nobody's until their manifest is stored, and the repository is made only then: what could not be stored was never seen by others.
    private async Task StoreAsync(
        Organization organization, Caller caller, ArchivedImage image, string repository, IReadOnlyList<string> tags, CancellationToken cancellationToken)
    {
        for (var tries = 1; true; tries++)
        {
            foreach (var blob in Flat(image).SelectMany(static i => i.Blobs).DistinctBy(static b => b.Digest))
            {
                await StoreAsync($"{organization.Name}/{repository}", blob, cancellationToken);
            }

            var (id, isNew) = await EnsureAsync(organization, repository, caller, cancellationToken);
            var place = new Place(organization, repository, id);
            var outcome = default(PushOutcome?);
            try
            {
                outcome = await PublishAsync(place, image, tags, cancellationToken);
            }
            finally
            {
                if (isNew && outcome?.Result is not PushResult.Stored)
                {
                    await RemoveAsync(place);
                }
            }

            switch (outcome?.Result)
            {
                case PushResult.Stored:
                    return;

                // Another upload that could not be stored has taken its repository back, or somebody has deleted it; or the collector was quicker than the manifest.
                case PushResult.RepositoryGone or PushResult.ConfigMissing or PushResult.LayerMissing or PushResult.ChildMissing when tries < MaxTries:
                    cache.Invalidate();
                    break;
                default:
                    throw await RefusedAsync(place, image, outcome!.Value, cancellationToken);
            }
        }
    }

    private async Task<(long Id, bool IsNew)> EnsureAsync(Organization organization, string repository, Caller caller, CancellationToken cancellationToken)
    {
        if (await repositories.FindAsync(organization.Id, repository, cancellationToken).FaultAs(ImagesCodes.GetImageFailed) is { } found)
        {
            return (found.Id, false);
        }

        var added = await repositories.AddAsync(organization.Id, repository, caller, cancellationToken).FaultAs(ImagesCodes.SaveImageFailed);
        cache.Invalidate();
        return added switch
        {
            AddedRepository.QuotaExceeded => throw ImagesError.ImageLimitReached(options.Value.MaxRepositoriesPerAccount),
            AddedRepository.OrganizationGone => throw ImagesError.OrganizationNotFound(organization.Name),

            // One that has gone again in this moment has no id, and is found to be gone by what comes next.
            _ => ((await repositories.FindAsync(organization.Id, repository, cancellationToken).FaultAs(ImagesCodes.GetImageFailed))?.Id ?? 0, added is AddedRepository.Added),
        };
    }

    // The fault that led here is the one to report; what stays then is an empty repository.
    private async Task RemoveAsync(Place place)
    {
        try
        {
            await store.RemoveUnusedAsync(place.RepositoryId, place.Name, CancellationToken.None);
        }
        catch (StorageException)
        {
        }

        cache.Invalidate();
    }

    private static IEnumerable<ArchivedImage> Flat(ArchivedImage image) => image.Children.Concat(image.Referrers).SelectMany(Flat).Append(image);

    // The images of an index before it, and what is about it too: whoever sees the tag finds all of it. Answers what became of the first that was not stored.
    private async Task<PushOutcome> PublishAsync(Place place, ArchivedImage image, IReadOnlyList<string> tags, CancellationToken cancellationToken)
    {
        foreach (var other in image.Children.Concat(image.Referrers))
        {
            if (await PublishAsync(place, other, [], cancellationToken) is { Result: not PushResult.Stored } refusal)
            {
                return refusal;
            }
        }

        var push = new ManifestPush
        {
            OrganizationId = place.Organization.Id,
            RepositoryId = place.RepositoryId,
            Digest = image.Digest,
            Content = image.Content,
            Document = image.Document,
            ByTag = tags.Count > 0,
            Tags = tags,
            Brought = [.. image.Blobs.Select(static b => (b.Digest, b.Size))],
        };
        try
        {
            return await publish.RunAsync(push, cancellationToken);
        }
        finally
        {
            foreach (var blob in image.Blobs)
            {
                cache.ForgetBlob(place.RepositoryId, blob.Digest);
            }
        }
    }

    private async Task<ApiException> RefusedAsync(Place place, ArchivedImage image, PushOutcome outcome, CancellationToken cancellationToken) => outcome.Result switch
    {
        PushResult.TagQuotaExceeded => ImagesError.TagQuotaExceeded(place.Repository, options.Value.MaxTagsPerRepository),
        PushResult.ByteQuotaExceeded => ImagesError.BytesExceeded(place.Name, outcome.Used, outcome.Number, outcome.Added),
        PushResult.TagImmutable => ImagesError.TagIsImmutable(place.Name, outcome.Subject),
        PushResult.RepositoryGone => await GoneAsync(place, cancellationToken),
        PushResult.OtherMediaType or PushResult.OtherSize or PushResult.TooLarge => new ApiException(ImagesCodes.UnsupportedImageFormat, $"{image.Digest}: {outcome.Result} {outcome.Subject}"),

        // What was stored a moment ago has been taken away again.
        _ => new ApiException(ImagesCodes.SaveImageFailed, $"{image.Digest}: {outcome.Result} {outcome.Subject}"),
    };

    // The same as for a layer that is pushed.
    private void CheckSizes(string archive, IReadOnlyList<ArchivedImage> images)
    {
        foreach (var image in images)
        {
            CheckSizes(archive, [.. image.Children, .. image.Referrers]);
            if (image.Blobs.FirstOrDefault(b => b.Size > options.Value.MaxBlobBytes) is { } blob)
            {
                throw ImagesError.ArchivedLayerTooLarge(archive, blob.Digest, blob.Size, options.Value.MaxBlobBytes);
            }
        }
    }

    private async Task StoreAsync(string repository, ArchivedBlob blob, CancellationToken cancellationToken)
    {
        // One that is there is used again, when it is what it should be.
        if (await publisher.KeepAsync(blob.Digest, blob.Size, cancellationToken).FaultAsStore(ImagesCodes.GetImageLayerFailed)
            && await content.HoldsAsync(blob.Digest, blob.Size, cancellationToken).FaultAsStore(ImagesCodes.GenerateDigestFailed))
        {
            return;
        }

        await using var upload = await uploads.BeginWholeAsync(ids.NewGuid().ToString("D"), repository, cancellationToken).FaultAsStore(ImagesCodes.SaveLayerFailed);
        var isPublished = false;
        try
        {
            await using (var bytes = blob.Open())
            {
                await upload.ReceiveAsync(bytes, blob.Digest.Algorithm, blob.Size, cancellationToken).FaultAsStore(ImagesCodes.SaveLayerFailed);
            }

            if (await upload.ComputeAsync(blob.Digest.Algorithm, cancellationToken).FaultAsStore(ImagesCodes.SaveLayerFailed) is var computed && computed != blob.Digest)
            {
                throw new ApiException(ImagesCodes.SaveLayerFailed, $"{blob.Digest} has become {computed} since it was checked");
            }

            await upload.PublishAsync(content.Keys.Of(blob.Digest), cancellationToken).FaultAsStore(ImagesCodes.SaveLayerFailed);
            isPublished = true;
        }
        finally
        {
            if (!isPublished)
            {
                await AbortAsync(upload);
            }
        }

        await publisher.RecordAsync(blob.Digest, blob.Size, upload.Id, cancellationToken).FaultAsStore(ImagesCodes.SaveLayerFailed);
    }

    // What cannot be removed now is collected with the uploads that nobody goes on with.
    private static async Task AbortAsync(BlobUpload upload)
    {
        try
        {
            await upload.AbortAsync();
        }
        catch (StorageException)
        {
        }
    }

    private async Task<ApiException> GoneAsync(Place place, CancellationToken cancellationToken)
    {
        cache.Invalidate();
        return await organizations.FindAsync(place.Organization.Name, cancellationToken).FaultAs(ImagesCodes.GetOrganizationFailed) is { } found && found.Id == place.Organization.Id
            ? ImagesError.RepositoryNotFound(place.Organization.Name, place.Repository)
            : ImagesError.OrganizationNotFound(place.Organization.Name);
    }

    private sealed record Place(Organization Organization, string Repository, long RepositoryId)
    {
        public string Name => $"{Organization.Name}/{Repository}";
    }
}
