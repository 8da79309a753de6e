using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Functions;

/// <summary>Base64, base32, checksums and URLs.</summary>
internal static class EncodingFunctions
{
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    private static readonly System.Buffers.SearchValues<char> s_base32 = System.Buffers.SearchValues.Create(Base32);

    public static void AddTo(FunctionTable.Builder all) => all
        .Add("b64enc", "s", static a => Convert.ToBase64String(GoText.Encode((string)a[0]!)))
        .Add("b64dec", "s", static a => DecodeBase64((string)a[0]!))
        .Add("b32enc", "s", static a => EncodeBase32(GoText.Encode((string)a[0]!)))
        .Add("b32dec", "s", static a => DecodeBase32((string)a[0]!))
        .Add("sha1sum", "s", static a => Sha1(GoText.Encode((string)a[0]!)))
        .Add("sha256sum", "s", static a => Convert.ToHexStringLower(SHA256.HashData(GoText.Encode((string)a[0]!))))
        .Add("sha512sum", "s", static a => Convert.ToHexStringLower(SHA512.HashData(GoText.Encode((string)a[0]!))))
        .Add("adler32sum", "s", static a => Adler32(GoText.Encode((string)a[0]!)).ToString(CultureInfo.InvariantCulture))
        .Add("urlParse", "s", static a => UrlText.Parse((string)a[0]!))
        .Add("urlJoin", "m", static a => UrlText.Join((GoMap)a[0]!));

    // A wrong one is no failure: the text of the error is the result.
    private static string DecodeBase64(string text)
    {
        var bytes = GoText.Encode(text);
        var value = new List<byte>(bytes.Length);
        Span<int> group = stackalloc int[4];
        var (count, padding) = (0, 0);
        for (var i = 0; i < bytes.Length; i++)
        {
            var c = (char)bytes[i];
            if (c is '\r' or '\n')
            {
                continue;
            }

            if (c == '=' && count >= 2 && count + padding < 4)
            {
                padding++;
                continue;
            }

            var digit = char.IsAsciiLetterUpper(c) ? c - 'A' : char.IsAsciiLetterLower(c) ? c - 'a' + 26 : char.IsAsciiDigit(c) ? c - '0' + 52
                : c switch { '+' => 62, '/' => 63, _ => -1 };
            if (digit < 0 || padding > 0)
            {
                return Corrupt(padding > 0 && count + padding < 4 ? i - padding + 1 : i);
            }

            group[count++] = digit;
            if (count == 4)
            {
                Take(group, 4, value);
                count = 0;
            }
        }

        if (padding > 0 && count + padding == 4)
        {
            Take(group, count, value);
        }
        else if (count > 0)
        {
            return Corrupt(padding > 0 ? bytes.Length : bytes.Length - count);
        }

        return GoText.Decode([.. value]);

        static string Corrupt(int at) => string.Create(CultureInfo.InvariantCulture, $"illegal base64 data at input byte {at}");

        static void Take(Span<int> group, int count, List<byte> value)
        {
            var bits = (group[0] << 18) | (group[1] << 12) | (count > 2 ? group[2] << 6 : 0) | (count > 3 ? group[3] : 0);
            for (var i = 0; i < count - 1; i++)
            {
                value.Add((byte)(bits >> (16 - (8 * i))));
            }
        }
    }

    private static string EncodeBase32(byte[] bytes)
    {
        var text = new StringBuilder();
        for (var i = 0; i < bytes.Length; i += 5)
        {
            var part = bytes.AsSpan(i, Math.Min(5, bytes.Length - i));
            ulong bits = 0;
            for (var j = 0; j < 5; j++)
            {
                bits = (bits << 8) | (j < part.Length ? part[j] : 0u);
            }

            var digits = ((part.Length * 8) + 4) / 5;
            for (var j = 0; j < 8; j++)
            {
                text.Append(j < digits ? Base32[(int)(bits >> (35 - (5 * j))) & 31] : '=');
            }
        }

        return text.ToString();
    }

    private static string DecodeBase32(string text)
    {
        var digits = text.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);
        var data = digits.TrimEnd('=');
        var wrong = data.AsSpan().IndexOfAnyExcept(s_base32);
        if (wrong >= 0 || digits.Length % 8 != 0 || data.Length % 8 is 1 or 3 or 6)
        {
            return string.Create(CultureInfo.InvariantCulture, $"illegal base32 data at input byte {(wrong >= 0 ? wrong : data.Length)}");
        }

        var bytes = new List<byte>();
        var (bits, count) = (0, 0);
        foreach (var c in data)
        {
            bits = ((bits << 5) | Base32.IndexOf(c, StringComparison.Ordinal)) & 0xFFFF;
            count += 5;
            if (count >= 8)
            {
                count -= 8;
                bytes.Add((byte)(bits >> count));
            }
        }

        return GoText.Decode([.. bytes]);
    }

#pragma warning disable CA5350 // What a chart asks for: it names things by it, and keeps nothing secret with it.
    private static string Sha1(byte[] bytes) => Convert.ToHexStringLower(SHA1.HashData(bytes));
#pragma warning restore CA5350

    private static uint Adler32(byte[] bytes)
    {
        var (a, b) = (1u, 0u);
        foreach (var value in bytes)
        {
            a = (a + value) % 65521;
            b = (b + a) % 65521;
        }

        return (b << 16) | a;
    }
}
