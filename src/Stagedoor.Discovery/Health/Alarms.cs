using System.Collections.Concurrent;

namespace Stagedoor.Discovery.Health;

/// <summary>What an operator should look at; each kind once for each tenant, with its last occasion.</summary>
internal sealed class Alarms(TimeProvider clock)
{
    private const int MaxRaised = 1_000;
    private readonly ConcurrentDictionary<(string Id, string Tenant), Alarm> _raised = new();

    public IReadOnlyCollection<Alarm> Raised =>
        [.. _raised.Values.OrderBy(static a => a.Id, StringComparer.Ordinal).ThenBy(static a => a.Tenant, StringComparer.Ordinal)];

    public void Raise(string id, string tenant, string detail)
    {
        _raised[(id, tenant)] = new(id, tenant, detail, clock.GetUtcNow().ToUnixTimeSeconds());

        // Whose tenants these are choose their names; nobody reads more.
        foreach (var old in _raised.Count > MaxRaised ? _raised.OrderBy(static a => a.Value.RaisedAt).Take(_raised.Count - MaxRaised) : [])
        {
            _raised.TryRemove(old);
        }
    }

    public void Clear() => _raised.Clear();
}

/// <summary>An alarm.</summary>
/// <param name="Id">Its kind.</param>
/// <param name="Tenant">Whose it is: <c>domain/project</c>.</param>
/// <param name="Detail">What was seen.</param>
/// <param name="RaisedAt">Unix seconds of the last occasion.</param>
internal sealed record Alarm(string Id, string Tenant, string Detail, long RaisedAt);
