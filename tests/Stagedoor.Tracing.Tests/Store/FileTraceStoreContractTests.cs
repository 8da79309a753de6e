namespace Stagedoor.Tracing.Tests.Store;

public sealed class FileTraceStoreContractTests : TraceStoreContract
{
    internal override TraceStand Stand { get; } = new FileStand();
}
