using System.Buffers;
using System.Text;

namespace Stagedoor.Addons.Rendering.Values;

/// <summary>
/// Go's strings are bytes. Here they are text, and a byte that is no part of valid UTF-8 is one lone low surrogate, U+DC80 to U+DCFF: what a chart decodes
/// from base64 and encodes again comes out as it was.
/// </summary>
internal static class GoText
{
    private const char EscapeBase = '\uDC00';

    /// <summary>The order of the bytes, which is the order of the code points.</summary>
    public static IComparer<string> Comparer { get; } = Comparer<string>.Create(Compare);

    public static int Compare(string? left, string? right)
    {
        if (left is null || right is null)
        {
            return string.CompareOrdinal(left, right);
        }

        var length = Math.Min(left.Length, right.Length);
        for (var i = 0; i < length; i++)
        {
            var (a, b) = (left[i], right[i]);
            if (a != b)
            {
                // A surrogate stands for something behind U+FFFF.
                return char.IsSurrogate(a) == char.IsSurrogate(b) ? a - b : char.IsSurrogate(a) ? 1 : -1;
            }
        }

        return left.Length - right.Length;
    }

    /// <summary>How many bytes the text has.</summary>
    public static int ByteCount(string text)
    {
        var count = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            count += c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                count++;
                i++;
            }
            else if (IsByte(c))
            {
                count -= 2;
            }
        }

        return count;
    }

    /// <summary>The bytes of the text.</summary>
    public static byte[] Encode(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            return Encoding.UTF8.GetBytes(text);
        }

        var bytes = new byte[ByteCount(text)];
        var at = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (IsByte(text[i]) && (i == 0 || !char.IsHighSurrogate(text[i - 1])))
            {
                bytes[at++] = (byte)(text[i] - EscapeBase);
                continue;
            }

            var length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;
            at += Encoding.UTF8.GetBytes(text.AsSpan(i, length), bytes.AsSpan(at));
            i += length - 1;
        }

        return bytes[..at];
    }

    /// <summary>The text of the bytes.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }

        var text = new StringBuilder(bytes.Length);
        while (bytes.Length > 0)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var used) == OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                // Go takes one byte at a time of what it cannot read.
                used = 1;
                text.Append((char)(EscapeBase + bytes[0]));
            }

            bytes = bytes[used..];
        }

        return text.ToString();
    }

    /// <summary>The text from one byte to another.</summary>
    public static string Slice(string text, int start, int end)
    {
        if (IsAscii(text))
        {
            return text[start..end];
        }

        return Decode(Encode(text).AsSpan(start, end - start));
    }

    /// <summary>The text as a reader of UTF-8 gets it: a byte that is no character is U+FFFD.</summary>
    public static string Clean(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            clean.Append(rune.ToString());
        }

        return clean.ToString();
    }

    /// <summary>How many characters, not bytes.</summary>
    public static int RuneCount(string text)
    {
        var count = 0;
        foreach (var _ in text.EnumerateRunes())
        {
            count++;
        }

        return count;
    }

    public static bool IsAscii(string text) => System.Text.Ascii.IsValid(text);

    private static bool IsByte(char c) => c is >= '\uDC80' and <= '\uDCFF';
}
