using Stagedoor.Images.Organizations;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary>Somebody who is told of tags over HTTP.</summary>
internal sealed record Webhook
{
    /// <summary>The route values that hold ids.</summary>
    public const string Parameter = "webhook";
    public const string DeliveryParameter = "delivery";

    public const string Push = "push";
    public const string Delete = "delete";

    /// <summary>What is sent to see whether it arrives.</summary>
    public const string Test = "test";

    public long Id { get; init; }

    public string Url { get; init; } = "";

    public string ProtectedSecret { get; init; } = "";

    public long Enabled { get; init; }

    /// <summary>Joined by commas.</summary>
    public string Events { get; init; } = "";

    public string TagPattern { get; init; } = "";

    public string Host { get; init; } = "";

    public string CreatorName { get; init; } = "";

    public long CreatedAt { get; init; }

    public long UpdatedAt { get; init; }
}

/// <summary>What webhooks belong to.</summary>
/// <param name="Organization">The organization.</param>
/// <param name="RepositoryId">The repository; 0 for all of them.</param>
/// <param name="Path">The organization, or it and the repository.</param>
/// <param name="Route">The path of its resource.</param>
internal sealed record WebhookOwner(Organization Organization, long RepositoryId, string Path, string Route);

/// <summary>One delivery.</summary>
internal sealed record Delivery
{
    public const string Waiting = "waiting";
    public const string Delivered = "delivered";
    public const string Failed = "failed";

    public string Id { get; init; } = "";

    public long WebhookId { get; init; }

    public string EventId { get; init; } = "";

    public string Event { get; init; } = "";

    public string Content { get; init; } = "";

    public long ByHand { get; init; }

    public string Status { get; init; } = "";

    public long Attempts { get; init; }

    public long CreatedAt { get; init; }

    public long? AttemptedAt { get; init; }

    public long? Duration { get; init; }

    public long? ResponseStatus { get; init; }

    public string? ResponseBody { get; init; }

    public string? Error { get; init; }
}

/// <summary>What became of a webhook that was to be made or changed.</summary>
internal enum WebhookOutcome
{
    Done,

    /// <summary>Another of the same owner has the URL.</summary>
    Present,

    TooMany,

    OwnerGone,

    Absent,
}
