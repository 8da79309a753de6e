namespace Stagedoor.Background.Jobs;

/// <summary>Hears of attempts at jobs that failed, so that whoever asked for the job can ask why. Never fails, and never takes long.</summary>
public interface IJobFaults
{
    /// <summary>Notes a failed attempt.</summary>
    /// <param name="job">The job.</param>
    /// <param name="owner">Whose it is; null when its handler does not know.</param>
    /// <param name="reason">Why it failed.</param>
    /// <param name="fault">What was thrown; null when the job was left by its owners.</param>
    /// <param name="retryAfter">After how long it is tried again; null when it has failed for good.</param>
    void Note(Job job, JobOwner? owner, string reason, Exception? fault, TimeSpan? retryAfter);
}

/// <summary>On whose behalf a job is done.</summary>
/// <param name="DomainId">The account.</param>
/// <param name="UserId">The user who asked for it; empty when that is not known.</param>
public sealed record JobOwner(string DomainId, string UserId);
