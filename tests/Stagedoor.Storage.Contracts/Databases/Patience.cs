using Xunit;

namespace Stagedoor.Storage.Contracts.Databases;

/// <summary>Waits for what a test expects, and says what it was when it does not come.</summary>
public static class Patience
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <exception cref="TimeoutException">It did not come.</exception>
    public static async Task<T> WithinAMinuteAsync<T>(this Task<T> task, string what)
    {
        await ((Task)task).WithinAMinuteAsync(what);
        return await task;
    }

    /// <exception cref="TimeoutException">It did not come.</exception>
    public static async Task WithinAMinuteAsync(this Task task, string what)
    {
        try
        {
            await task.WaitAsync(s_limit, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException e) when (!task.IsCompleted)
        {
            throw new TimeoutException($"Waited {s_limit.TotalSeconds} s for {what}.", e);
        }
    }
}
