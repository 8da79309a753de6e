using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Stagedoor.Discovery.Log;

/// <summary>Applies rows of every kind in the order that they need, and sets aside those that cannot be decoded.</summary>
internal sealed partial class EntryKinds(IEnumerable<IEntryKind> kinds, ILogger<EntryKinds> logger)
{
    private readonly Dictionary<string, IEntryKind> _kinds = kinds.ToDictionary(static k => k.Name, StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Kind, string Tenant, string Id), byte> _damaged = new();
    private readonly HashSet<(string Kind, string Tenant, string Id)> _torn = [];

    /// <summary>Whether there is a row of this name that cannot be decoded.</summary>
    public bool IsDamaged(string kind, string tenant, string id) => !_damaged.IsEmpty && _damaged.ContainsKey((kind, tenant, id));

    /// <summary>Takes over rows, of one revision or of many. When it throws, memory is between two states: <see cref="Replace"/> mends that.</summary>
    public void Apply(IReadOnlyList<EntryRow> rows)
    {
        try
        {
            foreach (var row in rows.Count == 1 ? rows : InOrder(rows))
            {
                ApplyOne(row, isLast: false);
            }
        }
        catch
        {
            _torn.UnionWith(rows.Select(static r => (r.Kind, r.Tenant, r.Id)));
            throw;
        }
    }

    /// <summary>
    /// Takes over the whole of the database: what has no row any more is deleted. What was not taken over whole before is taken over again,
    /// whatever its revision; what fails once more is set aside.
    /// </summary>
    public void Replace(IReadOnlyList<EntryRow> rows)
    {
        foreach (var (kind, tenant, id) in _torn)
        {
            _kinds.GetValueOrDefault(kind)?.Distrust(tenant, id);
        }

        foreach (var kind in _kinds.Values.OrderByDescending(static k => k.Rank))
        {
            var left = rows.Where(r => string.Equals(r.Kind, kind.Name, StringComparison.Ordinal)).Select(static r => (r.Tenant, r.Id)).ToHashSet();
            foreach (var (tenant, id) in kind.Present().Where(p => !left.Contains(p)).ToList())
            {
                ApplyOne(new() { Kind = kind.Name, Tenant = tenant, Id = id }, isLast: true);
            }
        }

        foreach (var row in InOrder(rows))
        {
            ApplyOne(row, isLast: true);
        }

        _torn.Clear();
    }

    // Whatever the revision: a microservice that changed after its instances were registered is still there before them. Deletions come
    // first, what depends on others before these, so that a name is free for whoever took it since. Before everything come the edges of
    // consumers that are known: who was told that it watches hears also of what goes in the same breath.
    private IEnumerable<EntryRow> InOrder(IReadOnlyList<EntryRow> rows) => rows
        .Where(static r => r.Body is not null && string.Equals(r.Kind, EntryNames.Edge, StringComparison.Ordinal))
        .Concat(rows
            .OrderBy(static r => r.Body is not null)
            .ThenBy(r => r.Body is null ? -RankOf(r) : RankOf(r))
            .ThenBy(static r => r.Revision));

    private int RankOf(EntryRow row) => _kinds.TryGetValue(row.Kind, out var kind) ? kind.Rank : int.MaxValue;

    private void ApplyOne(EntryRow row, bool isLast)
    {
        if (!_kinds.TryGetValue(row.Kind, out var kind))
        {
            LogUnknownKind(row.Kind, row.Id);
            return;
        }

        try
        {
            kind.Apply(row);
            if (!_damaged.IsEmpty)
            {
                _damaged.TryRemove((row.Kind, row.Tenant, row.Id), out _);
            }
        }
#pragma warning disable CA1031 // One row that cannot be taken over must not keep the rest of the registry away.
        catch (Exception e) when (isLast || e is JsonException)
#pragma warning restore CA1031
        {
            _damaged[(row.Kind, row.Tenant, row.Id)] = 0;
            LogDamaged(e, row.Kind, row.Tenant, row.Id);
        }
    }

    [LoggerMessage(LogLevel.Error, "The stored {Kind} {Id} of {Tenant} cannot be taken over; it is set aside, and registering it again replaces it")]
    private partial void LogDamaged(Exception exception, string kind, string tenant, string id);

    [LoggerMessage(LogLevel.Warning, "A row of the unknown kind {Kind} ({Id}) is left alone")]
    private partial void LogUnknownKind(string kind, string id);
}
