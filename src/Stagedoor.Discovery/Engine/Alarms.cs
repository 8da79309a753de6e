using System.Collections.Concurrent;

namespace Stagedoor.Discovery.Engine;

/// <summary>What an operator should look at; each kind once, with its last occasion.</summary>
internal sealed class Alarms(TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, Alarm> _raised = new(StringComparer.Ordinal);

    public IReadOnlyCollection<Alarm> Raised => [.. _raised.Values.OrderBy(static a => a.Id, StringComparer.Ordinal)];

    public void Raise(string id, string detail) => _raised[id] = new(id, detail, clock.GetUtcNow().ToUnixTimeSeconds());

    public void Clear() => _raised.Clear();
}

/// <summary>An alarm.</summary>
/// <param name="Id">Its kind.</param>
/// <param name="Detail">What was seen.</param>
/// <param name="RaisedAt">Unix seconds of the last occasion.</param>
internal sealed record Alarm(string Id, string Detail, long RaisedAt);
