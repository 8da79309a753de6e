namespace Stagedoor.Iam.Credentials;

/// <summary>A permanent access key as the API shows it: without its secret.</summary>
internal sealed record Credential
{
    public const int MaximumPerUser = 2;

    public const string Active = "active";

    public const string Inactive = "inactive";

    public required string AccessKey { get; init; }

    public required string UserId { get; init; }

    public required string Status { get; init; }

    public required string Description { get; init; }

    public required long CreatedAt { get; init; }

    /// <summary>Unix milliseconds; 0 when it was never used.</summary>
    public required long LastUsedAt { get; init; }
}
