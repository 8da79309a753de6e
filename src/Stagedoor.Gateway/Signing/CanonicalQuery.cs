using System.Runtime.InteropServices;
using System.Text;

namespace Stagedoor.Gateway.Signing;

/// <summary>The readings of a raw query that clients sign.</summary>
internal enum QueryReading
{
    /// <summary>Sorted by name, then by value.</summary>
    Sorted,

    /// <summary>The same, and a plus sign means a space: .NET pastes values as they are and decodes them that way.</summary>
    PlusIsSpace,

    /// <summary>Sorted by the escaped name only, the values of a list in the order of the wire: Java.</summary>
    SortedByName,
}

internal static class CanonicalQuery
{
    private const int StackParameters = 32;

    public static void Append(Utf8Buffer buffer, ReadOnlySpan<char> query, QueryReading reading)
    {
        if (query.IsEmpty)
        {
            return;
        }

        var count = query.Count('&') + 1;
        var parameters = count <= StackParameters ? stackalloc Parameter[StackParameters] : new Parameter[count];
        using var text = new Utf8Buffer();
        count = 0;
        foreach (var range in query.Split('&'))
        {
            if (!query[range].IsEmpty)
            {
                parameters[count] = Encode(text, query[range], count, reading);
                count++;
            }
        }

        parameters = parameters[..count];
        if (count > 1)
        {
            parameters.Sort(new Order(text, reading));
        }

        for (var i = 0; i < count; i++)
        {
            if (i > 0)
            {
                buffer.Append('&');
            }

            buffer.Append(text[parameters[i].Whole]);
        }
    }

    private static Parameter Encode(Utf8Buffer text, ReadOnlySpan<char> parameter, int index, QueryReading reading)
    {
        var equals = parameter.IndexOf('=');
        var start = text.Length;
        Encode(text, equals < 0 ? parameter : parameter[..equals], reading);
        var middle = text.Length;
        text.Append('=');
        Encode(text, equals < 0 ? default : parameter[(equals + 1)..], reading);
        return new(start, middle, text.Length, index);
    }

    private static void Encode(Utf8Buffer text, ReadOnlySpan<char> component, QueryReading reading)
    {
        if (!component.ContainsAnyExcept(Percent.Plain))
        {
            text.Append(component);
            return;
        }

        Span<byte> utf8 = stackalloc byte[4];
        while (!component.IsEmpty)
        {
            if (Percent.TryReadEscape(component, out var value))
            {
                text.AppendEncoded(value);
                component = component[3..];
                continue;
            }

            _ = Rune.DecodeFromUtf16(component, out var rune, out var consumed);
            if (rune.Value == '+' && reading == QueryReading.PlusIsSpace)
            {
                rune = new(' ');
            }

            foreach (var unit in utf8[..rune.EncodeToUtf8(utf8)])
            {
                text.AppendEncoded(unit);
            }

            component = component[consumed..];
        }
    }

    /// <summary>Where one <c>name=value</c> stands, and which it was on the wire.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Parameter(int Start, int Middle, int End, int Index)
    {
        public Range Name => Start..Middle;

        public Range Value => (Middle + 1)..End;

        public Range Whole => Start..End;
    }

    private readonly struct Order(Utf8Buffer text, QueryReading reading) : IComparer<Parameter>
    {
        public int Compare(Parameter x, Parameter y)
        {
            if (reading == QueryReading.SortedByName)
            {
                var byName = text[x.Name].SequenceCompareTo(text[y.Name]);
                return byName != 0 ? byName : x.Index.CompareTo(y.Index);
            }

            var order = CompareDecoded(text[x.Name], text[y.Name]);
            return order != 0 ? order : CompareDecoded(text[x.Value], text[y.Value]);
        }

        // The clients sort before they escape, and the order of the escaped forms is another one: '%' precedes every digit.
        private static int CompareDecoded(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y)
        {
            var same = x.CommonPrefixLength(y);
            if (same > 0 && x[same - 1] == '%')
            {
                same -= 1;
            }
            else if (same > 1 && x[same - 2] == '%')
            {
                same -= 2;
            }

            return ByteAt(x, same).CompareTo(ByteAt(y, same));
        }

        private static int ByteAt(ReadOnlySpan<byte> encoded, int index)
        {
            if (index >= encoded.Length)
            {
                return -1;
            }

            return encoded[index] == '%' ? Percent.ReadEscape(encoded[index..]) : encoded[index];
        }
    }
}
