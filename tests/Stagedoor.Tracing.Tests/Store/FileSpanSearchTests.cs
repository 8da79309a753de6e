namespace Stagedoor.Tracing.Tests.Store;

public sealed class FileSpanSearchTests : SpanSearchContract
{
    internal override TraceStand Stand { get; } = new FileStand();
}
