namespace Stagedoor.Errors;

/// <summary>What an occurrence of an error adds to its row.</summary>
public sealed record ErrorDetails
{
    /// <summary>The request that failed.</summary>
    public string RequestId { get; init; } = "";

    /// <summary>Where the pages of the catalogue are, without a slash at the end.</summary>
    public string Address { get; init; } = "";

    /// <summary>The HTTP status, when the surface needs another than the row's.</summary>
    public int? Status { get; init; }

    /// <summary>What the caller can act on; empty when there is nothing to add.</summary>
    public string Detail { get; init; } = "";

    /// <summary>The whole text on the wire, where it is more than the row's message and the detail.</summary>
    public string? Text { get; init; }

    /// <summary>Code and message of the OCI body, where this occurrence has others than its row.</summary>
    public OciError? Oci { get; init; }

    /// <summary>Further members of the OCI body's <c>detail</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Facts { get; init; } = [];

    /// <summary>Whether <c>error_code</c> and <c>error_msg</c> stand beside the spellings of the service, for the official SDKs.</summary>
    public bool HasAliases { get; init; }

    /// <summary>The form in which the add-on manager's errors are told.</summary>
    public AddonsDialect Dialect { get; init; }

    /// <summary>Whether the caller wants an object where the service publishes an array.</summary>
    public bool IsObject { get; init; }
}
