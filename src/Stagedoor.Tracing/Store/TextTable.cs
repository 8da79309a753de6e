using System.Runtime.InteropServices;

namespace Stagedoor.Tracing.Store;

/// <summary>Numbers texts in the order in which they come, and counts how often each does. Not for two threads at once.</summary>
internal sealed class TextTable
{
    private readonly List<Entry> _entries = [];
    private readonly ByteBuffer _bytes = new();
    private int[] _slots = new int[1024];

    public int Count => _entries.Count;

    public ReadOnlySpan<byte> this[int number] => _bytes.Bytes.Slice(_entries[number].Offset, _entries[number].Length);

    public int Bytes => _bytes.Length;

    public int UsesOf(int number) => _entries[number].Uses;

    /// <summary>The hash of a text (<see cref="TagFilter.HashOf(ReadOnlySpan{byte})"/>).</summary>
    public uint HashOf(int number) => _entries[number].Hash;

    public void Clear()
    {
        _entries.Clear();
        _bytes.Clear();
        if (_slots.Length > 1 << 16)
        {
            _slots = new int[1024];
        }
        else
        {
            Array.Clear(_slots);
        }
    }

    /// <summary>The text's number.</summary>
    public int Add(ReadOnlySpan<byte> text, int uses = 1)
    {
        var hash = TagFilter.HashOf(text);
        var entries = CollectionsMarshal.AsSpan(_entries);
        var mask = _slots.Length - 1;
        for (var slot = (int)hash & mask; ; slot = (slot + 1) & mask)
        {
            var number = _slots[slot] - 1;
            if (number < 0)
            {
                _entries.Add(new() { Hash = hash, Offset = _bytes.Length, Length = text.Length, Uses = uses });
                _bytes.Raw(text);
                _slots[slot] = _entries.Count;
                if (_entries.Count * 2 > _slots.Length)
                {
                    Grow();
                }

                return _entries.Count - 1;
            }

            ref var entry = ref entries[number];
            if (entry.Hash == hash && entry.Length == text.Length && _bytes.Bytes.Slice(entry.Offset, entry.Length).SequenceEqual(text))
            {
                entry.Uses += uses;
                return number;
            }
        }
    }

    private void Grow()
    {
        _slots = new int[_slots.Length * 2];
        var mask = _slots.Length - 1;
        for (var i = 0; i < _entries.Count; i++)
        {
            var slot = (int)_entries[i].Hash & mask;
            while (_slots[slot] != 0)
            {
                slot = (slot + 1) & mask;
            }

            _slots[slot] = i + 1;
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Entry
    {
        public uint Hash;
        public int Offset;
        public int Length;
        public int Uses;
    }
}
