using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Model.Topology;

/// <summary>
/// Finds of each span the call that it is part of: whoever serves and whoever calls send their spans each by themselves, in any order and any time apart. What has to wait
/// for its other half does so for a while, in a room that is bounded; then it counts for what it is by itself.
/// Not safe for several callers at a time.
/// </summary>
/// <param name="most">How many spans wait at most; the next one does not.</param>
/// <param name="patience">How long a span waits.</param>
internal sealed class EdgePairing(int most, TimeSpan patience)
{
    private const int Slack = 1000;

    // By the span itself: callers wait for who serves them.
    private readonly Dictionary<Key, Waiting> _callers = [];

    // By the parent: whoever served waits for the caller, and what may be an entry for whatever it is in.
    private readonly Dictionary<Key, List<Waiting>> _children = [];
    private readonly Queue<Waiting> _order = [];
    private readonly RecentSpans _recent = new();

    // Each lives for seconds, too long for what the memory's first generation is good at: they are used again.
    private readonly Stack<Waiting> _spare = [];
    private int _waiting;

    /// <summary>How many spans wait.</summary>
    public int Pending => _waiting;

    /// <summary>How many spans are kept, also such as have met already.</summary>
    internal int Kept => _order.Count;

    /// <summary>How many calls had neither another half nor a name of what they called.</summary>
    public long Unpaired { get; private set; }

    /// <summary>How many spans came when the other half had been counted by itself.</summary>
    public long LatePairs { get; private set; }

    /// <summary>Counts the spans of one request.</summary>
    /// <param name="project">Whose they are.</param>
    /// <param name="spans">The spans.</param>
    /// <param name="now">What time it is.</param>
    public void Add(ProjectModel project, ReadOnlySpan<ArrivedSpan> spans, DateTimeOffset now)
    {
        // Children come before their parents: each is looked for when all are there.
        foreach (ref readonly var span in spans)
        {
            _recent.Add(KeyOf(project, span.TraceId, span.SpanId), span.Instance, span.Kind);
        }

        // Callers first, so that whoever served finds them.
        foreach (var callers in (ReadOnlySpan<bool>)[true, false])
        {
            foreach (ref readonly var span in spans)
            {
                if (IsCaller(span.Kind) == callers)
                {
                    Add(project, in span, now + patience);
                }
            }
        }
    }

    /// <summary>Counts what has waited long enough.</summary>
    public void Expire(DateTimeOffset now)
    {
        while (_order.TryPeek(out var first) && (first.IsDone || first.Until <= now))
        {
            _order.Dequeue();
            if (!first.IsDone)
            {
                Remove(first);
                Conclude(first);
            }

            Spare(first);
        }
    }

    private void Add(ProjectModel project, in ArrivedSpan span, DateTimeOffset until)
    {
        var isServing = span.Kind is SpanKind.Server or SpanKind.Consumer;
        if (isServing || span.Reading.IsEntry)
        {
            project.At(MinuteOf(span)).Add(span.Instance, span.Reading.Transaction, CallOf(span));
        }

        if (span.Reading.Resource.Length > 0)
        {
            var resource = project.Graph.Resource(span.Reading.Resource);
            project.At(MinuteOf(span)).Add(
                span.Kind is SpanKind.Consumer ? new(resource, span.Instance.Service, TypeOf(span.Reading.Category)) : new(span.Instance.Service, resource, TypeOf(span.Reading.Category)),
                CallOf(span));
        }
        else if (IsCaller(span.Kind))
        {
            AddCaller(project, in span, until);
        }
        else if (isServing)
        {
            AddServing(project, in span, until);
        }

        if (!isServing && !span.Reading.IsEntry)
        {
            AddInner(project, in span, until);
        }

        MeetChildren(project, in span);
    }

    private void AddCaller(ProjectModel project, in ArrivedSpan span, DateTimeOffset until)
    {
        var own = KeyOf(project, span.TraceId, span.SpanId);

        // Whoever served may have come first: as a child, or under the same id.
        if (FindChild(own, static w => w.Purpose is Purpose.Served) is { } served)
        {
            Remove(served);
            Pair(project, in span, in served.Span);
            _recent.Mark(own);
            return;
        }

        if (_callers.ContainsKey(own))
        {
            return;
        }

        if (Wait(Purpose.Called, project, own, null, in span, until) is { } waiting)
        {
            _callers.Add(own, waiting);
        }
    }

    private void AddServing(ProjectModel project, in ArrivedSpan span, DateTimeOffset until)
    {
        var own = KeyOf(project, span.TraceId, span.SpanId);
        var parent = KeyOf(project, span.TraceId, span.ParentId);
        if (_callers.TryGetValue(own, out var caller) || (span.ParentId != 0 && _callers.TryGetValue(parent, out caller)))
        {
            Remove(caller);
            Pair(project, in caller.Span, in span);
            _recent.Mark(caller.Key);
            return;
        }

        if (span.MayBeShared)
        {
            // Its caller may have the same id, or be its parent.
            WaitForParent(Purpose.Served, project, own, span.ParentId == 0 ? null : parent, in span, until);
            return;
        }

        if (span.ParentId == 0)
        {
            if (span.Kind is SpanKind.Server)
            {
                project.At(MinuteOf(span)).Add(new(project.Graph.User, span.Instance.Service, TypeOf(span.Reading.Category)), CallOf(span));
            }

            return;
        }

        if (_recent.Find(parent) is not { } known)
        {
            WaitForParent(Purpose.Served, project, parent, null, in span, until);
        }
        else if (IsCaller(known.Kind))
        {
            // Another child has been counted for it, or it has been counted by itself.
            LatePairs += known.IsMarked ? 0 : 1;
        }
        else
        {
            CalledBy(project, known.Instance, in span);
        }
    }

    // A span that neither calls nor serves is an entry when whatever it is in is of another process, or never comes.
    private void AddInner(ProjectModel project, in ArrivedSpan span, DateTimeOffset until)
    {
        var parent = KeyOf(project, span.TraceId, span.ParentId);
        var found = _recent.Find(parent);
        if (found is { } own && (own.Instance == span.Instance || own.Sharer == span.Instance))
        {
            return;
        }

        // A caller may share its id with whoever it calls.
        if (found is not { } known || IsCaller(known.Kind))
        {
            WaitForParent(Purpose.Inner, project, parent, null, in span, until);
        }
        else
        {
            project.At(MinuteOf(span)).Add(span.Instance, span.Reading.Transaction, CallOf(span));
        }
    }

    // What waited for this span as its parent, and does not make a pair with it.
    private void MeetChildren(ProjectModel project, in ArrivedSpan span)
    {
        var own = KeyOf(project, span.TraceId, span.SpanId);
        if (!_children.TryGetValue(own, out var children))
        {
            return;
        }

        foreach (var child in children.ToArray())
        {
            if (child.Purpose is Purpose.Inner)
            {
                if (IsCaller(span.Kind) && child.Span.Instance != span.Instance)
                {
                    continue;
                }

                Remove(child);
                if (child.Span.Instance != span.Instance)
                {
                    project.At(MinuteOf(child.Span)).Add(child.Span.Instance, child.Span.Reading.Transaction, CallOf(child.Span));
                }
            }
            else if (child.Span.SpanId != span.SpanId && (span.Kind is SpanKind.Internal or SpanKind.Server or SpanKind.Consumer || span.Reading.Resource.Length > 0))
            {
                if (child.Span.MayBeShared)
                {
                    continue;
                }

                Remove(child);
                if (span.Reading.Resource.Length == 0)
                {
                    CalledBy(project, span.Instance, in child.Span);
                }
            }
        }
    }

    // Both halves are there.
    private static void Pair(ProjectModel project, in ArrivedSpan caller, in ArrivedSpan served)
    {
        if (caller.Instance == served.Instance)
        {
            return;
        }

        project.At(MinuteOf(caller)).Add(
            new(caller.Instance.Service, served.Instance.Service, TypeOf(served.Reading.Category is SpanCategory.Local ? caller.Reading.Category : served.Reading.Category)),
            CallOf(caller) with { Failed = caller.Reading.Failed || served.Reading.Failed });
    }

    // The caller's own half is not sent: what it was called by is the nearest span that is.
    private static void CalledBy(ProjectModel project, Instance caller, in ArrivedSpan served)
    {
        if (caller != served.Instance)
        {
            project.At(MinuteOf(served)).Add(new(caller.Service, served.Instance.Service, TypeOf(served.Reading.Category)), CallOf(served));
        }
    }

    // Nothing more is waited for.
    private void Conclude(Waiting waiting)
    {
        ref readonly var span = ref waiting.Span;
        var (project, service) = (waiting.Project, waiting.Span.Instance.Service);
        switch (waiting.Purpose)
        {
            case Purpose.Inner:
                project.At(MinuteOf(span)).Add(span.Instance, span.Reading.Transaction, CallOf(span));
                break;
            case Purpose.Served when _recent.Find(KeyOf(project, span.TraceId, span.ParentId)) is { } known && !IsCaller(known.Kind):
                CalledBy(project, known.Instance, in span);
                break;
            case Purpose.Served when span.Reading.RemoteName.Length > 0:
                project.At(MinuteOf(span)).Add(new(project.Graph.Named(span.Reading.RemoteName, service.MonitorGroup), service, TypeOf(span.Reading.Category)), CallOf(span));
                break;
            case Purpose.Called when span.Reading.RemoteName.Length > 0:
                var target = project.Graph.Named(span.Reading.RemoteName, service.MonitorGroup);
                if (target != service)
                {
                    project.At(MinuteOf(span)).Add(new(service, target, TypeOf(span.Reading.Category)), CallOf(span));
                }

                break;
            case Purpose.Called:
                Unpaired++;
                break;
        }
    }

    private void WaitForParent(Purpose purpose, ProjectModel project, in Key key, in Key? alternative, in ArrivedSpan span, DateTimeOffset until)
    {
        if (Wait(purpose, project, key, alternative, in span, until) is not { } waiting)
        {
            return;
        }

        AddChild(waiting.Key, waiting);
        if (waiting.Other is { } other)
        {
            AddChild(other, waiting);
        }
    }

    private void AddChild(Key parent, Waiting waiting)
    {
        if (!_children.TryGetValue(parent, out var children))
        {
            _children.Add(parent, children = []);
        }

        children.Add(waiting);
    }

    private void RemoveChild(Key parent, Waiting waiting)
    {
        if (_children.TryGetValue(parent, out var children) && children.Remove(waiting) && children.Count == 0)
        {
            _children.Remove(parent);
        }
    }

    // Where there is no room it is counted at once.
    private Waiting? Wait(Purpose purpose, ProjectModel project, in Key key, in Key? alternative, in ArrivedSpan span, DateTimeOffset until)
    {
        var waiting = _spare.TryPop(out var spare) ? spare : new();
        waiting.Set(purpose, project, key, alternative, in span, until);
        if (_waiting >= most)
        {
            Conclude(waiting);
            Spare(waiting);
            return null;
        }

        _waiting++;
        _order.Enqueue(waiting);
        if (_order.Count > (2 * most) + Slack)
        {
            // Those that have met stand behind one that has not: they need not be kept until its time is over.
            for (var left = _order.Count; left > 0; left--)
            {
                var one = _order.Dequeue();
                if (one.IsDone)
                {
                    Spare(one);
                }
                else
                {
                    _order.Enqueue(one);
                }
            }
        }

        return waiting;
    }

    // Nothing refers to it any more.
    private void Spare(Waiting waiting)
    {
        waiting.Clear();
        if (_spare.Count < most)
        {
            _spare.Push(waiting);
        }
    }

    private void Remove(Waiting waiting)
    {
        waiting.IsDone = true;
        _waiting--;
        if (waiting.Purpose is Purpose.Called)
        {
            _callers.Remove(waiting.Key);
            return;
        }

        RemoveChild(waiting.Key, waiting);
        if (waiting.Other is { } other)
        {
            RemoveChild(other, waiting);
        }
    }

    private Waiting? FindChild(in Key parent, Predicate<Waiting> match) => _children.TryGetValue(parent, out var children) ? children.Find(match) : null;

    private static bool IsCaller(SpanKind kind) => kind is SpanKind.Client or SpanKind.Producer;

    private static Key KeyOf(ProjectModel project, UInt128 traceId, ulong spanId) => new(project, traceId, spanId);

    private static long MinuteOf(in ArrivedSpan span) => (long)(span.End / 60_000_000_000);

    private static Call CallOf(in ArrivedSpan span) => new()
    {
        Minute = MinuteOf(span),
        Latency = span.Duration,
        Failed = span.Reading.Failed,
        TraceId = span.TraceId,
        ResultCode = span.Reading.ResultCode,
    };

    private static string TypeOf(SpanCategory category) => category switch
    {
        SpanCategory.Http => "HTTP",
        SpanCategory.Grpc => "GRPC",
        SpanCategory.Dubbo => "DUBBO",
        SpanCategory.Rpc => "RPC",
        SpanCategory.Messaging => "MQ",
        SpanCategory.Database => "DATABASE",
        SpanCategory.Cache => "CACHE",
        _ => "OTHER",
    };

    /// <summary>What a span waits for.</summary>
    private enum Purpose : byte
    {
        /// <summary>It calls: whoever serves.</summary>
        Called,

        /// <summary>It serves: whoever calls.</summary>
        Served,

        /// <summary>It does neither: whatever it is in.</summary>
        Inner,
    }

    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Key(ProjectModel Project, UInt128 TraceId, ulong SpanId)
    {
        // Nobody who sends spans can choose ids that meet.
        private static readonly ulong s_seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1;

        public bool Equals(Key other) => SpanId == other.SpanId && TraceId == other.TraceId && Project == other.Project;

        public override int GetHashCode() =>
            (int)((((SpanId * s_seed) ^ (ulong)TraceId ^ BitOperations.RotateLeft((ulong)(TraceId >> 64), 29)) * s_seed) >> 32);
    }

    private sealed class Waiting
    {
        private ArrivedSpan _span;

        public Purpose Purpose { get; private set; }

        public ProjectModel Project { get; private set; } = null!;

        public Key Key { get; private set; }

        /// <summary>Another span that it waits for, whichever comes first.</summary>
        public Key? Other { get; private set; }

        public ref readonly ArrivedSpan Span => ref _span;

        public DateTimeOffset Until { get; private set; }

        public bool IsDone { get; set; }

        public void Set(Purpose purpose, ProjectModel project, in Key key, in Key? other, in ArrivedSpan span, DateTimeOffset until) =>
            (Purpose, Project, Key, Other, _span, Until, IsDone) = (purpose, project, key, other, span, until, false);

        public void Clear() => (Project, Key, Other, _span) = (null!, default, null, default);
    }
}
