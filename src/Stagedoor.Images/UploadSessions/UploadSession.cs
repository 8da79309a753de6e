namespace Stagedoor.Images.UploadSessions;

/// <summary>A file that comes in pieces. The row is the one truth about it: a piece counts when the row says so.</summary>
internal sealed record UploadSession
{
    public const string ImageType = "image";
    public const string AppType = "app";

    public const string Uploading = "uploading";
    public const string Verifying = "verifying";
    public const string Done = "done";
    public const string Error = "error";

    public string Id { get; init; } = "";

    public string Type { get; init; } = "";

    public string Status { get; init; } = Uploading;

    public long OrganizationId { get; init; }

    /// <summary>The organization's name.</summary>
    public string Organization { get; init; } = "";

    public string DomainId { get; init; } = "";

    public string UserId { get; init; } = "";

    public string FileName { get; init; } = "";

    /// <summary>The repository for images without a name, or that of the package; empty when none was given.</summary>
    public string Repository { get; init; } = "";

    public string Package { get; init; } = "";

    public string Version { get; init; } = "";

    /// <summary>How long the file is to be; -1 when nobody has said.</summary>
    public long Size { get; init; } = -1;

    /// <summary>The digest that the file is to have, in hex; empty when nobody has said.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>How many bytes have come.</summary>
    public long Received { get; init; }

    /// <summary>How the blob store finds exactly these.</summary>
    public string Staged { get; init; } = "";

    public long Epoch { get; init; }

    /// <summary>What was submitted about a package, as JSON; null until then.</summary>
    public string? Manifests { get; init; }

    public long IsPublic { get; init; }

    public string? Description { get; init; }

    public string ErrorCode { get; init; } = "";

    public string ErrorMessage { get; init; } = "";

    public string ErrorDetail { get; init; } = "";

    public long UpdatedAt { get; init; }

    public bool IsApp => Type is AppType;

    /// <summary>Under which name the bytes lie in the blob store until the session is over: none of those that the collector takes for pushes.</summary>
    public string StagedId => "sessions-" + Id;
}
