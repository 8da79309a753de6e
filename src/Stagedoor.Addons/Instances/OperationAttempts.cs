using Microsoft.Extensions.Options;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Background.Jobs;
using Stagedoor.Storage;

namespace Stagedoor.Addons.Instances;

/// <summary>How a job attempts an operation in a cluster, whatever is installed: within its time, with patience for a cluster that does not answer, and with a word for what went wrong.</summary>
internal sealed class OperationAttempts(AddonsJobs jobs, AddonsDb db, TimeProvider clock, IOptions<OperationOptions> options)
{
    /// <summary>The result of a job whose operation was not under way any more.</summary>
    public const string Superseded = "superseded";

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    /// <summary>Waits until what is being undone has ended: it must not go on beside it.</summary>
    public async Task WaitForAsync(string kind, string? workKey, CancellationToken cancellationToken)
    {
        while (workKey is not null && await jobs.Store.FindUnfinishedAsync(kind, workKey, cancellationToken) is { } earlier)
        {
            await jobs.Store.CancelAsync(earlier.Id, cancellationToken);
            await Task.Delay(s_look, clock, cancellationToken);
        }
    }

    /// <summary>Does an operation, or writes down why it has failed.</summary>
    /// <exception cref="StorageException">The database failed; it is tried again.</exception>
    public async Task<string> RunAsync(Job job, OperationCalls calls, CancellationToken cancellationToken)
    {
        // From when it was asked for: whoever takes it over has no more time than the one who began it.
        var seconds = (calls.Operation is InstanceOperation.Delete ? options.Value.DeleteTimeoutSeconds : options.Value.TimeoutSeconds) * calls.Turn;
        var left = TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(await db.ReadClockAsync(cancellationToken) - job.CreatedAt);
        using var late = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        var steps = new OperationSteps(calls, clock, s_retry);
        try
        {
            return await WithPatienceAsync(calls, steps, both.Token);
        }
        catch (SupersededException)
        {
            return Superseded;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return await FailAsync(calls, Reasons.Timeout, $"The {calls.Operation} took longer than {seconds} seconds.{(steps.Last.Length > 0 ? $" At last: {steps.Last}" : "")}");
        }
        catch (DriverUnavailableException e)
        {
            return await FailAsync(calls, Reasons.ClusterUnreachable, e.Message);
        }
        catch (DriverRejectedException e)
        {
            return await FailAsync(calls, e.Reason, e.Message);
        }
        catch (DriverDataException e)
        {
            return await FailAsync(calls, Reasons.ApplyRejected, e.Message);
        }
        catch (Exception e) when (e is TemplateException or FormatException)
        {
            return await FailAsync(calls, Reasons.RenderFailed, e.Message);
        }
    }

    private static async Task<string> FailAsync(OperationCalls calls, string reason, string message) => await calls.FailAsync(reason, message) ? reason : Superseded;

    // A cluster that does not answer may do so a moment later.
    private async Task<string> WithPatienceAsync(OperationCalls calls, OperationSteps steps, CancellationToken cancellationToken)
    {
        var since = clock.GetTimestamp();
        while (true)
        {
            try
            {
                return await calls.DoAsync(steps, cancellationToken);
            }
            catch (DriverUnavailableException e) when (clock.GetElapsedTime(since) < TimeSpan.FromSeconds(options.Value.UnreachableSeconds))
            {
                await steps.ReportAsync($"The cluster does not answer, it is tried again: {e.Message}", cancellationToken);
                await Task.Delay(s_retry, clock, cancellationToken);
            }
        }
    }
}

/// <summary>An operation, as a job sees it.</summary>
internal sealed record OperationCalls
{
    /// <summary>One of <see cref="InstanceOperation"/>.</summary>
    public required string Operation { get; init; }

    /// <summary>How many go one after the other until it is done: it has the time of as many.</summary>
    public int Turn { get; init; } = 1;

    /// <summary>Does it, and answers what became of it. Doing it again ends in the same.</summary>
    public required Func<OperationSteps, CancellationToken, Task<string>> DoAsync { get; init; }

    /// <summary>Tells how far it is; false when it is not under way any more.</summary>
    public required Func<string, CancellationToken, Task<bool>> ReportAsync { get; init; }

    /// <summary>Writes down that it has failed, for a reason in one word and a message; false when it is not under way any more.</summary>
    public required Func<string, string, Task<bool>> FailAsync { get; init; }
}

/// <summary>Tells how far an operation is, and no more often than anybody looks.</summary>
internal sealed class OperationSteps(OperationCalls calls, TimeProvider clock, TimeSpan pause)
{
    /// <summary>What was last said; empty where nothing was.</summary>
    public string Last { get; private set; } = "";

    /// <summary>Hears a driver to its end.</summary>
    public async Task FollowAsync(IAsyncEnumerable<OperationEvent> events, CancellationToken cancellationToken)
    {
        var said = clock.GetTimestamp();
        await foreach (var step in events.WithCancellation(cancellationToken))
        {
            Last = step.Message;
            if (clock.GetElapsedTime(said) >= pause)
            {
                said = clock.GetTimestamp();
                await ReportAsync(step.Message, cancellationToken);
            }
        }
    }

    /// <summary>Tells it now.</summary>
    public async Task ReportAsync(string message, CancellationToken cancellationToken)
    {
        Last = message;
        if (!await calls.ReportAsync(message, cancellationToken))
        {
            throw new SupersededException();
        }
    }
}

#pragma warning disable CA1064 // It never leaves the jobs.
/// <summary>The operation is not under way any more.</summary>
internal sealed class SupersededException : Exception;
#pragma warning restore CA1064
