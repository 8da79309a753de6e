using Xunit;

namespace Stagedoor.Discovery.Tests;

/// <summary>Waits for what becomes true by itself.</summary>
public static class Eventually
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>The first value that is not null.</summary>
    public static async Task<T> IsAsync<T>(Func<Task<T?>> find)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(find);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(s_patience);
        while (true)
        {
            if (await find() is { } found)
            {
                return found;
            }

            await Task.Delay(50, patience.Token);
        }
    }
}
