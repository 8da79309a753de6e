using System.Buffers.Text;
using System.Globalization;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Model;

/// <summary>The known ones of a list of attributes, found in one pass.</summary>
internal readonly ref struct KnownAttributes
{
    private readonly SpanBatch _batch;
    private readonly ReadOnlySpan<SpanAttribute> _attributes;
    private readonly ReadOnlySpan<short> _found;

    /// <summary>Looks through a list.</summary>
    /// <param name="batch">The batch that it is of.</param>
    /// <param name="attributes">The list.</param>
    /// <param name="found">Room for <see cref="KnownKeys.Count"/> numbers, whose content does not matter.</param>
    public KnownAttributes(SpanBatch batch, Slice attributes, Span<short> found)
    {
        _batch = batch;
        _attributes = batch[attributes];
        found.Clear();
        for (var i = 0; i < Math.Min(_attributes.Length, short.MaxValue - 1); i++)
        {
            if (KnownKeys.IndexOf(batch[_attributes[i].Key]) is >= 0 and var key)
            {
                found[key] = (short)(i + 1);
            }
        }

        _found = found;
    }

    /// <summary>Whether there is one.</summary>
    public bool Has(KnownKey key) => _found[(int)key] > 0;

    /// <summary>The text of an attribute that is one, in UTF-8; else empty.</summary>
    public ReadOnlySpan<byte> Text(KnownKey key) => _found[(int)key] is > 0 and var at && _attributes[at - 1] is { Kind: ValueKind.Text } attribute ? _batch[attribute.Text] : default;

    /// <summary>The first text that is not empty; else empty.</summary>
    public ReadOnlySpan<byte> Text(KnownKey first, KnownKey second) => Text(first) is { IsEmpty: false } text ? text : Text(second);

    /// <summary>The first text that is not empty; else empty.</summary>
    public string First(params ReadOnlySpan<KnownKey> keys)
    {
        foreach (var key in keys)
        {
            if (Text(key) is { IsEmpty: false } text)
            {
                return SharedTexts.Of(text);
            }
        }

        return "";
    }

    /// <summary>The first that has a value which can be written in a line: a text, a number or a boolean; else empty.</summary>
    public string FirstValue(params ReadOnlySpan<KnownKey> keys)
    {
        foreach (var key in keys)
        {
            if (Value(key) is { Length: > 0 } value)
            {
                return value;
            }
        }

        return "";
    }

    /// <summary>An integer, or a text that is one; null else.</summary>
    public long? Number(KnownKey key) => _found[(int)key] is not (> 0 and var at) ? null : _attributes[at - 1] switch
    {
        { Kind: ValueKind.Int } attribute => attribute.Number,
        { Kind: ValueKind.Text } attribute when Utf8Parser.TryParse(_batch[attribute.Text], out long number, out var length) && length == attribute.Text.Length => number,
        _ => null,
    };

    /// <summary>Whether it is true, or a text that says so.</summary>
    public bool IsTrue(KnownKey key) => _found[(int)key] is > 0 and var at && _attributes[at - 1] switch
    {
        { Kind: ValueKind.Bool } attribute => attribute.Number != 0,
        { Kind: ValueKind.Text } attribute => _batch[attribute.Text].SequenceEqual("true"u8),
        _ => false,
    };

    private string Value(KnownKey key) => _found[(int)key] is not (> 0 and var at) ? "" : _attributes[at - 1] switch
    {
        { Kind: ValueKind.Text } attribute => _batch.TextOf(attribute.Text),
        { Kind: ValueKind.Int } attribute => TextOf(attribute.Number),
        { Kind: ValueKind.Double } attribute => BitConverter.Int64BitsToDouble(attribute.Number).ToString(CultureInfo.InvariantCulture),
        { Kind: ValueKind.Bool } attribute => attribute.Number != 0 ? "true" : "false",
        _ => "",
    };

    // Mostly a status.
    private static string TextOf(long number)
    {
        Span<char> text = stackalloc char[20];
        return number.TryFormat(text, out var length, default, CultureInfo.InvariantCulture) ? SharedTexts.Of(text[..length]) : number.ToString(CultureInfo.InvariantCulture);
    }
}
