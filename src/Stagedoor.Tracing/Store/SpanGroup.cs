using System.Runtime.InteropServices;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Store;

/// <summary>Spans, and what ingest made of them (spec: identity, transaction, entry span, failure). It is filled by one; then any number may read.</summary>
/// <param name="batch">The spans.</param>
internal sealed class SpanGroup(SpanBatch batch)
{
    public SpanBatch Batch { get; } = batch;

    /// <summary>Who each resource is, by its number in <see cref="SpanBatch.Resources"/>.</summary>
    public List<SpanIdentity> Identities { get; } = [];

    /// <summary>What is known of each span, by its number in <see cref="SpanBatch.Spans"/>.</summary>
    public List<SpanFacts> Facts { get; } = [];

    public SpanIdentity IdentityOf(in SpanData span) => Identities[Batch.Scopes[span.Scope].Resource];
}

/// <summary>Who made spans, in the words of APM.</summary>
/// <param name="Group">The monitor group.</param>
/// <param name="Service">The application.</param>
/// <param name="Instance">The process or pod.</param>
/// <param name="Cluster">The cluster's id.</param>
/// <param name="Namespace">The namespace in it.</param>
/// <param name="Environment">The environment; empty when none was said.</param>
internal sealed record SpanIdentity(string Group, string Service, string Instance, string Cluster, string Namespace, string Environment);

/// <summary>What ingest found out about a span, and is never computed again.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct SpanFacts
{
    /// <summary>The name of the transaction that an entry span is of, a text of the batch; empty when it is none.</summary>
    public TextRef Transaction;

    /// <summary>The caller's IPv4 address; 0 when it is not known.</summary>
    public uint Address;

    /// <summary>Which sort of call it is; the store does not care what the numbers mean.</summary>
    public byte Type;

    public bool IsEntry;

    public bool IsFailed;
}

/// <summary>A request's spans, to be kept.</summary>
/// <param name="Project">Whose they are; at most 255 bytes of UTF-8.</param>
/// <param name="ReceivedAt">When they came.</param>
/// <param name="Spans">The spans, at least one.</param>
/// <param name="Digest">XXH3-128 of the request as it was received, by which a repetition is known; 0 to take it in any case.</param>
/// <param name="Bytes">How many bytes the request had; by them the store bounds what it holds in memory.</param>
internal sealed record SpanAppend(string Project, DateTimeOffset ReceivedAt, SpanGroup Spans, UInt128 Digest, int Bytes);

/// <summary>A trace.</summary>
/// <param name="Spans">Its spans, in no order.</param>
/// <param name="LastReceivedAt">When the latest of them came, to the second.</param>
internal sealed record StoredTrace(SpanGroup Spans, DateTimeOffset LastReceivedAt);

/// <summary>A name that spans of a service have.</summary>
/// <param name="Group">The monitor group of the service.</param>
/// <param name="Service">The service.</param>
/// <param name="Name">The span's name.</param>
/// <param name="Kind">The span's kind.</param>
/// <param name="Transaction">The transaction, when they are entry spans; else empty.</param>
internal sealed record SpanOperation(string Group, string Service, string Name, SpanKind Kind, string Transaction);
