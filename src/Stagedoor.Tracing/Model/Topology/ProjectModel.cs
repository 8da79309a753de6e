namespace Stagedoor.Tracing.Model.Topology;

/// <summary>The graph of a project and what was measured in it since it was last taken. Not safe for several callers at a time.</summary>
/// <param name="id">The project.</param>
internal sealed class ProjectModel(string id)
{
    // Late spans may be of any minute of the retention; most are of the last ones.
    private Dictionary<long, MinuteMeasures> _minutes = [];

    /// <summary>The project.</summary>
    public string Id { get; } = id;

    /// <summary>Its nodes.</summary>
    public Graph Graph { get; } = new();

    /// <summary>How many transactions were named by a path; a service has no more than so many of them.</summary>
    public TransactionGuard Transactions { get; } = new();

    /// <summary>What was measured in a minute.</summary>
    /// <param name="minute">Minutes since the Unix epoch.</param>
    public MinuteMeasures At(long minute)
    {
        if (!_minutes.TryGetValue(minute, out var measures))
        {
            _minutes.Add(minute, measures = new(Graph));
        }

        return measures;
    }

    /// <summary>Takes away what was measured.</summary>
    public IReadOnlyDictionary<long, MinuteMeasures> Take()
    {
        var taken = _minutes;
        _minutes = [];
        return taken;
    }
}
