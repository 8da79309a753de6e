using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Store;

/// <summary>What spans are searched for: all that is said must hold of one and the same span. Null means any.</summary>
internal sealed record SpanSearch
{
    public required string Project { get; init; }

    /// <summary>The earliest start, in nanoseconds since the Unix epoch.</summary>
    public ulong From { get; init; }

    /// <summary>The start must be before this, in nanoseconds since the Unix epoch.</summary>
    public ulong Until { get; init; } = ulong.MaxValue;

    public string? Service { get; init; }

    public string? Group { get; init; }

    public string? Instance { get; init; }

    public string? Cluster { get; init; }

    public string? Namespace { get; init; }

    /// <summary>The span's name.</summary>
    public string? Operation { get; init; }

    /// <summary>The transaction's name; one that begins with <c>/</c> stands for itself with any <c>METHOD_</c> before it.</summary>
    public string? Transaction { get; init; }

    public SpanKind? Kind { get; init; }

    /// <summary>Entry spans alone, which is what makes a search fast.</summary>
    public bool EntryOnly { get; init; }

    public bool FailedOnly { get; init; }

    /// <summary>The shortest duration, in nanoseconds.</summary>
    public ulong MinDuration { get; init; }

    /// <summary>The longest duration, in nanoseconds.</summary>
    public ulong MaxDuration { get; init; } = ulong.MaxValue;

    /// <summary>
    /// Keys with the texts that they must have, in the span, its events, its resource or its scope. A number or a boolean has the text that it is written with.
    /// The pseudo tags <c>error</c>, <c>span.kind</c>, <c>otel.status_code</c>, <c>otel.scope.name</c> and <c>otel.scope.version</c> are known too.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, string>> Tags { get; init; } = [];

    /// <summary>Keys that must be there in the same places, whatever their values, or be the name of an event.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>What the span calls or is called by, as Zipkin names it, in lower case.</summary>
    public string? Remote { get; init; }

    /// <summary>How many traces are wanted.</summary>
    public int Limit { get; init; } = 20;

    /// <summary>Which span stands for a trace of which several match: the earliest, else the latest.</summary>
    public bool RowIsEarliest { get; init; }
}

/// <summary>What was found.</summary>
/// <param name="Rows">A row per trace, by start descending, then by trace id.</param>
/// <param name="IsPartial">It was given up at its time or a part of the store could not be read: there may be more.</param>
internal sealed record SpanSearchAnswer(IReadOnlyList<SpanRow> Rows, bool IsPartial);

/// <summary>A span that was found.</summary>
internal sealed record SpanRow
{
    public required UInt128 TraceId { get; init; }

    public required ulong SpanId { get; init; }

    /// <summary>Nanoseconds since the Unix epoch.</summary>
    public required ulong Start { get; init; }

    /// <summary>Nanoseconds.</summary>
    public required ulong Duration { get; init; }

    public required SpanIdentity Identity { get; init; }

    public required string Name { get; init; }

    public required string Transaction { get; init; }

    public required SpanKind Kind { get; init; }

    /// <summary>The caller's IPv4 address; 0 when it is not known.</summary>
    public required uint Address { get; init; }

    public required byte Type { get; init; }

    public required bool IsFailed { get; init; }
}
