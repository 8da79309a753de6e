using System.Buffers.Text;

namespace Stagedoor;

/// <summary>
/// Bytes as they are written in tokens: base64url without padding (RFC 7515, section 2). One token has one spelling, so that nobody who remembers,
/// compares or locks tokens takes one for two.
/// </summary>
public static class TokenText
{
    /// <summary>The bytes; null when this is not exactly how they are written: with padding, blanks, or bits that mean nothing.</summary>
    public static byte[]? Find(ReadOnlySpan<char> text)
    {
        byte[] bytes;
        try
        {
            bytes = Base64Url.DecodeFromChars(text);
        }
        catch (FormatException)
        {
            return null;
        }

        return text.SequenceEqual(Base64Url.EncodeToString(bytes)) ? bytes : null;
    }
}
