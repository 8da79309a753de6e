using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Jaeger;

/// <summary>Kinds of spans as Jaeger writes them.</summary>
internal static class SpanKinds
{
    /// <summary>The name of a kind.</summary>
    public static string NameOf(SpanKind kind) => kind switch
    {
        SpanKind.Server => "server",
        SpanKind.Client => "client",
        SpanKind.Producer => "producer",
        SpanKind.Consumer => "consumer",
        _ => "internal",
    };

    /// <summary>The kind of a name, also as <c>SPAN_KIND_SERVER</c>; null when it is none.</summary>
    public static SpanKind? Read(string name) => Reading.Lower.Of(name).Replace("span_kind_", "", StringComparison.Ordinal) switch
    {
        "server" => SpanKind.Server,
        "client" => SpanKind.Client,
        "producer" => SpanKind.Producer,
        "consumer" => SpanKind.Consumer,
        "internal" => SpanKind.Internal,
        _ => null,
    };
}
