using System.Collections.Concurrent;
using System.Net;
using Stagedoor.Identity;

namespace Stagedoor.Images.Tests.Triggers;

/// <summary>Names that lead where a test says, and when it says so.</summary>
internal sealed class FakeNames : NameLookup
{
    private readonly ConcurrentQueue<string> _asked = [];

    /// <summary>Every name that was asked for.</summary>
    public IReadOnlyCollection<string> Asked => _asked;

    /// <summary>Where a name leads the so-manyth time, counted from 1.</summary>
    public Func<string, int, IReadOnlyList<string>> Where { get; set; } = static (_, _) => ["127.0.0.1"];

    /// <summary>What an answer waits for.</summary>
    public Func<string, Task> Before { get; set; } = static _ => Task.CompletedTask;

    public override async Task<IPAddress[]> FindAsync(string name, CancellationToken cancellationToken)
    {
        _asked.Enqueue(name);
        var times = _asked.Count(n => n == name);
        await Before(name).WaitAsync(cancellationToken);
        return [.. Where(name, times).Select(IPAddress.Parse)];
    }
}
