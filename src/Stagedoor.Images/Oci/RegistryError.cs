using System.Globalization;
using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images.Oci;

/// <summary>Errors of the registry: the OCI code that clients act on, with the service's own code beside it.</summary>
internal static class RegistryError
{
    private static readonly KeyValuePair<string, string> s_version = new("Docker-Distribution-Api-Version", "registry/2.0");

    /// <summary>No credentials, or a token that is no good: the client is told where to get one.</summary>
    public static ApiException Unauthorized(HttpContext context, string? name, bool badLogin = false, bool insufficientScope = false) =>
        new(badLogin ? ImagesCodes.InvalidAccessKey : ImagesCodes.AuthenticationFailed)
        {
            Status = StatusCodes.Status401Unauthorized,
            Oci = new("UNAUTHORIZED", "authentication required"),
            Headers = [s_version, new("WWW-Authenticate", Challenge(context, name, insufficientScope))],
        };

    public static ApiException ActionDenied(ErrorDefinition code, string name, int has, int needs) => new(code)
    {
        Status = StatusCodes.Status403Forbidden,
        Oci = new("DENIED", "you do not have the permission"),
        Facts = [new("name", name), new("permission", Number(has)), new("needed", Number(needs))],
        Headers = [s_version],
    };

    public static ApiException QuotaExceeded(ErrorDefinition code, string name, int limit) => new(code)
    {
        Status = StatusCodes.Status403Forbidden,
        Oci = new("DENIED", "quota exceeded"),
        Facts = [new("name", name), new("limit", Number(limit))],
        Headers = [s_version],
    };

    /// <summary>Another request writes to the upload: the distribution specification has no status for it, and this code for what is wrong with an upload.</summary>
    public static ApiException UploadBusy(string id) => new(ImagesCodes.SystemBusy)
    {
        Oci = new("BLOB_UPLOAD_INVALID", "another request writes to the upload"),
        Facts = [new("upload", id)],
        Headers = [s_version, new("Retry-After", "1")],
    };

    public static ApiException TooManyUploads(string name, int limit) => new(ImagesCodes.TooManyRequests)
    {
        Status = StatusCodes.Status429TooManyRequests,
        Oci = new("TOOMANYREQUESTS", "too many unfinished uploads in the repository"),
        Facts = [new("name", name), new("limit", Number(limit))],
        Headers = [s_version, new("Retry-After", "60")],
    };

    /// <summary>No byte of a body came for longer than the server waits. What arrived of a chunk is kept.</summary>
    public static ApiException BodyPaused(string protocol, int seconds) => new(ImagesCodes.InvalidParameter)
    {
        Status = StatusCodes.Status408RequestTimeout,
        Oci = new("BLOB_UPLOAD_INVALID", "the body paused for too long"),
        Facts = [new("seconds", Number(seconds))],
        Headers = HttpProtocol.IsHttp11(protocol) || HttpProtocol.IsHttp10(protocol) ? [s_version, new("Connection", "close")] : [s_version],
    };

    public static ApiException InvalidOrganization(string name) => Make(ImagesCodes.InvalidOrganizationName, 400, "NAME_INVALID", "'organization' is invalid", "name", name);

    public static ApiException InvalidRepository(string name) => Make(ImagesCodes.InvalidImageName, 400, "NAME_INVALID", "'repository' is invalid", "name", name);

    public static ApiException OrganizationUnknown(string organization) =>
        Make(ImagesCodes.RegistryOrganizationNotFound, 404, "NAME_UNKNOWN", "organization not known to registry", "organization", organization);

    public static ApiException RepositoryUnknown(string name) =>
        Make(ImagesCodes.ImageNotFound, 404, "NAME_UNKNOWN", "repository name not known to registry", "name", name);

    public static ApiException TagListUnknown(string name) =>
        Make(ImagesCodes.TagListNotFound, 404, "NAME_UNKNOWN", "repository name not known to registry", "name", name);

    public static ApiException TagUnknown(string reference) =>
        Make(ImagesCodes.TagNotInRegistry, 404, "MANIFEST_UNKNOWN", "manifest unknown", "reference", reference);

    public static ApiException ManifestUnknown(string reference) =>
        Make(ImagesCodes.ManifestNotFound, 404, "MANIFEST_UNKNOWN", "manifest unknown", "reference", reference);

    public static ApiException BlobUnknown(string digest) =>
        Make(ImagesCodes.BlobNotFound, 404, "BLOB_UNKNOWN", "blob unknown to registry", "digest", digest);

    public static ApiException UploadUnknown(string id) =>
        Make(ImagesCodes.SessionNotFound, 404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry", "upload", id);

    public static ApiException InvalidDigest(string digest) =>
        Make(ImagesCodes.InvalidDigest, 400, "DIGEST_INVALID", "the digest is malformed or its algorithm is not supported", "digest", digest);

    public static ApiException DigestMismatch(string declared, string computed) =>
        Make(ImagesCodes.InvalidDigest, 400, "DIGEST_INVALID", "provided digest did not match uploaded content", "digest", declared, "computed", computed);

    public static ApiException InvalidTag(string tag) => Make(ImagesCodes.InvalidVersion, 400, "MANIFEST_INVALID", "invalid tag", "tag", tag);

    public static ApiException SizeInvalid(long declared, long received) => Make(
        ImagesCodes.InvalidParameter, 400, "SIZE_INVALID", "provided length did not match content length", "declared", Number(declared), "received", Number(received));

    public static ApiException InvalidParameter(string name, string value) =>
        Make(ImagesCodes.InvalidParameter, 400, "UNSUPPORTED", "invalid parameter", name, value);

    public static ApiException ChunkOutOfOrder(string location, string id, long received) => new(ImagesCodes.InvalidParameter)
    {
        Status = StatusCodes.Status416RangeNotSatisfiable,
        Oci = new("BLOB_UPLOAD_INVALID", "the chunk does not begin where the last one ended"),
        Facts = [new("received", Number(received))],
        Headers = [s_version, new("Location", location), new("Docker-Upload-UUID", id), new("Range", UploadRange(received))],
    };

    public static ApiException RangeNotSatisfiable(long size) => new(ImagesCodes.InvalidParameter)
    {
        Status = StatusCodes.Status416RangeNotSatisfiable,
        Oci = new("UNSUPPORTED", "the range cannot be satisfied"),
        Facts = [new("size", Number(size))],
        Headers = [s_version, new("Content-Range", $"bytes */{Number(size)}")],
    };

    public static ApiException BlobTooLarge(long limit) =>
        Make(ImagesCodes.FileTooLarge, 413, "SIZE_INVALID", "blob too large", "limit", Number(limit));

    public static ApiException ManifestTooLarge(long limit) =>
        Make(ImagesCodes.BodyTooLarge, 413, "MANIFEST_INVALID", "manifest too large", "limit", Number(limit));

    public static ApiException UnparsableManifest(string problem) =>
        Make(ImagesCodes.UnparsableManifest, 400, "MANIFEST_INVALID", "Invalid image, fail to parse 'manifest.json'", "problem", problem);

    public static ApiException UnsupportedManifest(string problem) =>
        Make(ImagesCodes.UnsupportedImageFormat, 400, "MANIFEST_INVALID", "manifest invalid", "problem", problem);

    public static ApiException PreconditionFailed(string reference) =>
        Make(ImagesCodes.InvalidParameter, 412, "DENIED", "the reference has changed: If-Match or If-None-Match does not hold", "reference", reference);

    public static ApiException ConfigUnknown(string digest) =>
        Make(ImagesCodes.ConfigFileMissing, 400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry", "digest", digest);

    public static ApiException LayerUnknown(string digest) =>
        Make(ImagesCodes.LayerFileMissing, 400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry", "digest", digest);

    public static ApiException ChildUnknown(string digest) =>
        Make(ImagesCodes.ManifestNotFound, 400, "MANIFEST_BLOB_UNKNOWN", "manifest unknown to registry", "digest", digest);

    public static ApiException PathUnknown(string path) =>
        Make(ImagesCodes.UrlNotFound, 404, "UNSUPPORTED", "the operation is unsupported", "path", path);

    public static ApiException MethodUnsupported(string method, string path) =>
        Make(ImagesCodes.UrlNotFound, 405, "UNSUPPORTED", "the operation is unsupported", "method", method, "path", path);

    /// <summary>What has arrived of an upload, as the <c>Range</c> header says it. Nothing is <c>0-0</c>, as clients expect it.</summary>
    public static string UploadRange(long received) => $"0-{Number(Math.Max(received - 1, 0))}";

    public static string Challenge(HttpContext context, string? name, bool insufficientScope)
    {
        var challenge = $"Bearer realm=\"{context.ExternalBase()}/swr/auth/v2/registry/auth/\",service=\"{Tokens.TokenEndpoint.Service}\"";
        if (name is not null)
        {
            challenge += $",scope=\"repository:{name}:pull,push\"";
        }

        return insufficientScope ? challenge + ",error=\"insufficient_scope\"" : challenge;
    }

    private static ApiException Make(
        ErrorDefinition code, int status, string oci, string message, string fact, string value, string? fact2 = null, string? value2 = null) => new(code)
        {
            Status = status,
            Oci = new(oci, message),
            Facts = fact2 is null ? [new(fact, value)] : [new(fact, value), new(fact2, value2!)],
            Headers = [s_version],
        };

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
