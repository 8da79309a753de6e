using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Stagedoor.Tracing.ErrorCodes;
using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Model.Topology;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Ingest;

/// <summary>
/// What the spans of all projects say of services and of the calls between them. Reading spans is done by any number at a time; counting them by one after the other,
/// under a lock that is held for as long as one request's spans take.
/// </summary>
internal sealed class TraceModel(ServiceRuleSet services, CodeFinder finder, SeenCodes seen)
{
    private const int MostWaiting = 100_000;

    // Of those behind them no version is noted; a sender has one or a few.
    private const int MostResources = 256;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ProjectModel> _projects = new(StringComparer.Ordinal);
    private readonly EdgePairing _pairing = new(MostWaiting, s_patience);

    /// <summary>Spans with what was made of them.</summary>
    /// <param name="Group">What is kept.</param>
    /// <param name="Readings">What is counted, for each span and with room behind them.</param>
    /// <param name="Instances">Who each resource is.</param>
    /// <param name="Identities">The same, as spans say it.</param>
    /// <param name="Codes">Which spans had an error code, and which.</param>
    internal sealed record Understood(SpanGroup Group, SpanReading[] Readings, Instance[] Instances, IReadOnlyList<ServiceIdentity> Identities, IReadOnlyList<(int Span, string Code)> Codes);

    /// <summary>How many spans wait for another one.</summary>
    public int Pending
    {
        get
        {
            lock (_gate)
            {
                return _pairing.Pending;
            }
        }
    }

    /// <summary>How many calls had neither another half nor a name of what they called.</summary>
    public long Unpaired
    {
        get
        {
            lock (_gate)
            {
                return _pairing.Unpaired;
            }
        }
    }

    /// <summary>How many spans came when the other half had been counted by itself.</summary>
    public long LatePairs
    {
        get
        {
            lock (_gate)
            {
                return _pairing.LatePairs;
            }
        }
    }

    /// <summary>How often a transaction's name was one too many.</summary>
    public long Overflows
    {
        get
        {
            lock (_gate)
            {
                return _projects.Values.Sum(static p => p.Transactions.Overflows);
            }
        }
    }

    /// <summary>Finds out what spans say. Texts that it makes become texts of the batch.</summary>
    public Understood Read(Sender sender, SpanBatch batch, DateTimeOffset now)
    {
        var group = new SpanGroup(batch);
        var identities = batch.Resources.ConvertAll(resource => ServiceIdentity.Of(batch, resource, sender.Binding));
        var instances = new Instance[identities.Count];
        TransactionGuard guard;
        lock (_gate)
        {
            var project = ProjectOf(sender.Project);
            guard = project.Transactions;
            for (var i = 0; i < instances.Length; i++)
            {
                instances[i] = new(project.Graph.Service(identities[i].MonitorGroup, identities[i].Application), identities[i].Instance);
            }
        }

        group.Identities.AddRange(identities.Select(static i => new SpanIdentity(i.MonitorGroup, i.Application, i.Instance, i.ClusterId, i.Namespace, i.Environment)));
        var rules = identities.ConvertAll(i => services.Of(i.Application));
        var codes = new List<(int Span, string Code)>();
        var spans = CollectionsMarshal.AsSpan(batch.Spans);
        var readings = ArrayPool<SpanReading>.Shared.Rent(spans.Length);
        group.Facts.EnsureCapacity(spans.Length);
        var texts = new Dictionary<string, TextRef>(StringComparer.Ordinal);
        for (var i = 0; i < spans.Length; i++)
        {
            ref readonly var span = ref spans[i];
            var resource = batch.Scopes[span.Scope].Resource;
            ref var reading = ref readings[i];
            reading = SpanReader.Read(batch, in span, rules[resource]);
            if ((reading.Failed || reading.MayHaveCode) && finder.Find(batch, in span, reading.Failed) is { Length: > 0 } code)
            {
                codes.Add((i, code));
            }

            if (reading.IsDerived)
            {
                reading.Transaction = guard.Pass(instances[resource].Service, reading.Transaction, now);
            }

            group.Facts.Add(new()
            {
                Transaction = reading.IsEntry ? KeepText(batch, texts, reading.Transaction) : default,
                Address = reading.Address,
                Type = SpanTypes.Stored(reading.Category, reading.IsEntry && identities[resource].IsJava),
                IsEntry = reading.IsEntry,
                IsFailed = reading.Failed,
            });
        }

        return new(group, readings, instances, identities, codes);
    }

    /// <summary>Counts spans that are kept. Nobody may use what was understood any more.</summary>
    public void Count(string project, Understood understood, DateTimeOffset now)
    {
        var batch = understood.Group.Batch;
        var spans = CollectionsMarshal.AsSpan(batch.Spans);
        var arrived = ArrayPool<ArrivedSpan>.Shared.Rent(spans.Length);
        for (var i = 0; i < spans.Length; i++)
        {
            ref readonly var span = ref spans[i];
            arrived[i] = new()
            {
                TraceId = span.TraceId,
                SpanId = span.SpanId,
                ParentId = span.ParentId,
                Kind = span.Kind,
                MayBeShared = (span.Flags & ZipkinFlags.Shared) != 0,
                End = span.End,
                Duration = Math.Max(1, (long)((span.End - span.Start) / 1000)),
                Instance = understood.Instances[batch.Scopes[span.Scope].Resource],
                Reading = understood.Readings[i],
            };
        }

        lock (_gate)
        {
            _pairing.Add(ProjectOf(project), arrived.AsSpan(0, spans.Length), now);
        }

        ArrayPool<ArrivedSpan>.Shared.Return(arrived, clearArray: true);

        NoteVersions(project, understood, now);
        ArrayPool<SpanReading>.Shared.Return(understood.Readings, clearArray: true);
    }

    /// <summary>Counts what has waited long enough, and takes away what was counted since the last time.</summary>
    public IReadOnlyList<(string Project, long Minute, MinuteMeasures Measures)> Take(DateTimeOffset now)
    {
        lock (_gate)
        {
            _pairing.Expire(now);
            return [.. _projects.Values.SelectMany(static p => p.Take().Select(m => (p.Id, m.Key, m.Value)))];
        }
    }

    /// <summary>Gives back what was taken and could not be kept.</summary>
    public void GiveBack(string project, long minute, MinuteMeasures measures)
    {
        lock (_gate)
        {
            ProjectOf(project).At(minute).Add(measures);
        }
    }

    private static long Milliseconds(ulong nanoseconds) => (long)(nanoseconds / 1_000_000);

    private static ServiceVersion VersionOf(ServiceIdentity identity) => new(identity.MonitorGroup, identity.Application, identity.Version);

    private void NoteVersions(string project, Understood understood, DateTimeOffset now)
    {
        var batch = understood.Group.Batch;
        Span<ulong> first = stackalloc ulong[Math.Min(understood.Identities.Count, MostResources)];
        Span<ulong> last = stackalloc ulong[first.Length];
        foreach (ref readonly var span in CollectionsMarshal.AsSpan(batch.Spans))
        {
            if (batch.Scopes[span.Scope].Resource is var resource && resource < first.Length)
            {
                first[resource] = first[resource] == 0 ? span.End : Math.Min(first[resource], span.End);
                last[resource] = Math.Max(last[resource], span.End);
            }
        }

        for (var i = 0; i < first.Length; i++)
        {
            if (last[i] > 0)
            {
                seen.Add(project, VersionOf(understood.Identities[i]), Milliseconds(first[i]), Milliseconds(last[i]), now);
            }
        }

        foreach (var (at, code) in understood.Codes)
        {
            var span = batch.Spans[at];
            seen.Add(project, VersionOf(understood.Identities[batch.Scopes[span.Scope].Resource]), code, Milliseconds(span.End), span.TraceId);
        }
    }

    private static TextRef KeepText(SpanBatch batch, Dictionary<string, TextRef> texts, string text)
    {
        ref var kept = ref CollectionsMarshal.GetValueRefOrAddDefault(texts, text, out var isThere);
        if (!isThere)
        {
            kept = batch.Add(Encoding.UTF8.GetBytes(text));
        }

        return kept;
    }

    // Whoever calls holds the lock.
    private ProjectModel ProjectOf(string id)
    {
        ref var project = ref CollectionsMarshal.GetValueRefOrAddDefault(_projects, id, out _);
        return project ??= new(id);
    }
}
