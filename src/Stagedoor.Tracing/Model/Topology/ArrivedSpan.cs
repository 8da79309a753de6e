using System.Runtime.InteropServices;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Model.Topology;

/// <summary>What the topology has to know of a span.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct ArrivedSpan
{
    public UInt128 TraceId;
    public ulong SpanId;

    /// <summary>0 when it has none.</summary>
    public ulong ParentId;
    public SpanKind Kind;

    /// <summary>Whether it may be the server's half of a span whose other half the client sends under the same id.</summary>
    public bool MayBeShared;

    /// <summary>When it ended, in nanoseconds since the Unix epoch.</summary>
    public ulong End;

    /// <summary>How long it took, in microseconds.</summary>
    public long Duration;

    /// <summary>Who did it.</summary>
    public Instance Instance;

    /// <summary>What the model says of it. Its transaction is named also when only its parent can tell whether it is an entry.</summary>
    public SpanReading Reading;
}
