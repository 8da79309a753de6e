using System.Text.Json.Serialization;

namespace Stagedoor.Iam.Credentials;

/// <summary>An access key on the wire. The secret is in the answer to its creation and nowhere else.</summary>
internal sealed record CredentialBody
{
    public required string Access { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Secret { get; init; }

    [JsonPropertyName("user_id")]
    public required string UserId { get; init; }

    public required string Status { get; init; }

    public required string Description { get; init; }

    [JsonPropertyName("create_time")]
    public required string CreatedAt { get; init; }

    [JsonPropertyName("last_use_time")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LastUsedAt { get; init; }

    public static CredentialBody Of(Credential credential) => new()
    {
        Access = credential.AccessKey,
        UserId = credential.UserId,
        Status = credential.Status,
        Description = credential.Description,
        CreatedAt = IamTimes.Text(credential.CreatedAt),
    };

    /// <summary>With the time of its last use; of its creation as long as it was not used.</summary>
    public static CredentialBody WithUse(Credential credential) => Of(credential) with
    {
        LastUsedAt = IamTimes.Text(credential.LastUsedAt > 0 ? credential.LastUsedAt : credential.CreatedAt),
    };
}

/// <summary><c>{"credential":…}</c></summary>
internal sealed record CredentialAnswer(CredentialBody Credential);
