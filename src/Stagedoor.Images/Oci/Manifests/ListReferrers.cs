using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Access;
using Stagedoor.Images.Oci.Tokens;

namespace Stagedoor.Images.Oci.Manifests;

/// <summary><c>GET /v2/{name}/referrers/{digest}</c>: the manifests that name this one as their subject, as an image index.</summary>
internal sealed class ListReferrers(RegistryAccess access, ManifestStore manifests)
{
    private const int PageSize = 100;

    // Annotations may be large; clients read the whole page into memory as they do a manifest.
    private const int MaxPageBytes = 3 * 1024 * 1024;

    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task HandleAsync(HttpContext context, RegistryIdentity identity, RegistryPath path)
    {
        // The list of referrers has no 404: clients ask before the first push, when even the organization may be missing.
        var state = await access.FindOpenAsync(context, identity, path.Name, Rights.Read, ImagesCodes.LoadImageFailed);
        if (!Digest.TryParse(path.Reference, out _))
        {
            throw RegistryError.InvalidDigest(path.Reference);
        }

        var query = context.Request.Query;
        var artifactType = query["artifactType"].ToString();
        var found = state?.Repository is { } repository
            ? await manifests.ListReferrersAsync(
                repository.Id, path.Reference, artifactType, query["last"].ToString(), PageSize + 1, context.RequestAborted)
                .FaultAs(ImagesCodes.LoadImageFailed)
            : [];

        var (body, written) = Write(found);
        var response = context.Response;
        if (artifactType.Length > 0)
        {
            response.Headers["OCI-Filters-Applied"] = "artifactType";
        }

        if (written < found.Count)
        {
            var filter = artifactType.Length > 0 ? $"artifactType={Uri.EscapeDataString(artifactType)}&" : "";
            response.Headers.Link = $"</v2/{path.Name}/referrers/{path.Reference}?{filter}last={Uri.EscapeDataString(found[written - 1].Digest)}>; rel=\"next\"";
        }

        response.Headers["Docker-Distribution-Api-Version"] = RegistryEndpoints.Version;
        await RegistryEndpoints.WriteJsonAsync(response, MediaTypes.OciIndex, body, context.RequestAborted);
    }

    private static (ReadOnlyMemory<byte> Body, int Written) Write(IReadOnlyList<Referrer> referrers)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        var written = 0;
        using (var json = new Utf8JsonWriter(buffer, s_json))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", 2);
            json.WriteString("mediaType", MediaTypes.OciIndex);
            json.WriteStartArray("manifests");
            foreach (var referrer in referrers.Take(PageSize))
            {
                json.WriteStartObject();
                json.WriteString("mediaType", referrer.MediaType);
                json.WriteString("digest", referrer.Digest);
                json.WriteNumber("size", referrer.Size);
                if (referrer.ArtifactType.Length > 0)
                {
                    json.WriteString("artifactType", referrer.ArtifactType);
                }

                if (referrer.Annotations is { } annotations)
                {
                    json.WritePropertyName("annotations");
                    json.WriteRawValue(annotations);
                }

                json.WriteEndObject();
                written++;
                if (json.BytesCommitted + json.BytesPending > MaxPageBytes)
                {
                    break;
                }
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return (buffer.WrittenMemory, written);
    }
}
