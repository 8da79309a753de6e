namespace Stagedoor.Errors;

/// <summary>Code and message as the OCI distribution specification lists them ("Error Codes").</summary>
/// <param name="Code">For example <c>BLOB_UNKNOWN</c>.</param>
/// <param name="Message">A short text for people.</param>
public sealed record OciError(string Code, string Message)
{
    private const string NoRepository = "repository name not known to registry";
    private const string NoBlob = "blob unknown to registry";

    // By reference: rows are compared often, and each has a dozen texts.
    private static readonly Dictionary<ErrorDefinition, OciError> s_rows = new(ReferenceEqualityComparer.Instance)
    {
        [ImagesCodes.RegistryOrganizationNotFound] = new(
            "NAME_UNKNOWN",
            "organization not known to registry, and a push creates it for an administrator only where Images:AutoCreateOrganization is on"),
        [ImagesCodes.ImageNotFound] = new("NAME_UNKNOWN", NoRepository),
        [ImagesCodes.TagListNotFound] = new("NAME_UNKNOWN", NoRepository),
        [ImagesCodes.InvalidImageName] = new("NAME_INVALID", "'repository' is invalid"),
        [ImagesCodes.TagNotInRegistry] = new("MANIFEST_UNKNOWN", "manifest unknown"),
        [ImagesCodes.ManifestNotFound] = new("MANIFEST_UNKNOWN", "manifest unknown"),
        [ImagesCodes.BlobNotFound] = new("BLOB_UNKNOWN", NoBlob),
        [ImagesCodes.SessionNotFound] = new("BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"),
        [ImagesCodes.InvalidDigest] = new("DIGEST_INVALID", "the digest is malformed or its algorithm is not supported"),
        [ImagesCodes.InvalidVersion] = new("MANIFEST_INVALID", "invalid tag"),
        [ImagesCodes.UnparsableManifest] = new("MANIFEST_INVALID", "Invalid image, fail to parse 'manifest.json'"),
        [ImagesCodes.UnsupportedImageFormat] = new("MANIFEST_INVALID", "manifest invalid"),
        [ImagesCodes.ConfigFileMissing] = new("MANIFEST_BLOB_UNKNOWN", NoBlob),
        [ImagesCodes.LayerFileMissing] = new("MANIFEST_BLOB_UNKNOWN", NoBlob),
        [ImagesCodes.FileTooLarge] = new("SIZE_INVALID", "blob too large for Images:MaxBlobBytes"),
        [ImagesCodes.UrlNotFound] = new("UNSUPPORTED", "the operation is unsupported"),
    };

    /// <summary>What a row is called on the registry's data plane; null for one that has another name with each occasion.</summary>
    public static OciError? Find(ErrorDefinition row) => s_rows.GetValueOrDefault(row);

    /// <summary>What a refusal is called: as its row is, else by its status.</summary>
    /// <param name="row">The row.</param>
    /// <param name="status">The status that it is answered with.</param>
    /// <param name="message">What it says, where only the code is given by the status.</param>
    public static OciError Of(ErrorDefinition row, int status, string message) => Find(row) ?? status switch
    {
        401 => new("UNAUTHORIZED", message),
        403 => new("DENIED", message),
        413 => new("SIZE_INVALID", message),
        429 => new("TOOMANYREQUESTS", message),
        // The specification has no code for a fault of the registry; clients print it with the text beside it.
        >= 500 => new("UNKNOWN", "unknown error"),
        // "Invalid set of parameters" is among its meanings.
        _ => new("UNSUPPORTED", message),
    };
}
