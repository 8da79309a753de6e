namespace Stagedoor.Background.Jobs;

/// <summary>A piece of durable work as the database has it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">What kind of work it is; a <see cref="IJobHandler"/> does it.</param>
/// <param name="WorkKey">What it is about; of one kind and key there is one unfinished job at a time.</param>
/// <param name="Argument">What the handler has to know besides.</param>
/// <param name="TraceParent">The request that asked for it, and behind a comma whose it is.</param>
/// <param name="CreatedAt">When it was asked for, in Unix milliseconds of the database's clock, like all its times.</param>
/// <param name="NextAt">Its time, or the end of its owner's lease.</param>
/// <param name="Owner">Who has it.</param>
/// <param name="Epoch">How often it was claimed; the fence against owners that have lost it.</param>
/// <param name="Attempts">How often it was begun and neither succeeded nor was given back.</param>
/// <param name="Progress">What its owner last said.</param>
/// <param name="Error">Why the last attempt failed.</param>
/// <param name="CancelRequestedAt">When somebody asked to cancel it.</param>
/// <param name="FinishedAt">When it ended for good.</param>
/// <param name="Outcome">How it ended: <c>succeeded</c>, <c>failed</c> or <c>cancelled</c>.</param>
/// <param name="Result">What it brought.</param>
/// <param name="Lane">Who would have to wait if it took long.</param>
public sealed record Job(
    string Id,
    string Kind,
    string WorkKey,
    string? Argument,
    string? TraceParent,
    long CreatedAt,
    long NextAt,
    string? Owner,
    long Epoch,
    long Attempts,
    string? Progress,
    string? Error,
    long? CancelRequestedAt,
    long? FinishedAt,
    string? Outcome,
    string? Result,
    string? Lane)
{
    public JobState State => Outcome switch
    {
        "succeeded" => JobState.Succeeded,
        "failed" => JobState.Failed,
        "cancelled" => JobState.Cancelled,
        _ => Owner is null ? JobState.Waiting : JobState.Running,
    };

    /// <summary>The span of the request that asked for it, as in the header <c>traceparent</c>; null when nobody did.</summary>
    public string? AskedBy => TraceParent?.Split(',', 2)[0];
}

/// <summary>How far a job is.</summary>
public enum JobState
{
    /// <summary>Its time has not come, or nobody has taken it yet.</summary>
    Waiting,

    /// <summary>Somebody has it, or died while having it.</summary>
    Running,

    Succeeded,

    Failed,

    Cancelled,
}

/// <summary>What an owner hears when it renews its lease.</summary>
public enum JobHold
{
    /// <summary>It still has the job.</summary>
    Held,

    /// <summary>It has the job, and somebody asked to cancel it.</summary>
    CancelRequested,

    /// <summary>It is another's by now, or finished: nothing that is done for it counts.</summary>
    Lost,
}

/// <summary>A job whose time has come.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Lane">Its lane; null when it has none.</param>
public sealed record DueJob(string Id, string? Lane);

/// <summary>A job that was asked for.</summary>
/// <param name="Id">Its id.</param>
/// <param name="IsNew">False when the same work was asked for before and is not finished.</param>
public readonly record struct AddedJob(string Id, bool IsNew);
