using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Tests.Store;

/// <summary>Makes spans, and says what spans are in words, so that two can be compared.</summary>
internal static class Traffic
{
    public const string Project = "0123456789abcdef0123456789abcdef";

    /// <summary>2026-03-02T00:00:00Z in nanoseconds.</summary>
    public const ulong Midnight = 1_772_409_600_000_000_000;

    public const ulong Second = 1_000_000_000;

    public static readonly DateTimeOffset Noon = DateTimeOffset.FromUnixTimeSeconds((long)(Midnight / Second) + 43_200);

    /// <summary>A request of spans.</summary>
    public static SpanAppend Request(IEnumerable<Sent> spans, string project = Project, UInt128? digest = null, DateTimeOffset? at = null)
    {
        var batch = new SpanBatch([]);
        var group = new SpanGroup(batch);
        var scopes = new Dictionary<SpanIdentity, int>();
        foreach (var sent in spans)
        {
            if (!scopes.TryGetValue(sent.Identity, out var scope))
            {
                var resource = Attributes(batch, [("service.name", sent.Identity.Service), ("k8s.pod.name", sent.Identity.Instance)]);
                batch.Resources.Add(new() { Attributes = resource, SchemaUrl = Text(batch, "https://schema"), DroppedAttributes = 1 });
                group.Identities.Add(sent.Identity);
                var own = Attributes(batch, [("scope.key", "x")]);
                batch.Scopes.Add(new() { Resource = batch.Resources.Count - 1, Name = Text(batch, "library"), Version = Text(batch, "1.2"), Attributes = own });
                scopes[sent.Identity] = scope = batch.Scopes.Count - 1;
            }

            var span = new SpanData
            {
                TraceId = sent.TraceId,
                SpanId = sent.SpanId,
                ParentId = sent.ParentId,
                Start = sent.Start,
                End = sent.Start + sent.Duration,
                Name = Text(batch, sent.Name),
                Kind = sent.Kind,
                Status = sent.IsFailed ? SpanStatus.Error : SpanStatus.Unset,
                StatusMessage = sent.IsFailed ? Text(batch, "it failed") : default,
                Scope = scope,
                Flags = 0x101,
                Attributes = Attributes(batch, sent.Tags),
            };
            if (sent.IsRich)
            {
                Enrich(batch, ref span);
            }

            batch.Spans.Add(span);
            group.Facts.Add(new()
            {
                IsEntry = sent.Kind is SpanKind.Server,
                IsFailed = sent.IsFailed,
                Type = 3,
                Address = sent.Kind is SpanKind.Server ? 0x0A00_0001u : 0,
                Transaction = sent.Kind is SpanKind.Server ? Text(batch, "GET_/" + sent.Name) : default,
            });
        }

        return new(project, at ?? Noon, group, digest ?? 0, 1000);
    }

    public static UInt128 DigestOf(int number) => XxHash128.HashToUInt128(BitConverter.GetBytes(number));

    /// <summary>All that the spans say, in an order of their own.</summary>
    public static string[] Describe(SpanGroup group) => [.. Enumerable.Range(0, group.Batch.Spans.Count).Select(i => Describe(group, i)).Order(StringComparer.Ordinal)];

    public static string[] Describe(IEnumerable<SpanAppend> appends) => [.. appends.SelectMany(static a => Describe(a.Spans)).Order(StringComparer.Ordinal)];

    private static string Describe(SpanGroup group, int number)
    {
        var batch = group.Batch;
        var span = batch.Spans[number];
        var facts = group.Facts[number];
        var scope = batch.Scopes[span.Scope];
        var resource = batch.Resources[scope.Resource];
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{span.TraceId:x32} {span.SpanId:x16} {span.ParentId:x16} {span.Start} {span.End} {batch.TextOf(span.Name)} {span.Kind} ")
            .Append(CultureInfo.InvariantCulture, $"{span.Status} {batch.TextOf(span.StatusMessage)} {batch.TextOf(span.TraceState)} {span.Warnings} {span.Flags} ")
            .Append(CultureInfo.InvariantCulture, $"{span.DroppedAttributes} {span.DroppedEvents} {span.DroppedLinks} ")
            .Append(CultureInfo.InvariantCulture, $"{facts.IsEntry} {facts.IsFailed} {facts.Type} {facts.Address} {batch.TextOf(facts.Transaction)} ")
            .Append(CultureInfo.InvariantCulture, $"[{Describe(batch, span.Attributes)}] {group.IdentityOf(in span)} ")
            .Append(CultureInfo.InvariantCulture, $"scope {batch.TextOf(scope.Name)} {batch.TextOf(scope.Version)} {batch.TextOf(scope.SchemaUrl)} {scope.DroppedAttributes} [{Describe(batch, scope.Attributes)}] ")
            .Append(CultureInfo.InvariantCulture, $"resource {batch.TextOf(resource.SchemaUrl)} {resource.DroppedAttributes} [{Describe(batch, resource.Attributes)}]");
        for (var i = 0; i < span.Events.Count; i++)
        {
            var happened = batch.Events[span.Events.First + i];
            text.Append(CultureInfo.InvariantCulture, $" event {happened.Time} {batch.TextOf(happened.Name)} {happened.DroppedAttributes} [{Describe(batch, happened.Attributes)}]");
        }

        for (var i = 0; i < span.Links.Count; i++)
        {
            var link = batch.Links[span.Links.First + i];
            text.Append(CultureInfo.InvariantCulture, $" link {link.TraceId:x32} {link.SpanId:x16} {batch.TextOf(link.TraceState)} {link.Flags} {link.DroppedAttributes} [{Describe(batch, link.Attributes)}]");
        }

        return text.ToString();
    }

    private static string Describe(SpanBatch batch, Slice attributes)
    {
        var text = new StringBuilder();
        foreach (var attribute in batch[attributes])
        {
            text.Append(CultureInfo.InvariantCulture, $"{batch.TextOf(attribute.Key)}:{attribute.Kind}={attribute.Number}{batch.TextOf(attribute.Text)};");
        }

        return text.ToString();
    }

    private static void Enrich(SpanBatch batch, ref SpanData span)
    {
        span.TraceState = Text(batch, "a=b");
        span.Warnings = SpanWarnings.Cut | SpanWarnings.NoName;
        (span.DroppedAttributes, span.DroppedEvents, span.DroppedLinks) = (1, 2, 300);
        var first = batch.Attributes.Count;
        batch.Attributes.Add(new() { Key = Text(batch, "int"), Kind = ValueKind.Int, Number = long.MinValue });
        batch.Attributes.Add(new() { Key = Text(batch, "double"), Kind = ValueKind.Double, Number = BitConverter.DoubleToInt64Bits(double.NaN) });
        batch.Attributes.Add(new() { Key = Text(batch, "bool"), Kind = ValueKind.Bool, Number = 1 });
        batch.Attributes.Add(new() { Key = Text(batch, "none") });
        batch.Attributes.Add(new() { Key = Text(batch, "empty"), Kind = ValueKind.Text });
        batch.Attributes.Add(new() { Key = Text(batch, "map"), Kind = ValueKind.Map, Text = Text(batch, "\u0001\u0002") });
        batch.Attributes.Add(new() { Key = Text(batch, "名"), Kind = ValueKind.Text, Text = Text(batch, new string('字', 3000)) });
        span.Attributes = new(first, batch.Attributes.Count - first);
        var events = batch.Events.Count;
        batch.Events.Add(new() { Time = span.Start + 5, Name = Text(batch, "retry"), Attributes = Attributes(batch, [("n", "1")]), DroppedAttributes = 4 });
        batch.Events.Add(new() { Time = 0, Name = Text(batch, "before") });
        span.Events = new(events, 2);
        var links = batch.Links.Count;
        batch.Links.Add(new() { TraceId = UInt128.MaxValue, SpanId = 7, TraceState = Text(batch, "c=d"), Flags = 1, DroppedAttributes = 9, Attributes = Attributes(batch, [("l", "2")]) });
        span.Links = new(links, 1);
    }

    private static Slice Attributes(SpanBatch batch, (string Key, string Value)[] tags)
    {
        var first = batch.Attributes.Count;
        foreach (var (key, value) in tags)
        {
            batch.Attributes.Add(new() { Key = Text(batch, key), Kind = ValueKind.Text, Text = Text(batch, value) });
        }

        return new(first, tags.Length);
    }

    private static TextRef Text(SpanBatch batch, string text) => batch.Add(Encoding.UTF8.GetBytes(text));
}

/// <summary>A span that is sent.</summary>
internal sealed record Sent(UInt128 TraceId, ulong SpanId)
{
    public ulong ParentId { get; init; }

    public ulong Start { get; init; } = Traffic.Midnight + (43_000 * Traffic.Second);

    public ulong Duration { get; init; } = 1_000_000;

    public string Name { get; init; } = "orders";

    public SpanKind Kind { get; init; } = SpanKind.Internal;

    public bool IsFailed { get; init; }

    public bool IsRich { get; init; }

    public SpanIdentity Identity { get; init; } = new("shop", "cart", "cart-1", "default", "default", "");

    public (string Key, string Value)[] Tags { get; init; } = [("http.request.method", "GET")];
}
