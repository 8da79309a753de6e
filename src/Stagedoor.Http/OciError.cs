namespace Stagedoor.Http;

/// <summary>Code and message as the OCI distribution specification lists them ("Error Codes").</summary>
/// <param name="Code">For example <c>BLOB_UNKNOWN</c>.</param>
/// <param name="Message">A short text for people.</param>
public sealed record OciError(string Code, string Message)
{
    /// <summary>What a 5xx is called, which the specification leaves open.</summary>
    public static OciError Unknown { get; } = new("UNKNOWN", "unknown error");

    /// <summary>What a refusal is called that the registry did not make itself.</summary>
    public static OciError Of(int status, string message) => status switch
    {
        401 => new("UNAUTHORIZED", message),
        403 => new("DENIED", message),
        413 => new("SIZE_INVALID", message),
        429 => new("TOOMANYREQUESTS", message),
        >= 500 => Unknown,
        // "Invalid set of parameters" is among its meanings.
        _ => new("UNSUPPORTED", message),
    };
}
