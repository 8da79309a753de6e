namespace Stagedoor.Background.Jobs;

/// <summary>Does one kind of job. An attempt may be cut off at any moment, by a kill too, and begun again elsewhere: each step is safe to repeat.</summary>
public interface IJobHandler
{
    /// <summary>The kind of <see cref="Job"/> that it does.</summary>
    string Kind { get; }

    /// <summary>Does the job, and answers its result. What it throws is a failed attempt.</summary>
    /// <param name="run">The job, and how to tell of its progress.</param>
    /// <param name="cancellationToken">The process stops, somebody has asked to cancel the job, or it is another's: what is done from then on may not count.</param>
    Task<string?> RunAsync(JobRun run, CancellationToken cancellationToken);

    /// <summary>On whose behalf the job is done; null when that is not known, or it is gone.</summary>
    /// <param name="job">The job.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<JobOwner?> FindOwnerAsync(Job job, CancellationToken cancellationToken) => Task.FromResult<JobOwner?>(null);

    /// <summary>
    /// The job has failed for good, also one whose every owner died: whoever keeps of its own what became of the work writes it down. Called before the job
    /// says so, and again when either could not be written.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task HearFailureAsync(Job job, string reason, CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>One attempt at a job.</summary>
public sealed class JobRun
{
    private readonly Func<string, CancellationToken, Task> _report;

    internal JobRun(Job job, Func<string, CancellationToken, Task> report) => (Job, _report) = (job, report);

    public Job Job { get; }

    /// <summary>Keeps how far the job is, in the handler's own words.</summary>
    public Task ReportAsync(string progress, CancellationToken cancellationToken) => _report(progress, cancellationToken);
}

/// <summary>How a <see cref="JobRunner"/> works.</summary>
public sealed class JobRunnerOptions
{
    /// <summary>How many jobs run at a time in this process.</summary>
    public int MaxConcurrency { get; set; } = 4;

    /// <summary>How many of one lane run at a time in this process, so that one that takes long leaves room for others; 0 for as many as there are.</summary>
    public int MaxPerLane { get; set; }

    /// <summary>How long a job is its owner's without a sign of life; a third of it passes between two.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often it is looked for jobs whose time has come.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often a job is begun before it counts as failed, the attempts whose owner died among them.</summary>
    public int MaxAttempts { get; set; } = 5;

    /// <summary>The pause after the first failed attempt; it doubles with each.</summary>
    public TimeSpan FirstRetry { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Hears of attempts that failed; null when nobody wants to.</summary>
    public IJobFaults? Faults { get; set; }

    /// <summary>The longest pause between two attempts.</summary>
    public TimeSpan LongestRetry { get; set; } = TimeSpan.FromMinutes(10);
}
