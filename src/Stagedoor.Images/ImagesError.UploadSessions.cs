using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images;

// Uploads in pieces.
internal static partial class ImagesError
{
    public static ApiException InvalidSessionType(string type) => new(ImagesCodes.InvalidSessionType, $"type={Shown(type)}");

    public static ApiException InvalidSessionId(string id) => new(ImagesCodes.InvalidSessionId, $"session_id={Shown(id)}");

    public static ApiException SessionNotFound(string id) => new(ImagesCodes.SessionNotFound, $"session_id={id}");

    public static ApiException SessionNotBound(string id, string problem) => new(ImagesCodes.BindSessionFailed, $"session_id={id}: {problem}");

    public static ApiException SessionBusy(string id) => new(ImagesCodes.SystemBusy, $"session_id={id}: another request is at work on it")
    {
        Headers = [new("Retry-After", "5")],
    };

    // The caller's own: whoever never got the answer that named it could not end it otherwise.
    public static ApiException SessionOpen(string organization, string id) =>
        new(ImagesCodes.SystemBusy, $"namespace={organization}: you have the upload session {id} open there; go on with it, or end or delete it first");

    public static ApiException InvalidSessionStatus(string status) => new(ImagesCodes.InvalidSessionStatus, $"status={Shown(status)}");

    public static ApiException InvalidDeclaredDigest(string hex) => new(ImagesCodes.InvalidDigest, $"sha256={Shown(hex)}; 64 hex digits in lower case");

    public static ApiException DeclaredDigestMismatch(string file, string declared, string computed) =>
        new(ImagesCodes.InvalidDigest, $"file={file}: sha256 is {computed}, not {declared}");

    public static ApiException PieceOutOfPlace(long first, long offset) =>
        InvalidParameter($"the piece begins at byte {first}, {offset} have come");

    public static ApiException ManifestParametersMissing() => new(ImagesCodes.ManifestsMissing, "is_public and manifests are required");
}
