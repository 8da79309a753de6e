namespace Stagedoor.Tracing.Tests.Store;

public sealed class SharedSpanSearchTests : SpanSearchContract
{
    internal override TraceStand Stand { get; } = new SharedStand();
}
