using System.Net;
using System.Runtime.InteropServices;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Zipkin;

/// <summary>Where a span was, or whom it spoke to, as it was sent.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct ZipkinEndpoint
{
    public TextRef Service;

    /// <summary>An address of version 4: a text, or 4 bytes when <see cref="IsBinary"/>.</summary>
    public TextRef V4;

    /// <summary>An address of version 6: a text, or 16 bytes when <see cref="IsBinary"/>.</summary>
    public TextRef V6;

    /// <summary>0 when it is not known.</summary>
    public ushort Port;
    public bool IsBinary;

    public readonly bool IsEmpty => Service.Length == 0 && V4.Length == 0 && V6.Length == 0 && Port == 0;

    /// <summary>Takes a port; one that is none is not known.</summary>
    public void SetPort(long port) => Port = port is > 0 and <= ushort.MaxValue ? (ushort)port : (ushort)0;

    /// <summary>Whether another one says the same.</summary>
    public readonly bool Is(in ZipkinEndpoint other, SpanBatch batch) =>
        Port == other.Port && IsBinary == other.IsBinary
        && batch[Service].SequenceEqual(batch[other.Service]) && batch[V4].SequenceEqual(batch[other.V4]) && batch[V6].SequenceEqual(batch[other.V6]);

    /// <summary>The address of a version as a text; empty when there is none, or it is none.</summary>
    public readonly TextRef AddressOf(bool isV6, SpanBatch batch)
    {
        var sent = isV6 ? V6 : V4;
        if (!IsBinary)
        {
            return sent.Length > 0 && (isV6 ? IsV6(batch[sent]) : IsV4(batch[sent])) ? sent : default;
        }

        var bytes = batch[sent];
        if (bytes.Length != (isV6 ? 16 : 4) || !bytes.ContainsAnyExcept((byte)0))
        {
            return default;
        }

        Span<byte> text = stackalloc byte[64];
        return new IPAddress(bytes).TryFormat(text, out var length) ? batch.Add(text[..length]) : default;
    }

    /// <summary>Whether a text is four numbers with dots between them.</summary>
    public static bool IsV4(ReadOnlySpan<byte> text)
    {
        var (numbers, digits, value) = (0, 0, 0);
        foreach (var c in text)
        {
            if (c == '.' && digits > 0)
            {
                (numbers, digits, value) = (numbers + 1, 0, 0);
            }
            else if (c is >= (byte)'0' and <= (byte)'9' && digits < 3)
            {
                (digits, value) = (digits + 1, (value * 10) + (c - '0'));
                if (value > byte.MaxValue)
                {
                    return false;
                }
            }
            else
            {
                return false;
            }
        }

        return numbers == 3 && digits > 0;
    }

    public static bool IsV6(ReadOnlySpan<byte> text) => text.Length <= 64 && text.Contains((byte)':') && IPAddress.IsValidUtf8(text);
}
