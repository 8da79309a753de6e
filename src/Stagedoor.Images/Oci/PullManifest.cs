using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Manifests;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Tags;
using Stagedoor.Images.Untagged;

namespace Stagedoor.Images.Oci;

/// <summary><c>GET</c> and <c>HEAD /v2/{name}/manifests/{reference}</c></summary>
internal sealed class PullManifest(
    RegistryGate gate, RegistryAccess access, ManifestCache cache, ManifestStore manifests, DownloadCounter downloads, ManifestPulls pulls)
{
    private readonly SharedReads<(long RepositoryId, string Path), PulledManifest?> _reads = new();

    public static void Map(OciRoutes routes) => routes
        .Map(nameof(PullManifest), "GET,HEAD", "/v2/{name}/manifests/{reference}", new(routes.Find<PullManifest>().HandleAsync), RegistryResource.Manifest)
        .WithSummary("Pull a manifest")
        .AnswersContent(200, "application/vnd.oci.image.manifest.v1+json", "The manifest, in the media type in which it was pushed.")
        .AnswersContent(200, "application/vnd.oci.image.index.v1+json", "")
        .AnswersContent(200, "application/vnd.docker.distribution.manifest.v2+json", "")
        .AnswersContent(200, "application/vnd.docker.distribution.manifest.list.v2+json", "")
        .SendsHeader(200, "Docker-Content-Digest", "The digest of the manifest.")
        .AnswersEmpty(304, "The caller has it already.")
        .OpensRepository()
        .FaultsAs(ImagesCodes.LoadImageFailed)
        .CanFail(ImagesCodes.ImageNotFound, ImagesCodes.InvalidDigest, ImagesCodes.ManifestNotFound, ImagesCodes.TagNotInRegistry);

    // What every pull begins with, so what is asked for often costs no more than looking it up: not even the path is taken apart.
    private Task HandleAsync(HttpContext context) =>
        gate.FindKnown(context) is { } identity && FindAnswer(context, identity) is { } manifest ? AnswerAsync(context, manifest) : OpenAsync(context);

    private async Task OpenAsync(HttpContext context)
    {
        var (path, identity) = await gate.OpenAsync(context);
        await (FindAnswer(context, identity) is { } manifest ? AnswerAsync(context, manifest) : HandleAsync(context, identity, path));
    }

    /// <summary>What can be answered from memory, since nothing can have changed; null when it takes more.</summary>
    private PulledManifest? FindAnswer(HttpContext context, RegistryIdentity identity) =>
        cache.Find(context.Request.Path.Value!) is { } entry
        && cache.IsFresh(entry.Reading)
        // Rights that have to be looked up are looked up on the long way, which also says why not.
        && access.FindEffective(identity.Caller, entry.State) >= Rights.Read
        && identity.Covers(entry.State.Name, Rights.Read)
            ? entry
            : null;

    private async Task HandleAsync(HttpContext context, RegistryIdentity identity, RegistryPath path)
    {
        var cancellationToken = context.RequestAborted;
        var state = await access.OpenAsync(context, identity, path.Name, Rights.Read, ImagesCodes.LoadImageFailed);
        if (state.Repository is not { } repository)
        {
            throw RegistryError.RepositoryUnknown(path.Name);
        }

        var isDigest = path.Reference.Contains(':', StringComparison.Ordinal);
        if (isDigest && !Digest.TryParse(path.Reference, out _))
        {
            throw RegistryError.InvalidDigest(path.Reference);
        }

        var key = context.Request.Path.Value!;
        var found = await _reads.ReadAsync((repository.Id, key), stop => ReadAsync(key, state, path.Reference, isDigest, stop), cancellationToken)
            .FaultAs(ImagesCodes.LoadImageFailed);
        if (found is null)
        {
            var error = isDigest ? RegistryError.ManifestUnknown(path.Reference) : RegistryError.TagUnknown(path.Reference);
            await error.ExecuteAsync(context);
            return;
        }

        await AnswerAsync(context, found);
    }

    private async Task<PulledManifest?> ReadAsync(string key, RepositoryState state, string reference, bool isDigest, CancellationToken cancellationToken)
    {
        var repositoryId = state.Repository!.Id;
        var reading = cache.Begin(repositoryId);
        var known = cache.Find(key);
        if (known?.RepositoryId != repositoryId)
        {
            known = null;
        }

        if (await FindAsync(repositoryId, reference, isDigest, known, cancellationToken) is not { } found)
        {
            return null;
        }

        var entry = new PulledManifest(state, found, reading) { NotedAt = string.Equals(known?.Digest, found.Digest, StringComparison.Ordinal) ? known!.NotedAt : 0 };
        cache.Keep(key, entry);
        return entry;
    }

    // Content under a digest never changes, so what is remembered needs one cheap look only.
    private async Task<StoredManifest?> FindAsync(
        long repositoryId, string reference, bool isDigest, PulledManifest? known, CancellationToken cancellationToken)
    {
        // What cannot be a tag is one that does not exist: clients and the specification know only 404 here.
        var digest = isDigest ? reference : TagName.IsValid(reference) ? await manifests.FindTagAsync(repositoryId, reference, cancellationToken) : null;
        if (digest is null)
        {
            return null;
        }

        return known is not null && string.Equals(known.Digest, digest, StringComparison.Ordinal) && (!isDigest || await manifests.ExistsAsync(repositoryId, digest, cancellationToken))
            ? new StoredManifest { Digest = digest, MediaType = known.MediaType, Content = known.Content }
            : await manifests.FindAsync(repositoryId, digest, cancellationToken);
    }

    /// <summary>Sends a manifest.</summary>
    private Task AnswerAsync(HttpContext context, PulledManifest entry)
    {
        var (request, response) = (context.Request, context.Response);
        var headers = response.Headers;
        pulls.Note(entry);
        headers.ContentType = entry.ContentType;
        headers.ETag = entry.EntityTag;
        headers["Docker-Content-Digest"] = entry.DigestHeader;
        headers["Docker-Distribution-Api-Version"] = RegistryEndpoints.Version;
        var tag = request.Headers.IfNoneMatch;
        if (tag.Count > 0 && EntityTags.Match(tag.ToString(), entry.Digest))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        response.ContentLength = entry.Content.Length;
        if (HttpMethods.IsHead(request.Method))
        {
            return Task.CompletedTask;
        }

        downloads.Count(entry.RepositoryId);
        var written = response.BodyWriter.WriteAsync(entry.Content, context.RequestAborted);
        return written.IsCompletedSuccessfully ? Task.CompletedTask : written.AsTask();
    }
}
