global using static Stagedoor.Storage.Contracts.Cancellation;
using Xunit;

namespace Stagedoor.Storage.Contracts;

public static class Cancellation
{
    /// <summary>Ends when the run is stopped.</summary>
    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Waits for an event that is due any moment, and names it when it does not come.</summary>
    public static async Task<T> SoonAsync<T>(this Task<T> task, string what)
    {
        try
        {
            return await task.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{what} did not happen within a minute.", e);
        }
    }

    /// <inheritdoc cref="SoonAsync{T}(Task{T}, string)"/>
    public static Task SoonAsync(this Task task, string what) => Wrapped(task).SoonAsync(what);

    private static async Task<bool> Wrapped(Task task)
    {
        await task;
        return true;
    }
}
