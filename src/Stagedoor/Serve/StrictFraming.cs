using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Net.Http.Headers;

namespace Stagedoor.Serve;

/// <summary>Refuses requests whose end another server in front could see elsewhere.</summary>
internal static class StrictFraming
{
    private const string LineFeedSwitch = "Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators";

    /// <summary>Has to come before the server is built.</summary>
    public static void Apply(KestrelServerOptions options)
    {
        // A line ends with CRLF and with nothing else.
        AppContext.SetSwitch(LineFeedSwitch, isEnabled: true);
        options.RequestHeaderEncodingSelector = static name =>
            ReferenceEquals(name, HeaderNames.ContentLength) || string.Equals(name, HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase) ? Digits.Value : null!;
    }

    /// <summary>Reads digits and nothing else, so that <c>Content-Length: +2</c> is no number.</summary>
    private sealed class Digits : Encoding
    {
        public static readonly Digits Value = new();

        public override int GetByteCount(char[] chars, int index, int count) => count;

        public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => throw new NotSupportedException();

        public override int GetCharCount(byte[] bytes, int index, int count) => count;

        public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
        {
            // The server gives room for one digit more than a length can have, and takes what fills it for no length.
            var count = Math.Min(byteCount, chars.Length - charIndex);
            for (var i = 0; i < count; i++)
            {
                chars[charIndex + i] = bytes[byteIndex + i] is var b and >= (byte)'0' and <= (byte)'9' ? (char)b : 'x';
            }

            return count;
        }

        public override int GetMaxByteCount(int charCount) => charCount;

        public override int GetMaxCharCount(int byteCount) => byteCount;
    }
}
