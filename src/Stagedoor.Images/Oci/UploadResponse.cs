using Microsoft.AspNetCore.Http;
using Stagedoor.Http;

namespace Stagedoor.Images.Oci;

/// <summary>What the requests of an upload answer alike.</summary>
internal static class UploadResponse
{
    public static string Location(string name, string id) => $"/v2/{name}/blobs/uploads/{id}";

    /// <summary>How far it has come.</summary>
    public static void Progress(HttpResponse response, int status, string name, string id, long received)
    {
        response.StatusCode = status;
        response.Headers.Location = Location(name, id);
        response.Headers["Docker-Upload-UUID"] = id;
        response.Headers["Docker-Distribution-Api-Version"] = RegistryEndpoints.Version;
        response.Headers.Range = RegistryError.UploadRange(received);
    }

    /// <summary>The blob is stored.</summary>
    public static void Created(HttpResponse response, string name, Digest digest)
    {
        response.StatusCode = StatusCodes.Status201Created;
        response.Headers.Location = $"/v2/{name}/blobs/{digest}";
        response.Headers["Docker-Content-Digest"] = digest.ToString();
        response.Headers["Docker-Distribution-Api-Version"] = RegistryEndpoints.Version;
    }

    public static Digest Parse(string digest) => Digest.TryParse(digest, out var parsed) ? parsed : throw RegistryError.InvalidDigest(digest);

    /// <summary>Why the upload cannot be gone on with.</summary>
    public static ApiException Refusal(UploadProblem problem, string id) =>
        problem is UploadProblem.Busy ? RegistryError.UploadBusy(id) : RegistryError.UploadUnknown(id);
}
