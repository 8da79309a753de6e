using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing;

/// <summary>What is damaged of the spans, and why none are taken while none are.</summary>
internal sealed class StoreWarnings(ITraceStore store) : IWarnings
{
    public IReadOnlyList<string> Current => store.Facts.Problems;
}
