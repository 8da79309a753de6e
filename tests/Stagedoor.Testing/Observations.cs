using System.Collections.Concurrent;
using Xunit;

namespace Stagedoor.Testing;

/// <summary>The errors that each running test has seen over HTTP.</summary>
public static class Observations
{
    private static readonly ConcurrentDictionary<string, ConcurrentQueue<ObservedError>> s_byTest = new(StringComparer.Ordinal);

    /// <summary>Notes an error for the test that is running; nothing outside a test.</summary>
    public static void Add(ObservedError error)
    {
        if (TestContext.Current.Test is { } test)
        {
            s_byTest.GetOrAdd(test.UniqueID, static _ => new()).Enqueue(error);
        }
    }

    internal static IReadOnlyList<ObservedError> Take(string testId) => s_byTest.TryRemove(testId, out var seen) ? [.. seen] : [];

    internal static IReadOnlyList<ObservedError> Of(string testId) => s_byTest.TryGetValue(testId, out var seen) ? [.. seen] : [];
}
