namespace Stagedoor.Gateway.Why;

/// <summary>A refusal as it is stored.</summary>
internal sealed record RefusalRow
{
    public required string Id { get; init; }

    public required string RequestId { get; init; }

    /// <summary>In Unix milliseconds.</summary>
    public required long OccurredAt { get; init; }

    /// <summary>Empty where nobody knows whose it is.</summary>
    public required string DomainId { get; init; }

    /// <summary>Empty where nobody knows who called, and for what is in nobody's list.</summary>
    public required string UserId { get; init; }

    public required string Code { get; init; }

    /// <summary>The whole of it: <see cref="Refused"/> as JSON.</summary>
    public required string Document { get; init; }
}
