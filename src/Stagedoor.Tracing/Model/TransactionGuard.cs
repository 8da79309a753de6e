using System.Collections.Concurrent;
using Stagedoor.Tracing.Model.Topology;

namespace Stagedoor.Tracing.Model;

/// <summary>
/// Keeps a service from having a transaction for each of its paths: of names that were made of one, so many are let through in a day, and what comes then has one
/// name for each method. It forgets when the process ends. Any number may call at a time.
/// </summary>
internal sealed class TransactionGuard
{
    /// <summary>How many names of paths a service has in a day.</summary>
    public const int Most = 500;

    private static readonly TimeSpan s_window = TimeSpan.FromDays(1);
    private readonly ConcurrentDictionary<Node, Names> _services = [];
    private long _overflows;

    /// <summary>How often a name was one too many.</summary>
    public long Overflows => Interlocked.Read(ref _overflows);

    /// <summary>The name, or the one that stands for all that are too many.</summary>
    /// <param name="service">The service.</param>
    /// <param name="name">The name that was made of a path.</param>
    /// <param name="now">What time it is.</param>
    public string Pass(Node service, string name, DateTimeOffset now)
    {
        var names = _services.GetOrAdd(service, static (_, now) => new(now), now);
        lock (names)
        {
            if (now - names.Since >= s_window)
            {
                names.Known.Clear();
                names.Since = now;
            }

            if (names.Known.Contains(name))
            {
                return name;
            }

            if (names.Known.Count < Most)
            {
                names.Known.Add(name);
                return name;
            }
        }

        Interlocked.Increment(ref _overflows);
        var underscore = name.IndexOf('_', StringComparison.Ordinal);
        return underscore > 0 && name.Length > underscore + 1 && name[underscore + 1] == '/' ? $"{name[..underscore]}_/**" : "/**";
    }

    private sealed class Names(DateTimeOffset since)
    {
        public DateTimeOffset Since { get; set; } = since;

        public HashSet<string> Known { get; } = new(StringComparer.Ordinal);
    }
}
