using System.Buffers.Binary;

namespace Stagedoor.Tracing.Store;

/// <summary>Reads which blocks a segment file has, after whatever happened to it.</summary>
internal static class SegmentOpening
{
    /// <summary>
    /// Opens a file. What a block cut short by a crash left at the end is cut off: its spans are still in the log. A block that is damaged is left where it is and not used; what is no
    /// block at all is passed over up to the next one.
    /// </summary>
    /// <param name="files">The files.</param>
    /// <param name="path">The file's.</param>
    /// <param name="day">Its day, since the Unix epoch.</param>
    /// <param name="firstInLog">The first number that is still in the log: blocks from there on may be unfinished, and are read as a whole.</param>
    /// <param name="shared">Names that blocks have in common.</param>
    /// <param name="damaged">Told what cannot be read.</param>
    public static DaySpans Open(IStoreFiles files, string path, int day, ulong firstInLog, SharedNames shared, Action<string> damaged)
    {
        var segment = new SegmentFile(path, day, files.Open(path));
        var blocks = new List<Block>();
        var length = segment.File.Length;
        Span<byte> bytes = stackalloc byte[BlockForm.HeaderLength];
        var at = 0L;

        // What is behind this is elsewhere.
        var end = 0L;
        while (at < length)
        {
            var read = segment.File.Read(bytes, at);
            if (BlockHeader.Find(bytes[..read]) is not { } header)
            {
                var next = FindNext(segment.File, at + 1, length);
                if (next < 0)
                {
                    // A crash leaves parts of a block; one that has come to its end has been damaged later.
                    if (Block.FindFooter(segment.File, at, length) is { } footer && BinaryPrimitives.ReadUInt64LittleEndian(footer) < firstInLog && footer[sizeof(ulong)] == 0)
                    {
                        damaged($"{path} is damaged from byte {at} to its end; that part is set aside.");
                        end = length;
                    }

                    break;
                }

                damaged($"{path} is damaged from byte {at} to byte {next}; that part is set aside.");
                at = next;
                continue;
            }

            // What a crash has cut short is at the end, and what was in it is in the log or in the blocks that it was made of.
            var isLast = header.Length >= length - at;
            var isElsewhere = header.First >= firstInLog || header.IsMerged;
            try
            {
                if (header.Length > length - at)
                {
                    throw new InvalidDataException("It is cut off.");
                }

                var block = Block.Open(segment.File, at, header, shared);
                if (isElsewhere && (isLast || !header.IsMerged))
                {
                    block.Verify();
                }

                blocks.Add(block);
                end = at + header.Length;
            }
            catch (InvalidDataException e)
            {
                if (!isElsewhere)
                {
                    end = Math.Min(length, at + header.Length);
                    damaged($"{path} has a damaged block at byte {at} with {header.Spans} spans, which is set aside: {e.Message}");
                }
            }

            at += Math.Min(header.Length, length - at);
        }

        if (end < length)
        {
            segment.File.SetLength(end);
            segment.File.Flush();
        }

        segment.End = end;
        var replaced = blocks.SelectMany(static b => b.Replaces).ToHashSet();
        return new(segment, [.. blocks.Where(b => !replaced.Contains(b.Offset))]);
    }

    private static long FindNext(IStoreFile file, long from, long length)
    {
        var bytes = new byte[1 << 20];
        for (var at = from; at < length; at += bytes.Length - BlockForm.HeaderLength)
        {
            var read = file.Read(bytes, at);
            for (var i = 0; i + BlockForm.HeaderLength <= read; i++)
            {
                if (bytes[i] == (BlockForm.Magic & 0xFF) && BlockHeader.Find(bytes.AsSpan(i, BlockForm.HeaderLength)) is not null)
                {
                    return at + i;
                }
            }
        }

        return -1;
    }
}
