using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Manifests;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Tags;

namespace Stagedoor.Images.Oci;

/// <summary><c>PUT /v2/{name}/manifests/{reference}</c></summary>
internal sealed class PushManifest(RegistryAccess access, StoreManifest store, PublishManifest publish, IOptions<ImagesOptions> options) : IOciOperation
{
    private const int MaxTags = 20;

    public static void Map(OciRoutes routes) => routes
        .Map<PushManifest>("PUT", "/v2/{name}/manifests/{reference}", RegistryResource.Manifest)
        .WithSummary("Push a manifest")
        .QueryParameter("tag", "A tag for a manifest that is pushed by its digest; may be repeated up to twenty times.")
        .ReadsContent("application/vnd.oci.image.manifest.v1+json")
        .AnswersEmpty(201, "It is stored.")
        .SendsHeader(201, "Docker-Content-Digest", "The digest of the manifest.")
        .SendsHeader(201, "Location", "Where it is.")
        .OpensForPush()
        .MakesRepository()
        .FaultsAs(ImagesCodes.SaveImageFailed)
        .CanFail(
            ImagesCodes.InvalidVersion,
            ImagesCodes.InvalidDigest,
            ImagesCodes.InvalidParameter,
            ImagesCodes.BodyTooLarge,
            ImagesCodes.UnparsableManifest,
            ImagesCodes.UnsupportedImageFormat,
            ImagesCodes.ConfigFileMissing,
            ImagesCodes.LayerFileMissing,
            ImagesCodes.ManifestNotFound,
            ImagesCodes.TagQuotaExceeded,
            ImagesCodes.ImageExists,
            ImagesCodes.CreateTagFailed,
            ImagesCodes.UpdateTagFailed,
            ImagesCodes.UpdateFailed,
            ImagesCodes.RegistryUpdateOrganizationFailed);

    public async Task HandleAsync(HttpContext context, RegistryIdentity identity, RegistryPath path)
    {
        context.AuditAs("pushManifest", "image", path.Spelled);
        var cancellationToken = context.RequestAborted;
        var target = await access.OpenForPushAsync(context, identity, path.Name, ImagesCodes.SaveImageFailed);
        var (expected, tags) = Targets(path.Reference, context.Request.Query["tag"]);
        var content = await ReadAsync(context.Request, cancellationToken);
        var digest = BlobHash.Of(expected?.Algorithm ?? BlobHash.Sha256, content);
        if (expected is { } declared && declared != digest)
        {
            throw RegistryError.DigestMismatch(declared.ToString(), digest.ToString());
        }

        var document = ManifestDocument.Parse(content, context.Request.ContentType);
        var push = new ManifestPush
        {
            Digest = digest,
            Content = content,
            Document = document,
            ByTag = expected is null,
            Tags = tags,
            UserName = identity.Caller?.UserName ?? "",
            Precondition = Precondition.Of(context.Request),
        };
        var outcome = await StoreAsync(target, push, cancellationToken);
        switch (outcome.Result)
        {
            case PushResult.RepositoryGone:
                throw RegistryError.RepositoryUnknown(path.Name);
            case PushResult.ConfigMissing:
                throw RegistryError.ConfigUnknown(outcome.Subject);
            case PushResult.LayerMissing:
                throw RegistryError.LayerUnknown(outcome.Subject);
            case PushResult.ChildMissing:
                throw RegistryError.ChildUnknown(outcome.Subject);
            case PushResult.OtherSize:
                throw RegistryError.UnsupportedManifest($"{outcome.Subject} has {outcome.Number} bytes, which is not what its descriptor says");
            case PushResult.OtherMediaType:
                throw RegistryError.UnsupportedManifest($"these bytes are stored as {outcome.Subject}; a manifest with the member mediaType can be only one");
            case PushResult.TooLarge:
                throw RegistryError.UnsupportedManifest($"the sizes that it states add up to more than {outcome.Number} bytes");
            case PushResult.PreconditionFailed:
                throw RegistryError.PreconditionFailed(path.Reference);
            case PushResult.TagImmutable:
                throw RegistryError.TagImmutable(ImagesCodes.ImageExists, path.Name, outcome.Subject);
            case PushResult.ByteQuotaExceeded:
                throw RegistryError.BytesExceeded(target.Name.Organization, outcome.Used, outcome.Number, outcome.Added);
            case PushResult.TagQuotaExceeded:
                throw RegistryError.QuotaExceeded(ImagesCodes.TagQuotaExceeded, path.Name, options.Value.MaxTagsPerRepository);
            default:
                Answer(context.Response, path, push, expected is not null);
                break;
        }
    }

    private static void Answer(HttpResponse response, RegistryPath path, ManifestPush push, bool byDigest)
    {
        response.StatusCode = StatusCodes.Status201Created;
        response.Headers.Location = $"/v2/{path.Name}/manifests/{push.Digest}";
        response.Headers["Docker-Content-Digest"] = push.Digest.ToString();
        response.Headers["Docker-Distribution-Api-Version"] = RegistryEndpoints.Version;
        if (push.Document.Subject is { } subject)
        {
            response.Headers["OCI-Subject"] = subject.Digest.ToString();
        }

        if (byDigest && push.Tags.Count > 0)
        {
            response.Headers["OCI-Tag"] = push.Tags.ToArray();
        }
    }

    private static (Digest? Expected, IReadOnlyList<string> Tags) Targets(string reference, StringValues extra)
    {
        if (!reference.Contains(':', StringComparison.Ordinal))
        {
            // The distribution specification has further tags for a push by digest alone.
            return !TagName.IsValid(reference) ? throw RegistryError.InvalidTag(reference)
                : extra.Count > 0 ? throw RegistryError.InvalidParameter("tag", "further tags are taken with a manifest that is pushed by its digest")
                : (null, [reference]);
        }

        if (!Digest.TryParse(reference, out var digest))
        {
            throw RegistryError.InvalidDigest(reference);
        }

        string[] tags = [.. extra.Select(static t => t ?? "").Distinct(StringComparer.Ordinal)];
        if (tags.Length > MaxTags)
        {
            throw RegistryError.InvalidParameter("tag", $"{tags.Length} tags are given, at most {MaxTags} are taken at a time");
        }

        return Array.Find(tags, static t => !TagName.IsValid(t)) is { } bad ? throw RegistryError.InvalidTag(bad) : (digest, tags);
    }

    private async Task<PushOutcome> StoreAsync(PushTarget target, ManifestPush push, CancellationToken cancellationToken)
    {
        if (target.RepositoryId is null && store.FindRefusalOfNew(push, target.State?.Organization.SparseIndexes == 1) is { } refusal)
        {
            return refusal;
        }

        var (state, repositoryId) = await access.EnsureAsync(target, ImagesCodes.SaveImageFailed, cancellationToken);
        return await publish.RunAsync(push with { OrganizationId = state.Organization.Id, RepositoryId = repositoryId }, cancellationToken);
    }

    // A manifest is small by definition and is stored as one value, so it is the one body that is held in memory.
    private async Task<byte[]> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var limit = options.Value.MaxManifestBytes;
        using var body = await PooledBody.ReadAsync(request.BodyReader, request.ContentLength, limit, cancellationToken)
            ?? throw RegistryError.ManifestTooLarge(limit);
        return body.Span.ToArray();
    }
}
