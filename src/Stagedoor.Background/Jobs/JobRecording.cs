using System.Diagnostics;
using Stagedoor.Storage;

namespace Stagedoor.Background.Jobs;

/// <summary>What an attempt at a job does.</summary>
internal sealed class JobRecording : Recording
{
    public const string DoneOutcome = "done";
    public const string CancelledOutcome = "cancelled";
    public const string GivenBackOutcome = "given_back";
    public const string LostOutcome = "lost";

    // Behind the parent, as in the header `tracestate`: no parent has a comma.
    private const string ProjectField = ",stagedoor=";

    private JobRecording(ActivityTraceId traceId, ActivitySpanId parentId, string? project, TimeProvider clock)
        : base(traceId, parentId, clock) => Project = project;

    /// <summary>The project of whoever asked for the job.</summary>
    public override string? Project { get; }

    /// <summary>What a job has to know of the request that asks for it.</summary>
    public static string ContextOf(Recording recording)
    {
        var parent = recording.ParentOf(recording.SpanId);
        return recording.Project is { } project ? parent + ProjectField + project : parent;
    }

    /// <summary>That of an attempt that begins now. A job that nobody asked for has a trace of its own.</summary>
    public static JobRecording Of(Job job, TimeProvider clock)
    {
        var context = job.TraceParent;
        string? project = null;
        if (context?.IndexOf(ProjectField, StringComparison.Ordinal) is >= 0 and var at)
        {
            project = context[(at + ProjectField.Length)..];
            context = context[..at];
        }

        return ActivityContext.TryParse(context, null, out var parent)
            ? new(parent.TraceId, parent.SpanId, project, clock) { IsWanted = (parent.TraceFlags & ActivityTraceFlags.Recorded) is not ActivityTraceFlags.None }
            : new(ActivityTraceId.CreateRandom(), default, project, clock);
    }

    /// <summary>What kind of fault it was, in a word that tells nothing of the inside.</summary>
    public static string FaultOf(Exception fault) => fault is StorageException { Store: var store } ? store is StorageSource.Database ? "database_fault" : "blobs_fault" : "attempt_failed";

    /// <summary>The attempt, which is over.</summary>
    public RecordedSpan Describe(Job job, string outcome, bool hasFailed, TimeSpan elapsed) => new()
    {
        Recording = this,
        Steps = End(),
        Name = $"process {job.Kind}",
        IsJob = true,
        Elapsed = elapsed,
        IsFault = hasFailed,
        Outcome = hasFailed ? outcome : "",
        Project = Project,
        Attributes =
        [
            new("messaging.system", "stagedoor"),
            new("messaging.operation.name", "process"),
            new("messaging.destination.name", job.Kind),
            new("messaging.message.id", job.Id),
            new("stagedoor.job.attempt", job.Attempts),
            new("stagedoor.job.outcome", outcome),
        ],
    };
}
