namespace Stagedoor.Http;

/// <summary>Code and message as the OCI distribution specification lists them ("Error Codes").</summary>
/// <param name="Code">For example <c>BLOB_UNKNOWN</c>.</param>
/// <param name="Message">A short text for people.</param>
public sealed record OciError(string Code, string Message)
{
    /// <summary>What a 5xx is called, which the specification leaves open.</summary>
    public static OciError Unknown { get; } = new("UNKNOWN", "unknown error");
}
