using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace Stagedoor.Tracing.Spans;

/// <summary>
/// Strings of short texts that come again and again, such as names of transactions and codes of results: one object for all that are alike, as long as no other takes its place. Any
/// number may call at a time; two that race make one string too many, and nothing else.
/// </summary>
internal static class SharedTexts
{
    private const int Slots = 8192;
    private const int MostLength = 128;

    private static readonly string?[] s_slots = new string?[Slots];

    /// <summary>The string of a text in UTF-8.</summary>
    public static string Of(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return "";
        }

        if (text.Length > MostLength || !Ascii.IsValid(text))
        {
            return Encoding.UTF8.GetString(text);
        }

        ref var slot = ref s_slots[XxHash3.HashToUInt64(text) % Slots];
        return slot is { } known && Ascii.Equals(text, known) ? known : slot = Encoding.ASCII.GetString(text);
    }

    /// <summary>The string of a text.</summary>
    public static string Of(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            return "";
        }

        if (text.Length > MostLength)
        {
            return text.ToString();
        }

        ref var slot = ref s_slots[XxHash3.HashToUInt64(MemoryMarshal.AsBytes(text)) % Slots];
        return slot is { } known && text.SequenceEqual(known) ? known : slot = text.ToString();
    }
}
