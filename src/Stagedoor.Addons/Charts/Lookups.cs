using System.Collections.Concurrent;
using System.Globalization;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Rendering.Functions;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Charts;

/// <summary>
/// What the templates of one render look up in the cluster. A template is not kept waiting: what is not known yet is empty to it, is asked for when all have ended, and then
/// they are begun again, until nothing new is asked. So each is asked once, several at a time, and no thread waits for a cluster.
/// </summary>
/// <param name="ask">Asks the cluster.</param>
internal sealed class Lookups(Func<LookupKey, CancellationToken, Task<GoMap?>> ask)
{
    /// <summary>How much one render may look up.</summary>
    public const int MaxKeys = 100;

    private const int MaxRounds = 10;
    private const int AtOnce = 8;

    // Of everything that is looked up together, so that lists of large clusters do not fill the memory: characters, and what a value takes beside them.
    private const long MaxSize = 64L * 1024 * 1024;
    private const int ValueSize = 32;

    private readonly ConcurrentDictionary<LookupKey, Answer> _known = new();
    private readonly HashSet<LookupKey> _wanted = [];
    private int _rounds;
    private long _size;

    /// <summary>Whether everything that was looked up was known. What was rendered without it counts for nothing.</summary>
    public bool IsComplete => _wanted.Count == 0;

    /// <summary>What is there, as far as it is known.</summary>
    /// <exception cref="FunctionException">The cluster refuses to say it, or it is too much.</exception>
    public GoMap Find(LookupKey key)
    {
        if (_known.TryGetValue(key, out var answer))
        {
            // Where another answer is missing this one may not be asked for in the end.
            return answer.Problem is null || !IsComplete ? ChartValues.Copy(answer.Map) : throw new FunctionException(answer.Problem);
        }

        if (_known.Count + _wanted.Count >= MaxKeys && !_wanted.Contains(key))
        {
            throw new FunctionException(string.Create(CultureInfo.InvariantCulture, $"the chart looks up more than {MaxKeys} things in the cluster"));
        }

        _wanted.Add(key);
        return [];
    }

    /// <summary>Asks the cluster for what is not known yet.</summary>
    /// <exception cref="DriverException">It does not answer, or nobody understands what it says.</exception>
    /// <exception cref="TemplateException">It is too much.</exception>
    public async Task AnswerAsync(CancellationToken cancellationToken)
    {
        if (++_rounds > MaxRounds)
        {
            throw new TemplateException(string.Create(CultureInfo.InvariantCulture, $"what the chart looks up in the cluster leads to other things more than {MaxRounds} times")) { IsLimit = true };
        }

        await Parallel.ForEachAsync(
            _wanted, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (key, token) => _known[key] = await AskAsync(key, token));
        _wanted.Clear();
    }

    private async Task<Answer> AskAsync(LookupKey key, CancellationToken cancellationToken)
    {
        try
        {
            var map = await ask(key, cancellationToken) ?? [];
            Settle(map);
            return new(map, null);
        }
        catch (DriverRejectedException e)
        {
            return new([], $"{key}: {e.Message}");
        }
    }

    // Numbers of objects are whole ones to Helm, other than those of values.
    private object? Settle(object? value)
    {
        Count(ValueSize + ((value as string)?.Length ?? 0));

        switch (value)
        {
            case GoMap map:
                foreach (var key in map.Keys.ToList())
                {
                    Count(key.Length);
                    map[key] = Settle(map[key]);
                }

                return map;
            case GoList list:
                for (var i = 0; i < list.Count; i++)
                {
                    list[i] = Settle(list[i]);
                }

                return list;
            case double number when Math.Truncate(number) == number && Math.Abs(number) < 1L << 53:
                return (long)number;
            default:
                return value;
        }
    }

    private void Count(int size)
    {
        if (Interlocked.Add(ref _size, size) > MaxSize)
        {
            throw new TemplateException(string.Create(CultureInfo.InvariantCulture, $"what the chart looks up in the cluster is more than {MaxSize} characters")) { IsLimit = true };
        }
    }

    private sealed record Answer(GoMap Map, string? Problem);
}
