using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Stagedoor.Images.Tests.PageUploads;

/// <summary>A tar file, written header by header, so that it can be as wrong as a test wants it.</summary>
#pragma warning disable CA1001 // The stream is memory alone.
public sealed class Tarball
#pragma warning restore CA1001
{
    private const int Block = 512;

    private readonly MemoryStream _bytes = new();

    public Tarball Add(string name, byte[] content, char type = '0', string link = "", string magic = "ustar\0" + "00")
    {
        ArgumentNullException.ThrowIfNull(content);
        var header = new byte[Block];
        Write(header, 0, name);
        Write(header, 100, "0000644");
        Write(header, 124, Convert.ToString(content.Length, 8).PadLeft(11, '0'));
        Write(header, 136, "00000000000");
        header[156] = (byte)type;
        Write(header, 157, link);
        Write(header, 257, magic);
        header.AsSpan(148, 8).Fill((byte)' ');
        Write(header, 148, Convert.ToString(header.Sum(static b => b), 8).PadLeft(6, '0') + "\0 ");
        _bytes.Write(header);
        _bytes.Write(content);
        _bytes.Write(new byte[(Block - (content.Length % Block)) % Block]);
        return this;
    }

    public Tarball Add(string name, string content) => Add(name, Encoding.UTF8.GetBytes(content));

    /// <summary>An entry whose name is too long for its header.</summary>
    public Tarball AddLong(string name, byte[] content, bool isGnu)
    {
        if (isGnu)
        {
            return Add("././@LongLink", Encoding.UTF8.GetBytes(name + "\0"), 'L').Add("cut", content);
        }

        var record = $" path={name}\n";
        var length = record.Length + 2;
        length = record.Length + length.ToString(CultureInfo.InvariantCulture).Length;
        return Add("PaxHeaders.0/x", Encoding.UTF8.GetBytes($"{length}{record}"), 'x').Add("cut", content);
    }

    public byte[] ToArray(bool withEnd = true)
    {
        if (withEnd)
        {
            _bytes.Write(new byte[2 * Block]);
        }

        return _bytes.ToArray();
    }

    public static byte[] Gzip(byte[] content)
    {
        ArgumentNullException.ThrowIfNull(content);
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }

    private static void Write(byte[] header, int at, string text) => Encoding.UTF8.GetBytes(text).CopyTo(header, at);
}
