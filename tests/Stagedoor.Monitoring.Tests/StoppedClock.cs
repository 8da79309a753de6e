namespace Stagedoor.Monitoring.Tests;

/// <summary>A clock that stands still until it is set.</summary>
internal sealed class StoppedClock : TimeProvider
{
    /// <summary>The beginning of a minute, in Unix milliseconds.</summary>
    public const long Start = 1_800_000_000_000;

    /// <summary>Milliseconds since <see cref="Start"/>.</summary>
    public long Elapsed { get; set; }

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Start + Elapsed);
}
