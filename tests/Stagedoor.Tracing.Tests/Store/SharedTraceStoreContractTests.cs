namespace Stagedoor.Tracing.Tests.Store;

public sealed class SharedTraceStoreContractTests : TraceStoreContract
{
    internal override TraceStand Stand { get; } = new SharedStand();
}
