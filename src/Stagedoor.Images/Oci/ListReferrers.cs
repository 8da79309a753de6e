using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Manifests;
using Stagedoor.Images.Oci.Tokens;

namespace Stagedoor.Images.Oci;

/// <summary><c>GET /v2/{name}/referrers/{digest}</c>: the manifests that name this one as their subject, as an image index.</summary>
internal sealed class ListReferrers(RegistryAccess access, ManifestStore manifests) : IOciOperation
{
    /// <summary>
    /// How long an answer may be. Many clients read one page only, so the list goes on in a second one only where it would be longer than what clients
    /// take for a manifest (4 MiB).
    /// </summary>
    public const int MaxPageBytes = 3 * 1024 * 1024;

    private const int Batch = 1000;


    public static void Map(OciRoutes routes) => routes
        .Map<ListReferrers>("GET,HEAD", "/v2/{name}/referrers/{digest}", RegistryResource.Referrers)
        .WithSummary("List what refers to a manifest")
        .QueryParameter("last", "The last digest of the page before.")
        .SendsHeader(200, "Link", "The next page, when there is one.")
        .QueryParameter("artifactType", "Only those of this type.")
        .AnswersContent(200, "application/vnd.oci.image.index.v1+json", "An index of the manifests whose subject it is.")
        .OpensRepository()
        .FaultsAs(ImagesCodes.LoadImageFailed)
        .CanFail(
            ImagesCodes.InvalidDigest,
            ImagesCodes.InvalidParameter);

    public async Task HandleAsync(HttpContext context, RegistryIdentity identity, RegistryPath path)
    {
        // The list of referrers has no 404: clients ask before the first push, when even the organization may be missing.
        var state = await access.FindOpenAsync(context, identity, path.Name, Rights.Read, ImagesCodes.LoadImageFailed);
        if (!Digest.TryParse(path.Reference, out _))
        {
            throw RegistryError.InvalidDigest(path.Reference);
        }

        var query = context.Request.Query;
        // A media type has no blank; what looks like one is the plus of `+json`, sent as it is.
        var artifactType = RegistryEndpoints.Stored(query, "artifactType").Replace(' ', '+');
        var page = new Page();
        var last = RegistryEndpoints.Stored(query, "last");
        var isWhole = state?.Repository is not { } repository
            || await FillAsync(page, repository.Id, path.Reference, artifactType, last, context.RequestAborted).FaultAs(ImagesCodes.LoadImageFailed);
        var response = context.Response;
        if (artifactType.Length > 0)
        {
            response.Headers["OCI-Filters-Applied"] = "artifactType";
        }

        if (!isWhole)
        {
            var filter = artifactType.Length > 0 ? $"artifactType={Uri.EscapeDataString(artifactType)}&" : "";
            response.Headers.Link = $"</v2/{path.Name}/referrers/{path.Reference}?{filter}last={Uri.EscapeDataString(page.Last)}>; rel=\"next\"";
        }

        response.Headers["Docker-Distribution-Api-Version"] = RegistryEndpoints.Version;
        await RegistryEndpoints.WriteJsonAsync(response, MediaTypes.OciIndex, page.End(), context.RequestAborted);
    }

    // False when there is more than fits.
    private async Task<bool> FillAsync(
        Page page, long repositoryId, string subject, string artifactType, string last, CancellationToken cancellationToken)
    {
        while (true)
        {
            var found = await manifests.ListReferrersAsync(repositoryId, subject, artifactType, last, Batch, cancellationToken);
            foreach (var referrer in found)
            {
                if (!page.TryAdd(referrer))
                {
                    return false;
                }
            }

            if (found.Count < Batch)
            {
                return true;
            }

            last = page.Last;
        }
    }

    /// <summary>An image index under way.</summary>
    private sealed class Page
    {
        private readonly ArrayBufferWriter<byte> _body = new(1024);
        private readonly ArrayBufferWriter<byte> _entry = new(1024);

        public Page() => _body.Write(Encoding.UTF8.GetBytes($"{{\"schemaVersion\":2,\"mediaType\":\"{MediaTypes.OciIndex}\",\"manifests\":["));

        /// <summary>The digest of the last entry; empty without one.</summary>
        public string Last { get; private set; } = "";

        /// <summary>Adds an entry; false when it does not fit. The first one fits whatever its size.</summary>
        public bool TryAdd(Referrer referrer)
        {
            _entry.ResetWrittenCount();
            using (var json = new Utf8JsonWriter(_entry, ErrorBody.Json))
            {
                referrer.WriteTo(json);
            }

            if (Last.Length > 0)
            {
                if (_body.WrittenCount + _entry.WrittenCount > MaxPageBytes)
                {
                    return false;
                }

                _body.Write(","u8);
            }

            _body.Write(_entry.WrittenSpan);
            Last = referrer.Digest;
            return true;
        }

        public ReadOnlyMemory<byte> End()
        {
            _body.Write("]}"u8);
            return _body.WrittenMemory;
        }
    }
}
