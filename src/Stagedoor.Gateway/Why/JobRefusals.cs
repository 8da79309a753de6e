using System.Diagnostics;
using System.Globalization;
using Stagedoor.Background.Jobs;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;
using Stagedoor.Storage;

namespace Stagedoor.Gateway.Why;

/// <summary>Keeps why jobs failed, under the id of the request that asked for them.</summary>
internal sealed class JobRefusals(RefusalLog log, RefusalStore store, IdSource ids, TimeProvider clock) : IJobFaults
{
    /// <summary>The code of a job that failed without one.</summary>
    public const string Code = "job";

    private const int MaxError = 1000;

    public void Note(Job job, JobOwner? owner, string reason, Exception? fault, TimeSpan? retryAfter)
    {
        if (!ActivityContext.TryParse(job.AskedBy, null, out var parent))
        {
            return;
        }

        var (now, coded, stored) = (clock.GetUtcNow(), fault as ApiException, fault as StorageException ?? Stages.FindFault(fault as ApiException));
        var text = Text.Cut(Text.Repair(reason), MaxError);
        var facts = new List<DecisionFact>
        {
            new("job", job.Id),
            new("kind", job.Kind),
            new("about", job.WorkKey),
            new("attempt", job.Attempts.ToString(CultureInfo.InvariantCulture)),
            new("next attempt", retryAfter is { } after ? string.Create(CultureInfo.InvariantCulture, $"in {after.TotalSeconds:0} s") : "none: it has failed for good"),
            new("error", stored is null ? text : "a store failed"),
        };
        if (stored is not null)
        {
            facts.Add(new("store", stored.Store is StorageSource.Database ? $"database ({store.Engine})" : "blobs"));
            facts.Add(new("statement", stored.Statement ?? ""));
        }

        var change = stored is not null ? "Let the operator look at the store that failed (stagedoor doctor, GET /readyz)"
            : coded is not null ? Advice.FirstSentence(coded.Error.English.Remedy).TrimEnd('.')
            : $"Mend what the job met ({text.TrimEnd('.', ' ')})";
        var refused = new Refused
        {
            Time = now.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            Kind = "job",
            RequestId = parent.TraceId.ToHexString(),
            RefusedBy = DecisionStage.Job,
            Change = retryAfter is null ? $"{change}, then ask for it again." : $"{change}; it is tried again by itself.",
            Code = coded?.Error.Code ?? Code,
            Message = stored is null ? text : "a store failed",
            Steps = [new(DecisionStage.Job, "failed", [.. facts.Where(static f => f.Value.Length > 0)])],
        };
        log.Note(RefusalAccount.RowOf(refused, ids.NewId(), now, owner?.DomainId ?? "", owner?.UserId ?? ""));
    }
}
