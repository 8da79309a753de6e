namespace Stagedoor.Tracing.Tests.Store;

/// <summary>A clock that shows what it is set to.</summary>
internal sealed class TurnedClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
