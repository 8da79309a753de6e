namespace Stagedoor.Discovery.Governance;

/// <summary>Finds what depends on itself: Tarjan's strongly connected components, without recursion since a chain may be long.</summary>
internal static class Circles
{
    /// <summary>The groups in which each reaches each other, and those that lead to themselves.</summary>
    public static IReadOnlyList<IReadOnlyList<T>> Of<T>(IReadOnlyList<T> nodes, Func<T, IReadOnlyList<T>> next)
        where T : class
    {
        var circles = new List<IReadOnlyList<T>>();
        var (index, low) = (new Dictionary<T, int>(), new Dictionary<T, int>());
        var (open, isOpen) = (new Stack<T>(), new HashSet<T>());
        var path = new Stack<(T Node, int Seen)>();
        foreach (var start in nodes.Where(n => !index.ContainsKey(n)))
        {
            path.Push((start, 0));
            while (path.TryPop(out var step))
            {
                var (node, seen) = step;
                if (seen == 0)
                {
                    index[node] = low[node] = index.Count;
                    open.Push(node);
                    isOpen.Add(node);
                }
                else if (next(node)[seen - 1] is var left && isOpen.Contains(left))
                {
                    low[node] = Math.Min(low[node], low[left]);
                }

                var targets = next(node);
                while (seen < targets.Count && index.ContainsKey(targets[seen]))
                {
                    if (isOpen.Contains(targets[seen]))
                    {
                        low[node] = Math.Min(low[node], index[targets[seen]]);
                    }

                    seen++;
                }

                if (seen < targets.Count)
                {
                    path.Push((node, seen + 1));
                    path.Push((targets[seen], 0));
                }
                else if (low[node] == index[node])
                {
                    var group = Close(node, open, isOpen);
                    if (group.Count > 1 || targets.Contains(node))
                    {
                        circles.Add(group);
                    }
                }
            }
        }

        return circles;
    }

    private static List<T> Close<T>(T node, Stack<T> open, HashSet<T> isOpen)
        where T : class
    {
        var group = new List<T>();
        T last;
        do
        {
            last = open.Pop();
            isOpen.Remove(last);
            group.Add(last);
        }
        while (!ReferenceEquals(last, node));

        group.Reverse();
        return group;
    }
}
