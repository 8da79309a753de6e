using System.Globalization;
using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;
using Stagedoor.Images.Organizations;

namespace Stagedoor.Images.Oci;

/// <summary>Errors of the registry: the OCI code that clients act on, with the service's own code beside it.</summary>
internal static class RegistryError
{
    private const int MaxShown = 256;

    private static readonly KeyValuePair<string, string> s_version = new("Docker-Distribution-Api-Version", "registry/2.0");

    /// <summary>No credentials, or a token that is no good: the client is told where to get one, and for what.</summary>
    public static ApiException Unauthorized(HttpContext context, bool badLogin = false, bool insufficientScope = false, string? refusal = null)
    {
        var scope = RegistryPath.ScopeOf(context.Request);
        var problem = badLogin
            ? "user and password are not PROJECT@ACCESSKEY and its login key, or the access key is not active, or the key is locked for some minutes after wrong logins"
            : refusal is not null ? $"the X-Auth-Token or the signature is no good: {refusal}"
            : insufficientScope ? $"the token was not issued for {scope}"
            : "log in with PROJECT@ACCESSKEY as the user and the login key of that access key as the password";
        return new(badLogin ? ImagesCodes.InvalidAccessKey : ImagesCodes.AuthenticationFailed)
        {
            Status = StatusCodes.Status401Unauthorized,
            Oci = new("UNAUTHORIZED", $"authentication required: {problem}"),
            Headers = [s_version, new("WWW-Authenticate", Challenge(context, scope, insufficientScope))],
            Decision = new(DecisionStage.Authentication, new DecisionFact("scope", scope ?? ""))
            {
                Change = badLogin ? "Log in with PROJECT@ACCESSKEY and the login key of an access key that is active; stagedoor admin login-command prints both."
                    : refusal is not null ? $"Send a token or a signature that is good: {refusal}."
                    : insufficientScope ? $"Let the client ask for a token with the scope {scope}, as WWW-Authenticate of the answer says."
                    : "Log in first, for example with docker login; stagedoor admin login-command prints the user and the password.",
            },
        };
    }

    public static ApiException ActionDenied(ErrorDefinition code, string name, int has, int needs) => new(code)
    {
        Status = StatusCodes.Status403Forbidden,
        Oci = new("DENIED", $"you do not have the permission: {name} needs {Right(needs)}, you have {Right(has)}"),
        Facts = [new("name", name), new("permission", Number(has)), new("needed", Number(needs))],
        Headers = [s_version],
        Decision = ImagesError.Denied(name.Split('/', 2)[0], has, needs),
    };

    public static ApiException QuotaExceeded(ErrorDefinition code, string name, int limit)
    {
        var (what, setting) = code == ImagesCodes.OrganizationQuotaExceeded ? ("organizations", nameof(ImagesOptions.MaxOrganizationsPerAccount))
            : code == ImagesCodes.TagQuotaExceeded ? ("tags", nameof(ImagesOptions.MaxTagsPerRepository))
            : ("repositories", nameof(ImagesOptions.MaxRepositoriesPerAccount));
        return new(code)
        {
            Status = StatusCodes.Status403Forbidden,
            Oci = new("DENIED", $"quota exceeded: {Number(limit)} of {Number(limit)} {what}, so that there is no room for {name}; the setting is Images:{setting}"),
            Facts = [new("name", name), new("limit", Number(limit)), new("setting", $"Images:{setting}")],
            Headers = [s_version],
            Decision = Grants.OfQuota(what, null, limit, $"Images:{setting}"),
        };
    }

    /// <summary>
    /// An organization holds as many bytes as it may. The service has no code for bytes; the nearest is that of the other limit on what images may be
    /// pushed.
    /// </summary>
    public static ApiException BytesExceeded(string organization, long used, long limit, long added) => new(ImagesCodes.TagQuotaExceeded)
    {
        Status = StatusCodes.Status403Forbidden,
        Oci = new(
            "DENIED",
            $"quota exceeded: the organization {organization} holds {Number(used)} of {Number(limit)} bytes{(added > 0 ? $" and this image needs {Number(added)} more" : "")}; "
            + "delete images or packages, or let an administrator raise quota_bytes of the organization or Images:MaxBytesPerOrganization"),
        Facts =
        [
            new("organization", organization), new("used", Number(used)), new("limit", Number(limit)), new("added", Number(added)),
            new("setting", "Images:MaxBytesPerOrganization"), new("reason", "bytes are limited, not the number of versions"),
        ],
        Headers = [s_version],
        Decision = Grants.OfQuota("images", used, limit, "Images:MaxBytesPerOrganization"),
    };

    /// <summary>A tag that the repository lets nobody move or delete.</summary>
    public static ApiException TagImmutable(ErrorDefinition code, string name, string tag) => new(code)
    {
        Status = StatusCodes.Status403Forbidden,
        Oci = new(
            "DENIED", $"the tag {tag} of {name} is immutable: push under another one, or let whoever manages the repository change its immutable_tags"),
        Facts = [new("name", name), new("tag", tag), new("setting", "immutable_tags")],
        Headers = [s_version],
    };

    /// <summary>A blob or a manifest that the image of such a tag consists of.</summary>
    public static ApiException PartImmutable(string name, string digest, string tag) => new(ImagesCodes.PermissionDenied)
    {
        Status = StatusCodes.Status403Forbidden,
        Oci = new(
            "DENIED",
            $"{digest} is part of {name}:{tag}, and that tag is immutable: whoever manages the repository can change its immutable_tags"),
        Facts = [new("name", name), new("digest", digest), new("tag", tag), new("setting", "immutable_tags")],
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
        Oci = new("TOOMANYREQUESTS", $"too many unfinished uploads in {name}: {Number(limit)} of {Number(limit)}; the setting is Images:MaxOpenUploads"),
        Decision = Grants.OfQuota("unfinished uploads", null, limit, "Images:MaxOpenUploads"),
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

    public static ApiException InvalidOrganization(string name) => Make(ImagesCodes.InvalidOrganizationName, 400, "NAME_INVALID", $"'organization' is invalid: {OrganizationProblem(name)}", "name", name);

    public static ApiException InvalidRepository(string name) => Make(ImagesCodes.InvalidImageName, "name", name);

    public static ApiException OrganizationUnknown(string organization) => Make(
        ImagesCodes.RegistryOrganizationNotFound,
        "organization",
        organization,
        Organization.IsValidName(organization)
            ? new(DecisionStage.Handler)
            {
                Change = $"Write the organization as it is called (stagedoor admin org list), or make it first: stagedoor admin org create {organization}",
            }
            : null);

    /// <summary>A name without an organization, where there is no library.</summary>
    public static ApiException LibraryUnknown(string name) => Make(
        ImagesCodes.RegistryOrganizationNotFound,
        ImagesCodes.RegistryOrganizationNotFound.Status,
        OciError.Find(ImagesCodes.RegistryOrganizationNotFound)!.Code,
        $"repository name not known to registry: {Text.Cut(name, MaxShown)} names no organization; write ORGANIZATION/{Text.Cut(name, MaxShown)}",
        "name",
        name);

    public static ApiException RepositoryUnknown(string name) =>
        Make(ImagesCodes.ImageNotFound, "name", name);

    public static ApiException TagListUnknown(string name) =>
        Make(ImagesCodes.TagListNotFound, "name", name);

    public static ApiException TagUnknown(string reference) =>
        Make(ImagesCodes.TagNotInRegistry, "reference", reference);

    public static ApiException ManifestUnknown(string reference) =>
        Make(ImagesCodes.ManifestNotFound, "reference", reference);

    public static ApiException BlobUnknown(string digest) =>
        Make(ImagesCodes.BlobNotFound, "digest", digest);

    public static ApiException UploadUnknown(string id) =>
        Make(ImagesCodes.SessionNotFound, "upload", id);

    public static ApiException InvalidDigest(string digest) =>
        Make(ImagesCodes.InvalidDigest, "digest", digest);

    public static ApiException DigestMismatch(string declared, string computed) =>
        Make(ImagesCodes.InvalidDigest, 400, "DIGEST_INVALID", "provided digest did not match uploaded content", "digest", declared, "computed", computed);

    public static ApiException InvalidTag(string tag) => Make(ImagesCodes.InvalidVersion, "tag", tag);

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
        Make(ImagesCodes.FileTooLarge, "limit", Number(limit));

    public static ApiException ManifestTooLarge(long limit) =>
        Make(ImagesCodes.BodyTooLarge, 413, "MANIFEST_INVALID", "manifest too large for Images:MaxManifestBytes", "limit", Number(limit));

    public static ApiException UnparsableManifest(string problem) =>
        Make(ImagesCodes.UnparsableManifest, "problem", problem);

    public static ApiException UnsupportedManifest(string problem) =>
        Make(ImagesCodes.UnsupportedImageFormat, "problem", problem);

    public static ApiException PreconditionFailed(string reference) =>
        Make(ImagesCodes.InvalidParameter, 412, "DENIED", "the reference has changed: If-Match or If-None-Match does not hold", "reference", reference);

    public static ApiException ConfigUnknown(string digest) =>
        Make(ImagesCodes.ConfigFileMissing, "digest", digest);

    public static ApiException LayerUnknown(string digest) =>
        Make(ImagesCodes.LayerFileMissing, "digest", digest);

    public static ApiException ChildUnknown(string digest) =>
        Make(ImagesCodes.ManifestNotFound, 400, "MANIFEST_BLOB_UNKNOWN", "manifest unknown to registry", "digest", digest);

    public static ApiException PathUnknown(string path) =>
        Make(ImagesCodes.UrlNotFound, "path", path);

    /// <summary>A path of the registry that has other methods (RFC 9110, 15.5.6).</summary>
    public static ApiException MethodUnsupported(string method, string path, string allowed) => new(ImagesCodes.UrlNotFound)
    {
        Status = StatusCodes.Status405MethodNotAllowed,
        Oci = new("UNSUPPORTED", $"the operation is unsupported: {Text.Cut(method, MaxShown)}; there is {allowed}"),
        Facts = [new("method", Text.Cut(method, MaxShown)), new("path", Text.Cut(path, MaxShown)), new("allowed", allowed)],
        Headers = [s_version, new("Allow", allowed)],
    };

    /// <summary>What has arrived of an upload, as the <c>Range</c> header says it. Nothing is <c>0-0</c>, as clients expect it.</summary>
    public static string UploadRange(long received) => $"0-{Number(Math.Max(received - 1, 0))}";

    private static string Challenge(HttpContext context, string? scope, bool insufficientScope)
    {
        var challenge = $"Bearer realm={Quoted($"{context.ExternalBase()}/swr/auth/v2/registry/auth/")},service=\"{Tokens.TokenEndpoint.Service}\"";
        if (scope is not null)
        {
            challenge += $",scope={Quoted(scope)}";
        }

        return insufficientScope ? challenge + ",error=\"insufficient_scope\"" : challenge;
    }

    // A quoted string of RFC 9110 section 5.6.4. What no header can hold is left out: none of our own texts has it.
    private static string Quoted(string text) =>
        $"\"{string.Concat(text.Where(static c => c is >= ' ' and <= '~')).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    // The commonest mistake is the name of a public hub, which has no organization.
    private static string OrganizationProblem(string name) => !name.Contains('/', StringComparison.Ordinal) && Organizations.Organization.IsReserved(name)
        ? $"'{name}' is reserved"
        : name.Contains('/', StringComparison.Ordinal)
            ? $"'{Text.Cut(name, MaxShown)}' begins with what is no name of an organization (1-64 of a-z and 0-9, with one '.', one or two '_' or any number of '-' between them, a letter first)"
            : $"write HOST/ORGANIZATION/REPOSITORY:TAG, '{Text.Cut(name, MaxShown)}' has no organization";

    private static string Right(int right) => right switch
    {
        Access.Rights.None => "none",
        Access.Rights.Read => "read",
        Access.Rights.Edit => "edit",
        _ => "manage",
    };

    // For a row that has one name on the data plane.
    private static ApiException Make(ErrorDefinition code, string fact, string value, DecisionStep? decision = null)
    {
        var oci = OciError.Find(code)!;
        return Make(code, code.Status, oci.Code, oci.Message, fact, value, decision: decision);
    }

    // Texts of the caller are shown as far as a person can use them: one may be a manifest of megabytes.
    private static ApiException Make(
        ErrorDefinition code, int status, string oci, string message, string fact, string value, string? fact2 = null, string? value2 = null, DecisionStep? decision = null) => new(code)
        {
            Status = status,
            Oci = new(oci, $"{message}{(message.Contains(": ", StringComparison.Ordinal) ? "" : $": {Text.Cut(value, MaxShown)}")}"),
            Facts = fact2 is null
                ? [new(fact, Text.Cut(value, MaxShown))]
                : [new(fact, Text.Cut(value, MaxShown)), new(fact2, Text.Cut(value2!, MaxShown))],
            Headers = [s_version],
            Decision = decision,
        };

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
