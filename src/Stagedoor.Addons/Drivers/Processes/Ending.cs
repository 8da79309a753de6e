namespace Stagedoor.Addons.Drivers.Processes;

/// <summary>Ends processes: they are asked to, and killed when they have not after a while. What they start meanwhile goes too.</summary>
/// <param name="clock">Measures the while.</param>
/// <param name="grace">How long it is.</param>
internal sealed class Ending(TimeProvider clock, TimeSpan grace)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Ends those that <paramref name="find"/> finds; false where some cannot be.</summary>
    public async Task<bool> EndAsync(Func<IReadOnlyList<RunningProcess>> find)
    {
        var since = clock.GetTimestamp();
        var asked = new HashSet<RunningProcess>();
        while (true)
        {
            var left = find();
            var passed = clock.GetElapsedTime(since);
            if (left.Count == 0 || passed > grace + s_patience)
            {
                return left.Count == 0;
            }

            foreach (var process in left)
            {
                if (passed >= grace)
                {
                    ProcessTable.Signal(process, Posix.Kill);
                }
                else if (asked.Add(process))
                {
                    ProcessTable.Signal(process, Posix.Terminate);
                }
            }

            await Task.Delay(s_look, clock, CancellationToken.None);
        }
    }

    /// <summary>Those of all processes that bear a marker, with whatever else is in the sessions that they lead.</summary>
    public static IReadOnlyList<RunningProcess> Marked(Func<string, bool> isWanted)
    {
        var all = ProcessTable.Read();
        var marked = all.Where(p => p.Pid != Environment.ProcessId && isWanted(ProcessTable.MarkerOf(p))).ToList();
        var sessions = marked.Where(static p => p.Session == p.Pid).Select(static p => p.Pid).ToHashSet();
        return [.. marked.Union(all.Where(p => sessions.Contains(p.Session)))];
    }

    /// <summary>All that have come from one of these processes, and those themselves.</summary>
    public static IReadOnlyList<RunningProcess> From(IReadOnlyList<RunningProcess> all, IEnumerable<RunningProcess> roots)
    {
        var children = all.ToLookup(static p => p.Parent);
        var found = new HashSet<RunningProcess>();
        var open = new Stack<RunningProcess>(roots);
        while (open.TryPop(out var next))
        {
            if (found.Add(next))
            {
                foreach (var child in children[next.Pid])
                {
                    open.Push(child);
                }
            }
        }

        return [.. found];
    }
}
