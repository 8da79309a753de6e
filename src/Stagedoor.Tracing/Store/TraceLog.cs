using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Stagedoor.Tracing.Store;

/// <summary>
/// What was acknowledged and is not yet in a segment: files <c>ingest-N.log</c> of one length, which are written anew when nothing in them is needed any more (an fsync of a file
/// that has all its bytes costs half). A record is its length, its sequence number, the checksum of its bytes and one of these, then its bytes. Numbers only grow, so that what an
/// earlier use left behind the last record is known by its number. Not for two threads at once, except <see cref="Release"/>.
/// </summary>
internal sealed class TraceLog : IDisposable
{
    private const int RecordHeader = 28;
    private const uint EndMark = uint.MaxValue;
    private const int MaxSpare = 1;

    // What a torn write or a failed one left may bear numbers that were not acknowledged: none of them is given again.
    private const ulong Gap = 1 << 20;

    private readonly IStoreFiles _files;
    private readonly string _folder;
    private readonly int _fileLength;
    private readonly Lock _gate = new();
    private readonly List<LogFile> _full = [];
    private readonly ByteBuffer _group = new();
    private readonly byte[] _zeros = new byte[1 << 20];
    private IStoreFile? _file;
    private string _path = "";
    private ulong _last;
    private long _end;
    private bool _isTorn;
    private long _nextNumber = 1;
    private int _spares;

    private TraceLog(IStoreFiles files, string folder, int fileLength) => (_files, _folder, _fileLength) = (files, folder, fileLength);

    /// <summary>The number of the last record.</summary>
    public ulong Last => Volatile.Read(ref _last);

    /// <summary>How many files there are that nothing is added to any more, and that are needed.</summary>
    public int FullFiles
    {
        get
        {
            lock (_gate)
            {
                return _full.Count;
            }
        }
    }

    /// <summary>Opens the log, and tells what is in it.</summary>
    /// <param name="files">The files.</param>
    /// <param name="folder">Where they are.</param>
    /// <param name="fileLength">How many bytes a file has.</param>
    /// <param name="after">The greatest number that is known from elsewhere.</param>
    /// <param name="each">Told the number and the bytes of each record, in their order.</param>
    /// <param name="damaged">Told what cannot be read.</param>
    public static TraceLog Open(IStoreFiles files, string folder, int fileLength, ulong after, Action<ulong, byte[]> each, Action<string> damaged)
    {
        var log = new TraceLog(files, folder, fileLength) { _last = after };
        var found = Numbered(files, folder);
        var known = new List<(string Path, List<LogRecord> Records, LogEnd End)>();
        foreach (var (number, path) in found)
        {
            log._nextNumber = Math.Max(log._nextNumber, number + 1);
            using var opened = files.Open(path);
            var (records, end) = Scan(opened, isOver: false);
            if (records.Count > 0 || end is not LogEnd.Empty)
            {
                known.Add((path, records, end));
            }
            else
            {
                files.Delete(path);
            }
        }

        log._spares = files.List(folder, "ingest.spare").Count;
        for (var i = 0; i < known.Count; i++)
        {
            var (path, records, end) = known[i];
            using (var file = files.Open(path))
            {
                // At the end of the last one a write may be torn; in one that was gone on from, all was whole.
                if (end is LogEnd.Bad && i < known.Count - 1)
                {
                    (records, end) = Scan(file, isOver: true);
                }

                foreach (var record in records)
                {
                    var bytes = new byte[record.Length];
                    file.ReadExactly(bytes, record.At);
                    each(record.Sequence, bytes);
                }
            }

            // From now on it is not the last one.
            if (end is LogEnd.Bad && i == known.Count - 1)
            {
                using var file = files.Open(path);
                log._group.Clear();
                log.Frame(EndMark, (records.Count > 0 ? records[^1].Sequence : log._last) + 1, 0);
                file.Write(log._group.Memory, records.Count > 0 ? records[^1].At + records[^1].Length : 0);
                file.Flush();
            }

            var isDamaged = i < known.Count - 1 && end is (LogEnd.Damaged or LogEnd.Bad);
            if (isDamaged)
            {
                damaged($"{path} is damaged; {records.Count} records of it are whole, and the file is set aside when they are kept elsewhere.");
            }

            var last = records.Count > 0 ? records[^1].Sequence : 0;
            log._full.Add(new(path, last, isDamaged));
            log._last = Math.Max(log._last, last);
        }

        log._last += Gap;
        return log;
    }

    /// <summary>Writes records, and gives them their numbers; when it returns they are durable. When it throws none of them is kept.</summary>
    /// <exception cref="IOException">The disk is full, or failed.</exception>
    public void Append(IReadOnlyList<ReadOnlyMemory<byte>> records, Span<ulong> numbers)
    {
        var length = RecordHeader;
        foreach (var record in records)
        {
            length = checked(length + RecordHeader + record.Length);
        }

        try
        {
            if (_file is null || _end + length > Math.Max(_fileLength, _file!.Length))
            {
                Rotate(length);
            }

            if (_isTorn)
            {
                _file!.SetLength(_end);
                _isTorn = false;
            }

            _group.Clear();
            for (var i = 0; i < records.Count; i++)
            {
                Frame((uint)records[i].Length, ++_last, XxHash3.HashToUInt64(records[i].Span));
                numbers[i] = _last;
                _group.Raw(records[i].Span);
            }

            var file = _file!;
            file.Write(_group.Memory, _end);
            file.Flush();
            _end += _group.Length;
        }
        catch (Exception e) when (StoreFaults.Are(e))
        {
            _last += Gap;
            if (_file is not null)
            {
                _isTorn = true;
                Cut();
            }

            throw;
        }
    }

    /// <summary>All records up to a number are kept elsewhere: files with none behind it are free.</summary>
    public void Release(ulong through)
    {
        List<LogFile> free;
        lock (_gate)
        {
            free = _full.FindAll(f => f.Last <= through);
            _full.RemoveAll(f => f.Last <= through);
        }

        foreach (var file in free)
        {
            if (file.IsDamaged)
            {
                _files.Move(file.Path, file.Path + ".damaged");
            }
            else if (Interlocked.Increment(ref _spares) <= MaxSpare)
            {
                Free(file.Path);
            }
            else
            {
                Interlocked.Decrement(ref _spares);
                _files.Delete(file.Path);
            }
        }
    }

    public void Dispose() => _file?.Dispose();

    // What it holds must not be taken for what it will hold.
    private void Free(string path)
    {
        var free = Path.Combine(_folder, "ingest.free");
        _files.Move(path, free);
        using (var file = _files.Open(free))
        {
            file.Write(_zeros.AsMemory(0, RecordHeader), 0);
            file.Flush();
        }

        _files.Move(free, Path.Combine(_folder, "ingest.spare"));
    }

    private static List<(long Number, string Path)> Numbered(IStoreFiles files, string folder)
    {
        var found = new List<(long, string)>();
        foreach (var path in files.List(folder, "ingest-*.log"))
        {
            if (long.TryParse(Path.GetFileNameWithoutExtension(path)["ingest-".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                found.Add((number, path));
            }
        }

        found.Sort();
        return found;
    }

    // What is damaged in the middle of a file that is over costs what it hits: behind it the next record with a greater number is looked for. What an earlier use left has smaller ones.
    private static (List<LogRecord> Records, LogEnd End) Scan(IStoreFile file, bool isOver)
    {
        var records = new List<LogRecord>();
        Span<byte> header = stackalloc byte[RecordHeader];
        var length = file.Length;
        var last = 0UL;
        var isDamaged = false;
        for (var at = 0L; ;)
        {
            if (at + RecordHeader > length || file.Read(header, at) < RecordHeader)
            {
                return (records, records.Count == 0 && !isDamaged ? LogEnd.Empty : LogEnd.Bad);
            }

            if (IsHeader(header, last))
            {
                var size = BinaryPrimitives.ReadUInt32LittleEndian(header);
                var sequence = BinaryPrimitives.ReadUInt64LittleEndian(header[4..]);
                if (size == EndMark)
                {
                    return (records, isDamaged ? LogEnd.Damaged : LogEnd.Whole);
                }

                var bytes = at + RecordHeader + size <= length ? new byte[size] : null;
                if (bytes is not null && file.Read(bytes, at + RecordHeader) == bytes.Length && XxHash3.HashToUInt64(bytes) == BinaryPrimitives.ReadUInt64LittleEndian(header[12..]))
                {
                    records.Add(new(sequence, at + RecordHeader, (int)size));
                    last = sequence;
                    at += RecordHeader + size;
                    continue;
                }
            }
            else if (records.Count == 0 && !isDamaged && !header.ContainsAnyExcept((byte)0))
            {
                return (records, LogEnd.Empty);
            }

            var next = isOver ? FindNext(file, at + 1, length, last) : -1;
            if (next < 0)
            {
                return (records, LogEnd.Bad);
            }

            (at, isDamaged) = (next, true);
        }
    }

    private static bool IsHeader(ReadOnlySpan<byte> header, ulong last) =>
        BinaryPrimitives.ReadUInt64LittleEndian(header[4..]) > last && BinaryPrimitives.ReadUInt64LittleEndian(header[20..]) == XxHash3.HashToUInt64(header[..20]);

    private static long FindNext(IStoreFile file, long from, long length, ulong last)
    {
        var bytes = new byte[1 << 20];
        for (var at = from; at + RecordHeader <= length; at += bytes.Length - RecordHeader + 1)
        {
            var read = file.Read(bytes, at);
            for (var i = 0; i + RecordHeader <= read; i++)
            {
                // Zeros, of which most of a file is made, hold none.
                if (bytes[i + 20] + bytes[i + 21] + bytes[i + 22] + bytes[i + 23] != 0 && IsHeader(bytes.AsSpan(i, RecordHeader), last))
                {
                    return at + i;
                }
            }
        }

        return -1;
    }

    private void Frame(uint length, ulong sequence, ulong checksum)
    {
        var at = _group.Length;
        _group.Fixed32(length);
        _group.Fixed64(sequence);
        _group.Fixed64(checksum);
        _group.Fixed64(XxHash3.HashToUInt64(_group.Bytes[at..]));
    }

    // The new file is there before the old one has its end: an empty one behind the last says nothing.
    private void Rotate(int length)
    {
        var path = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"ingest-{_nextNumber}.log"));
        var next = Make(path, Math.Max(_fileLength, length));
        try
        {
            if (_file is not null)
            {
                if (_isTorn)
                {
                    _file.SetLength(_end);
                    _isTorn = false;
                }

                _group.Clear();
                Frame(EndMark, ++_last, 0);
                _file.Write(_group.Memory, _end);
                _file.Flush();
                _file.Dispose();
                lock (_gate)
                {
                    _full.Add(new(_path, _last, false));
                }
            }
        }
        catch
        {
            next.Dispose();
            _files.Delete(path);
            throw;
        }

        (_file, _path, _end, _isTorn) = (next, path, 0, false);
        _nextNumber++;
    }

    private IStoreFile Make(string path, int length)
    {
        var spare = Path.Combine(_folder, "ingest.spare");
        var isSpare = _files.List(_folder, "ingest.spare").Count > 0;
        if (isSpare)
        {
            _files.Move(spare, path);
            Interlocked.Exchange(ref _spares, 0);
        }

        var file = _files.Open(path);
        try
        {
            for (var at = file.Length; at < length; at += _zeros.Length)
            {
                file.Write(_zeros.AsMemory(0, (int)Math.Min(_zeros.Length, length - at)), at);
            }

            file.Flush();
            _files.SyncFolder(_folder);
            return file;
        }
        catch (Exception e) when (StoreFaults.Are(e))
        {
            file.Dispose();
            _files.Delete(path);
            throw;
        }
    }

    private void Cut()
    {
        try
        {
            _file!.SetLength(_end);
            _isTorn = false;
        }
        catch (Exception e) when (StoreFaults.Are(e))
        {
            // The next append tries again before it writes.
        }
    }

    private enum LogEnd
    {
        Empty,
        Whole,

        // Its end is there, and something before it is not.
        Damaged,
        Bad,
    }

    private sealed record LogFile(string Path, ulong Last, bool IsDamaged);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct LogRecord(ulong Sequence, long At, int Length);
}
