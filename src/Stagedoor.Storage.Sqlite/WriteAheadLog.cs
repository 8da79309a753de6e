using System.Buffers.Binary;

namespace Stagedoor.Storage.Sqlite;

/// <summary>Reads a write-ahead log as SQLite does when it opens a database, and tells what it will not apply.</summary>
/// <remarks>
/// SQLite stops at the first frame that is not as it was written and says nothing. After a crash that is the end; when commits come behind it,
/// they were lost. A log that was cut at the end of a transaction looks like one that ended there.
/// </remarks>
internal static class WriteAheadLog
{
    private const int HeaderBytes = 32;
    private const int FrameHeaderBytes = 24;
    private const int ChecksumOffset = 24;
    private const uint Magic = 0x377f0682;
    private const int MaxPageSize = 65_536;

    /// <summary>What is wrong with the log of this database file, in a sentence; null when nothing is, or there is no log.</summary>
    internal static string? FindDamage(string database)
    {
        var path = database + "-wal";
        if (new FileInfo(path) is not { Exists: true, Length: > 0 })
        {
            return null;
        }

        using var log = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 20);
        var header = new byte[HeaderBytes];
        if (log.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes)
        {
            return null;
        }

        var magic = BinaryPrimitives.ReadUInt32BigEndian(header);
        var pageSize = (int)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(8));
        var isBigEndian = (magic & 1) != 0;
        var (first, second) = Sum(header.AsSpan(0, ChecksumOffset), isBigEndian, 0, 0);
        if ((magic & ~1u) != Magic || pageSize is < 512 or > MaxPageSize || (first, second) != Sums(header.AsSpan(ChecksumOffset)))
        {
            // All zero: a crash has made the file longer before anything was written to it.
            return header.AsSpan().ContainsAnyExcept((byte)0) ? $"The head of {path} is damaged; nothing of the log was applied." : null;
        }

        return FindLostCommits(log, path, header.AsSpan(16, 8).ToArray(), pageSize, isBigEndian, first, second);
    }

    private static string? FindLostCommits(Stream log, string path, byte[] salts, int pageSize, bool isBigEndian, uint first, uint second)
    {
        var frame = new byte[FrameHeaderBytes + pageSize];
        var (isBroken, lost) = (false, 0);
        while (log.ReadAtLeast(frame, frame.Length, throwOnEndOfStream: false) == frame.Length)
        {
            var isOfThisLog = frame.AsSpan(8, 8).SequenceEqual(salts);
            if (!isBroken)
            {
                (first, second) = Sum(frame.AsSpan(0, 8), isBigEndian, first, second);
                (first, second) = Sum(frame.AsSpan(FrameHeaderBytes), isBigEndian, first, second);
                isBroken = !isOfThisLog || (first, second) != Sums(frame.AsSpan(16));
            }

            // What an older round has left bears other salts.
            if (isBroken && isOfThisLog && BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(4)) != 0)
            {
                lost++;
            }
        }

        return lost == 0 ? null : $"{path} is damaged in the middle: {lost} commits behind that place were not applied.";
    }

    private static (uint First, uint Second) Sums(ReadOnlySpan<byte> bytes) =>
        (BinaryPrimitives.ReadUInt32BigEndian(bytes), BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]));

    private static (uint First, uint Second) Sum(ReadOnlySpan<byte> bytes, bool isBigEndian, uint first, uint second)
    {
        for (var i = 0; i < bytes.Length; i += 8)
        {
            var (a, b) = isBigEndian
                ? (BinaryPrimitives.ReadUInt32BigEndian(bytes[i..]), BinaryPrimitives.ReadUInt32BigEndian(bytes[(i + 4)..]))
                : (BinaryPrimitives.ReadUInt32LittleEndian(bytes[i..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[(i + 4)..]));
            unchecked
            {
                first += a + second;
                second += b + first;
            }
        }

        return (first, second);
    }
}
