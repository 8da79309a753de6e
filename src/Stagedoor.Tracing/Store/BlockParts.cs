using System.Runtime.InteropServices;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Store;

/// <summary>Names that many blocks have, each once in memory. For any number of threads.</summary>
internal sealed class SharedNames
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<SpanIdentity, SpanIdentity> _identities = new();
    private readonly System.Collections.Concurrent.ConcurrentDictionary<SpanOperation, SpanOperation> _operations = new();

    public SpanIdentity Share(SpanIdentity identity) => _identities.GetOrAdd(identity, identity);

    public SpanOperation Share(SpanOperation operation) => _operations.GetOrAdd(operation, operation);

    /// <summary>Keeps what is still somewhere.</summary>
    public void Keep(IEnumerable<BlockNames> names)
    {
        var identities = new HashSet<SpanIdentity>();
        var operations = new HashSet<SpanOperation>();
        foreach (var known in names)
        {
            identities.UnionWith(known.Identities.Select(static i => i.Identity));
            operations.UnionWith(known.Operations.Select(static o => o.Operation));
        }

        foreach (var (gone, _) in _identities.Where(i => !identities.Contains(i.Key)))
        {
            _identities.TryRemove(gone, out _);
        }

        foreach (var (gone, _) in _operations.Where(o => !operations.Contains(o.Key)))
        {
            _operations.TryRemove(gone, out _);
        }
    }
}

/// <summary>Whose spans a block has, and which.</summary>
/// <param name="Projects">The projects.</param>
/// <param name="Identities">What sent them, by number.</param>
/// <param name="Operations">Their names, by number less one: 0 stands for one that is not listed.</param>
internal sealed record BlockNames(
    string[] Projects, (int Project, SpanIdentity Identity)[] Identities, (int Project, SpanOperation Operation)[] Operations)
{
    public static BlockNames Read(byte[] bytes, SharedNames shared)
    {
        var from = new ByteCursor(bytes);
        var projects = new string[from.Count()];
        foreach (ref var project in projects.AsSpan())
        {
            project = from.String();
        }

        var identities = new (int, SpanIdentity)[from.Count()];
        foreach (ref var identity in identities.AsSpan())
        {
            identity = (Project(ref from), shared.Share(SpanEncoder.ReadIdentity(ref from)));
        }

        var operations = new (int, SpanOperation)[from.Count()];
        foreach (ref var operation in operations.AsSpan())
        {
            operation = (Project(ref from), shared.Share(new SpanOperation(from.String(), from.String(), from.String(), (SpanKind)from.Byte(), from.String())));
        }

        return new(projects, identities, operations);

        int Project(ref ByteCursor from) =>
            from.Number() is var number && number < projects.Length ? number : throw new InvalidDataException("A project is missing.");
    }

    public int Find(string project) => Array.IndexOf(Projects, project);
}

/// <summary>The dictionary of a block.</summary>
internal sealed class BlockTexts : ITextSource
{
    private readonly byte[] _bytes;
    private readonly BlockNames _names;
    private readonly (int At, int Length)[] _texts;
    private readonly int[] _resources;
    private readonly int[] _scopes;

    /// <exception cref="InvalidDataException">It is none.</exception>
    public BlockTexts(byte[] bytes, BlockNames names)
    {
        (_bytes, _names) = (bytes, names);
        var from = new ByteCursor(bytes);
        _texts = new (int, int)[from.Count()];
        foreach (ref var text in _texts.AsSpan())
        {
            var length = from.Number();
            text = (from.At, length);
            from.Raw(length);
        }

        _resources = Places(ref from);
        _scopes = Places(ref from);
    }

    public int Count => _texts.Length;

    /// <summary>What it takes in memory.</summary>
    public long Size => _bytes.Length + (_texts.Length * 8L) + 256;

    public ReadOnlySpan<byte> this[int number] => _bytes.AsSpan(_texts[number].At, _texts[number].Length);

    public ByteCursor OpenScope(int number, out int resource)
    {
        var from = new ByteCursor(_bytes, At(_scopes, number));
        resource = from.Number();
        return from;
    }

    public ByteCursor OpenResource(int number, out SpanIdentity identity)
    {
        var from = new ByteCursor(_bytes, At(_resources, number));
        identity = from.Number() is var known && known < _names.Identities.Length
            ? _names.Identities[known].Identity
            : throw new InvalidDataException("An identity is missing.");
        return from;
    }

    private static int At(int[] places, int number) =>
        (uint)number < (uint)places.Length ? places[number] : throw new InvalidDataException("A resource or a scope is missing.");

    private static int[] Places(ref ByteCursor from)
    {
        var places = new int[from.Count()];
        foreach (ref var place in places.AsSpan())
        {
            var length = from.Number();
            place = from.At;
            from.Raw(length);
        }

        return places;
    }
}

/// <summary>The columns of a block's entry spans, the latest first.</summary>
/// <param name="Tuples">Who made them, which operation (0: not listed), and whether they failed.</param>
/// <param name="Starts">Nanoseconds since the Unix epoch.</param>
/// <param name="Durations">In units of 2^10 ns, rounded down.</param>
/// <param name="TupleOf">The number of the tuple.</param>
/// <param name="TraceOf">The number of the trace in the block.</param>
internal sealed record BlockEntries(EntryTuple[] Tuples, ulong[] Starts, ulong[] Durations, int[] TupleOf, int[] TraceOf)
{
    public static BlockEntries Read(byte[] bytes)
    {
        var from = new ByteCursor(bytes);
        var tuples = new EntryTuple[from.Count()];
        foreach (ref var tuple in tuples.AsSpan())
        {
            tuple = new(from.Number(), from.Number(), from.Byte() != 0);
        }

        var starts = new ulong[from.Count()];
        var start = ulong.MaxValue;
        foreach (ref var known in starts.AsSpan())
        {
            known = start -= from.Varint();
        }

        var durations = new ulong[starts.Length];
        foreach (ref var known in durations.AsSpan())
        {
            known = from.Varint();
        }

        var tupleOf = new int[starts.Length];
        foreach (ref var known in tupleOf.AsSpan())
        {
            known = from.Number() is var number && number < tuples.Length ? number : throw new InvalidDataException("Columns do not fit each other.");
        }

        var traceOf = new int[starts.Length];
        foreach (ref var known in traceOf.AsSpan())
        {
            known = from.Number();
        }

        return new(tuples, starts, durations, tupleOf, traceOf);
    }
}

[StructLayout(LayoutKind.Auto)]
internal readonly record struct EntryTuple(int Identity, int Operation, bool IsFailed);
