using System.Numerics;
using System.Runtime.InteropServices;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Model.Topology;

/// <summary>Whose the spans of the last seconds were. A newer span takes the place of an older one, so that what is kept is bounded, and a span may be forgotten.</summary>
internal sealed class RecentSpans
{
    private const int Slots = 1 << 19;

    private Slot[] _slots = [];

    /// <summary>Notes a span.</summary>
    public void Add(in EdgePairing.Key key, Instance instance, SpanKind kind)
    {
        if (_slots.Length == 0)
        {
            // Most processes never see a span.
            _slots = new Slot[Slots];
        }

        ref var slot = ref At(key, out var hash);

        // Two halves of a shared span: both are what children are of.
        if (slot.Hash == hash && slot.Instance is { } other && other != instance)
        {
            slot = slot.Kind is SpanKind.Client or SpanKind.Producer
                ? slot with { Sharer = instance }
                : new() { Hash = hash, Instance = instance, Sharer = other, Kind = kind, IsMarked = slot.IsMarked };
            return;
        }

        slot = new() { Hash = hash, Instance = instance, Kind = kind };
    }

    /// <summary>Notes that somebody was served by this one.</summary>
    public void Mark(in EdgePairing.Key key)
    {
        if (_slots.Length > 0)
        {
            ref var slot = ref At(key, out var hash);
            slot.IsMarked |= slot.Hash == hash;
        }
    }

    /// <summary>Whose a span was, who sent another half of it, and whether it was marked; null when it has not come, or long ago.</summary>
    public (Instance Instance, Instance? Sharer, SpanKind Kind, bool IsMarked)? Find(in EdgePairing.Key key)
    {
        if (_slots.Length == 0)
        {
            return null;
        }

        ref var slot = ref At(key, out var hash);
        return slot.Hash == hash && slot.Instance is { } instance ? (instance, slot.Sharer, slot.Kind, slot.IsMarked) : null;
    }

    private ref Slot At(in EdgePairing.Key key, out ulong hash)
    {
        hash = key.SpanId ^ BitOperations.RotateLeft((ulong)key.TraceId, 23) ^ BitOperations.RotateLeft((ulong)(key.TraceId >> 64), 41) ^ ((ulong)(uint)key.Project.GetHashCode() << 32);
        hash *= 0x9E3779B97F4A7C15;
        return ref _slots[hash >> 45];
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Slot
    {
        public ulong Hash;
        public Instance? Instance;
        public Instance? Sharer;
        public SpanKind Kind;
        public bool IsMarked;
    }
}
