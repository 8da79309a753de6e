using System.Text;

namespace Stagedoor.Gateway.Signing;

/// <summary>The readings of a raw path that clients sign. All of them end with a slash, whatever the wire says.</summary>
internal enum PathReading
{
    /// <summary>Each segment decoded once: every client, for ordinary paths.</summary>
    Segments,

    /// <summary>Escapes of ASCII are text: Node and Java, when their caller escaped a segment already.</summary>
    EscapesAsText,

    /// <summary>The whole path decoded, so that an encoded slash separates: .NET and Python.</summary>
    Whole,
}

internal static class CanonicalPath
{
    public static void Append(Utf8Buffer buffer, ReadOnlySpan<char> path, PathReading reading)
    {
        if (!path.ContainsAnyExcept(Percent.PlainPath))
        {
            buffer.Append(path);
        }
        else
        {
            AppendEscaped(buffer, path, reading);
        }

        if (buffer[^1..][0] != '/')
        {
            buffer.Append('/');
        }
    }

    private static void AppendEscaped(Utf8Buffer buffer, ReadOnlySpan<char> path, PathReading reading)
    {
        Span<byte> utf8 = stackalloc byte[4];
        while (!path.IsEmpty)
        {
            if (path[0] == '/')
            {
                buffer.Append('/');
                path = path[1..];
            }
            else if (Percent.TryReadEscape(path, out var value) && (value >= 0x80 || reading != PathReading.EscapesAsText))
            {
                if (value == '/' && reading == PathReading.Whole)
                {
                    buffer.Append('/');
                }
                else
                {
                    buffer.AppendEncoded(value);
                }

                path = path[3..];
            }
            else
            {
                _ = Rune.DecodeFromUtf16(path, out var rune, out var consumed);
                foreach (var unit in utf8[..rune.EncodeToUtf8(utf8)])
                {
                    buffer.AppendEncoded(unit);
                }

                path = path[consumed..];
            }
        }
    }
}
