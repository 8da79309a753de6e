using System.Buffers;

namespace Stagedoor.Gateway.Signing;

/// <summary>Percent-encoding by RFC 3986: only unreserved characters stay, escapes are upper-case.</summary>
internal static class Percent
{
    private const string Unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    /// <summary>The characters that stay as they are; the same set as characters and as bytes.</summary>
    public static readonly SearchValues<char> Plain = SearchValues.Create(Unreserved);

    /// <summary><see cref="Plain"/> and the separator of segments.</summary>
    public static readonly SearchValues<char> PlainPath = SearchValues.Create(Unreserved + "/");

    public static bool IsPlain(byte value) => Plain.Contains((char)value);

    /// <summary>Reads the escape that <paramref name="text"/> starts with.</summary>
    public static bool TryReadEscape(ReadOnlySpan<char> text, out byte value)
    {
        if (text.Length >= 3 && text[0] == '%' && char.IsAsciiHexDigit(text[1]) && char.IsAsciiHexDigit(text[2]))
        {
            value = (byte)((Digit(text[1]) << 4) | Digit(text[2]));
            return true;
        }

        value = 0;
        return false;
    }

    /// <summary>The byte of an escape that is known to be one.</summary>
    public static byte ReadEscape(ReadOnlySpan<byte> escape) => (byte)((Digit((char)escape[1]) << 4) | Digit((char)escape[2]));

    private static int Digit(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
