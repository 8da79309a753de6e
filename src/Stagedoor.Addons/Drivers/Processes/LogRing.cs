using System.Globalization;
using System.Text;

namespace Stagedoor.Addons.Drivers.Processes;

/// <summary>The log of a service: two files, of which the older one goes when the newer one has its half of the room. What cannot be written is lost, and counted.</summary>
/// <param name="path">The newer file; the older one has <c>.1</c> after it.</param>
/// <param name="maxBytes">How much both may have.</param>
/// <param name="clock">Says when a line came.</param>
internal sealed class LogRing(string path, long maxBytes, TimeProvider clock) : IDisposable
{
    private const int MaxLine = 8 * 1024;
    private const int MaxTail = 1024 * 1024;

    private readonly Lock _turn = new();
    private FileStream? _file;
    private long _lost;

    /// <summary>The last lines of a log, as far as they fit into a mebibyte; none where there is none.</summary>
    /// <exception cref="IOException">The files cannot be read.</exception>
    public static IReadOnlyList<string> Tail(string path, int lines)
    {
        var last = new Queue<string>();
        var newer = new FileInfo(path);
        foreach (var (file, most) in ((string, long)[])[(path + ".1", MaxTail - (newer.Exists ? newer.Length : 0)), (path, MaxTail)])
        {
            if (most <= 0)
            {
                continue;
            }

            try
            {
                using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                using var reader = new StreamReader(stream, Encoding.UTF8);
                if (stream.Length > most)
                {
                    // Up to the end of the line that this is in, which is told in part else.
                    stream.Seek(-most - 1, SeekOrigin.End);
                    reader.ReadLine();
                }

                while (reader.ReadLine() is { } line)
                {
                    last.Enqueue(Text.Repair(line.Replace('\0', '\uFFFD')));
                    if (last.Count > lines)
                    {
                        last.Dequeue();
                    }
                }
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                // It has not said that much, or the file was just put aside.
            }
        }

        return [.. last];
    }

    /// <summary>Writes everything that a stream has, line by line, until it ends.</summary>
    public void Copy(Stream stream)
    {
        var buffer = new byte[64 * 1024];
        var line = new MemoryStream();
        var chunk = new MemoryStream();
        try
        {
            int read;
            while ((read = stream.Read(buffer)) > 0)
            {
                chunk.SetLength(0);
                Split(buffer.AsSpan(0, read), line, chunk);
                Write(chunk.GetBuffer().AsSpan(0, (int)chunk.Length));
            }
        }
        catch (IOException)
        {
            // The other end is gone.
        }

        if (line.Length > 0)
        {
            Say(line.GetBuffer().AsSpan(0, (int)line.Length));
        }
    }

    /// <summary>Writes a line of the supervisor's own.</summary>
    public void Say(string text) => Say(Encoding.UTF8.GetBytes($"[stagedoor] {text}"));

    public void Dispose()
    {
        lock (_turn)
        {
            _file?.Dispose();
            _file = null;
        }
    }

    private void Say(ReadOnlySpan<byte> text)
    {
        var chunk = new MemoryStream();
        End(text, chunk);
        Write(chunk.GetBuffer().AsSpan(0, (int)chunk.Length));
    }

    private void Split(ReadOnlySpan<byte> bytes, MemoryStream line, MemoryStream chunk)
    {
        while (bytes.Length > 0)
        {
            var end = bytes.IndexOf((byte)'\n');
            var part = end < 0 ? bytes : bytes[..end];
            if (line.Length + part.Length > MaxLine)
            {
                part = part[..(int)(MaxLine - line.Length)];
                end = -1;
            }

            line.Write(part);
            bytes = bytes[(part.Length + (end >= 0 ? 1 : 0))..];
            if (end >= 0 || line.Length == MaxLine)
            {
                End(line.GetBuffer().AsSpan(0, (int)line.Length), chunk);
                line.SetLength(0);
            }
        }
    }

    private void End(ReadOnlySpan<byte> line, MemoryStream chunk)
    {
        chunk.Write(Encoding.ASCII.GetBytes(clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ ", CultureInfo.InvariantCulture)));
        chunk.Write(line);
        chunk.WriteByte((byte)'\n');
    }

    private void Write(ReadOnlySpan<byte> lines)
    {
        lock (_turn)
        {
            while (lines.Length > 0)
            {
                try
                {
                    _file ??= Open();
                    if (_lost > 0)
                    {
                        _file.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"[stagedoor] {_lost} bytes before this could not be written\n")));
                        _lost = 0;
                    }

                    var room = (int)Math.Min(int.MaxValue, (maxBytes / 2) - (_file.CanSeek ? _file.Length : 0));
                    var fitting = lines.Length <= room ? lines.Length : room <= 0 ? 0 : lines[..room].LastIndexOf((byte)'\n') + 1;
                    if (fitting == 0)
                    {
                        _file.Dispose();
                        _file = null;
                        File.Move(path, path + ".1", overwrite: true);
                        continue;
                    }

                    _file.Write(lines[..fitting]);
                    lines = lines[fitting..];
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // A full disk is no reason to hold the service up, or to end it.
                    _lost += lines.Length;
                    _file?.Dispose();
                    _file = null;
                    return;
                }
            }
        }
    }

    private FileStream Open() => new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
}
