using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using Microsoft.Extensions.ObjectPool;

namespace Stagedoor.Tracing.Spans;

/// <summary>
/// The spans of one request: flat lists over the bytes that were received, so that hardly anything is allocated for a span. One caller at a time fills it; then any
/// number may read.
/// </summary>
/// <param name="received">The bytes that texts may refer to. Texts that are made, because they were escaped, cut or mended, come behind them, in what of the array is free.</param>
internal sealed class SpanBatch(ArraySegment<byte> received)
{
    // What a request of usual size needs; larger ones are not kept.
    private const int MostPooled = 64;
    private const int MostSpans = 8192;
    private const int MostAttributes = 131_072;

    private static readonly DefaultObjectPool<Lists> s_pool = new(new ListsPolicy(), MostPooled);

    private static readonly string[] s_reasons = ["invalid_trace_id", "invalid_span_id", "invalid_parent_id", "missing_time", "too_old", "too_new", "too_many_spans", "trace_too_large"];

    /// <summary>Why spans are rejected, in the order of <see cref="Rejection"/>.</summary>
    public static IReadOnlyList<string> Reasons => s_reasons;

    private readonly int[] _rejected = new int[s_reasons.Length];
    private Lists? _lists = received.Count > 0 ? s_pool.Get() : new();
    private byte[] _bytes = received.Offset == 0 ? received.Array ?? [] : received.ToArray();
    private int _length = received.Count;

    public List<SpanData> Spans => (_lists ?? throw Released()).Spans;

    public List<SpanAttribute> Attributes => (_lists ?? throw Released()).Attributes;

    public List<SpanEvent> Events => (_lists ?? throw Released()).Events;

    public List<SpanLink> Links => (_lists ?? throw Released()).Links;

    public List<SpanScope> Scopes => (_lists ?? throw Released()).Scopes;

    public List<SpanResource> Resources => (_lists ?? throw Released()).Resources;

    /// <summary>How many spans were rejected.</summary>
    public int Rejected { get; private set; }

    /// <summary>How many spans a rule has dropped; whoever sent them is not told.</summary>
    public int Filtered { get; set; }

    /// <summary>How many texts were cut, and members dropped.</summary>
    public int Cuts { get; private set; }

    /// <summary>A text's bytes, valid until the next text is added.</summary>
    public ReadOnlySpan<byte> this[TextRef text] => _bytes.AsSpan(text.Offset, text.Length);

    public ReadOnlySpan<SpanAttribute> this[Slice attributes] => CollectionsMarshal.AsSpan(Attributes).Slice(attributes.First, attributes.Count);

    public string TextOf(TextRef text) => SharedTexts.Of(this[text]);

    /// <summary>The attribute of a key; null when there is none.</summary>
    public SpanAttribute? Find(Slice attributes, ReadOnlySpan<byte> key)
    {
        foreach (ref readonly var attribute in this[attributes])
        {
            if (this[attribute.Key].SequenceEqual(key))
            {
                return attribute;
            }
        }

        return null;
    }

    /// <summary>Keeps a text that was made.</summary>
    public TextRef Add(ReadOnlySpan<byte> text)
    {
        if (_bytes.Length - _length < text.Length)
        {
            Array.Resize(ref _bytes, checked(Math.Max(_length + text.Length, _length + (_length / 2) + 256)));
        }

        text.CopyTo(_bytes.AsSpan(_length));
        var added = new TextRef(_length, text.Length);
        _length += text.Length;
        return added;
    }

    /// <summary>Makes of what was sent as a text one that is: cut at a character, its end an ellipsis, and with U+FFFD for what is not UTF-8.</summary>
    /// <param name="sent">What was sent.</param>
    /// <param name="most">How many bytes are kept of it.</param>
    /// <param name="warnings">Told what was done.</param>
    public TextRef Keep(TextRef sent, int most, ref SpanWarnings warnings)
    {
        var bytes = this[sent];
        if (!Utf8.IsValid(bytes))
        {
            warnings |= SpanWarnings.InvalidText;
            var text = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, most + 4)]));
            return Add(text.Length > most || bytes.Length > most ? Cut(text, Math.Min(most, text.Length - 1), ref warnings) : text);
        }

        return bytes.Length > most ? Add(Cut(bytes, most, ref warnings)) : sent;
    }

    /// <summary>
    /// Lets another batch have the lists, which are too large to be made and thrown away for each request. Nobody may read this one any more; whoever is not sure does not call it.
    /// </summary>
    public void Release()
    {
        if (Interlocked.Exchange(ref _lists, null) is { } lists)
        {
            s_pool.Return(lists);
        }
    }

    /// <summary>Counts spans that are not taken.</summary>
    public void Reject(Rejection reason, int spans = 1)
    {
        _rejected[(int)reason] += spans;
        Rejected += spans;
    }

    /// <summary>How many spans were rejected for a reason.</summary>
    public int CountOf(Rejection reason) => _rejected[(int)reason];

    /// <summary>Counts something that was cut or dropped.</summary>
    public void CountCut(int members = 1) => Cuts += members;

    /// <summary>Why spans were rejected, as partial success says it; empty when none was.</summary>
    public string DescribeRejections() => Rejected == 0 ? "" : string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"rejected {Rejected} of {Rejected + Filtered + Spans.Count} spans: {string.Join(", ", _rejected.Select(static (n, i) => (n, i)).Where(static r => r.n > 0).Select(static r => $"{s_reasons[r.i]}={r.n}"))}");

    private byte[] Cut(ReadOnlySpan<byte> text, int most, ref SpanWarnings warnings)
    {
        warnings |= SpanWarnings.Cut;
        Cuts++;
        var ellipsis = "…"u8;
        var end = most - ellipsis.Length;
        while (end > 0 && (text[end] & 0xC0) == 0x80)
        {
            end--;
        }

        return [.. text[..end], .. ellipsis];
    }

    private static InvalidOperationException Released() => new("The spans have been released.");

    private sealed class ListsPolicy : PooledObjectPolicy<Lists>
    {
        public override Lists Create() => new();

        public override bool Return(Lists obj)
        {
            obj.Clear();
            return obj.Spans.Capacity <= MostSpans && obj.Attributes.Capacity <= MostAttributes;
        }
    }

    private sealed class Lists
    {
        public List<SpanData> Spans { get; } = [];

        public List<SpanAttribute> Attributes { get; } = [];

        public List<SpanEvent> Events { get; } = [];

        public List<SpanLink> Links { get; } = [];

        public List<SpanScope> Scopes { get; } = [];

        public List<SpanResource> Resources { get; } = [];

        public void Clear()
        {
            Spans.Clear();
            Attributes.Clear();
            Events.Clear();
            Links.Clear();
            Scopes.Clear();
            Resources.Clear();
        }
    }
}
