using System.Buffers.Binary;
using System.Globalization;

namespace Stagedoor.Tracing.Reading;

/// <summary>Ids of traces as readers write them.</summary>
internal static class TraceIdText
{
    private const int MostDigits = 32;
    private const int MostBase64 = 24;

    /// <summary>An id of up to 32 hexadecimal digits, else base64 of its 8 or 16 bytes in either alphabet, padded or not; null when it is none, or zero.</summary>
    public static UInt128? Read(string text) => ReadHex(text) ?? ReadBase64(text);

    /// <summary>An id of up to 32 hexadecimal digits; null when it is none, or zero.</summary>
    public static UInt128? ReadHex(string text) =>
        text.Length is > 0 and <= MostDigits && UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id) && id != 0 ? id : null;

    private static UInt128? ReadBase64(string text)
    {
        if (text.Length is 0 or > MostBase64)
        {
            return null;
        }

        var standard = text.TrimEnd('=').Replace('-', '+').Replace('_', '/');
        Span<byte> bytes = stackalloc byte[MostBase64];
        if (!Convert.TryFromBase64String(standard.PadRight((standard.Length + 3) / 4 * 4, '='), bytes, out var length))
        {
            return null;
        }

        var id = length switch
        {
            sizeof(ulong) => BinaryPrimitives.ReadUInt64BigEndian(bytes),
            2 * sizeof(ulong) => BinaryPrimitives.ReadUInt128BigEndian(bytes),
            _ => UInt128.Zero,
        };
        return id == 0 ? null : id;
    }
}
