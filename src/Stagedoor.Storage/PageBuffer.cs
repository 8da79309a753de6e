using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Stagedoor.Storage;

/// <summary>A large buffer that begins on a page of memory: a store can give it to the disk as it is. Disposing it returns it.</summary>
public sealed class PageBuffer : IMemoryOwner<byte>
{
    /// <summary>How long every buffer is.</summary>
    public const int Bytes = 1024 * 1024;

    /// <summary>What its start, and places in a file, must be multiples of for that.</summary>
    public const int Alignment = 4096;

    // 16 MiB at most are kept; what a burst needs beyond goes back to the collector.
    private const int MaxKept = 16;

    private static readonly ConcurrentBag<PageBuffer> s_free = [];

    private PageBuffer()
    {
        // Pinned, so that the page's boundary stays where it is.
        var bytes = GC.AllocateUninitializedArray<byte>(Bytes + Alignment, pinned: true);
        var beyond = (int)(Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0) % Alignment);
        Memory = bytes.AsMemory((Alignment - beyond) % Alignment, Bytes);
    }

    public Memory<byte> Memory { get; }

    public static PageBuffer Rent() => s_free.TryTake(out var kept) ? kept : new();

    public void Dispose()
    {
        if (s_free.Count < MaxKept)
        {
            s_free.Add(this);
        }
    }
}
