using System.Globalization;
using Microsoft.Extensions.Options;
using Stagedoor.Background.Jobs;
using Stagedoor.Errors;
using Stagedoor.Storage;

namespace Stagedoor.Images.Sync;

/// <summary>
/// Copies a tag into another registry, with what refers to it. Only what is missing there is sent, layer by layer and each in parts; an attempt that was cut off in the
/// middle of one is gone on with where the target says it has come to.
/// </summary>
internal sealed class CopyTag(
    SyncStore store, CopyContent content, CopyReferrers referrers, RemoteRegistries registries, IOptions<SyncOptions> options, TimeProvider clock) : IJobHandler
{
    private const int MaxDetail = 500;

    public string Kind => SyncStore.Kind;

    public async Task<string?> RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        var id = long.Parse(run.Job.WorkKey, CultureInfo.InvariantCulture);
        if (await store.BeginAsync(id, run.Job.Epoch, cancellationToken) is not { } copy)
        {
            return null;
        }

        var left = DateTimeOffset.FromUnixTimeMilliseconds(copy.CreatedAt).AddMinutes(options.Value.TimeoutMinutes) - clock.GetUtcNow();
        using var late = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            var (status, detail) = await CopyAsync(copy, run, either.Token);
            await store.EndAsync(copy, status, detail, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            var detail = DetailOf(e);
            if (late.IsCancellationRequested)
            {
                await store.EndAsync(copy, SyncStatus.Timeout, $"not done within {options.Value.TimeoutMinutes} minutes", cancellationToken);
                return null;
            }

            if (run.Job.Attempts >= options.Value.Attempts)
            {
                await store.EndAsync(copy, SyncStatus.Failed, detail, cancellationToken);
            }
            else
            {
                await store.NoteAsync(copy, detail, cancellationToken);
            }

            throw;
        }

        return null;
    }

    public Task<JobOwner?> FindOwnerAsync(Job job, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        return store.FindOwnerAsync(long.Parse(job.WorkKey, CultureInfo.InvariantCulture), cancellationToken);
    }

    private static string DetailOf(Exception e)
    {
        var fault = e as StorageException ?? e.InnerException as StorageException;
        return ShortOf(fault is null ? e.Message : $"{ImagesCodes.GetImageLayerFailed.Code}: {ImagesCodes.GetImageLayerFailed.Message}");
    }

    private static string ShortOf(string detail) => Text.Cut(Text.Repair(detail), MaxDetail);

    private async Task<(string Status, string Detail)> CopyAsync(BegunCopy copy, JobRun run, CancellationToken cancellationToken)
    {
        if (registries.Find(copy.Region) is not { } region || region.Endpoint.Length == 0)
        {
            throw new RemoteException($"Images:Sync:Regions has no {copy.Region} with an Endpoint any more");
        }

        var attempt = new CopyAttempt(copy, registries.Open(region, copy.RemoteName), run);
        var there = await attempt.Remote.FindManifestAsync(copy.Tag, cancellationToken);
        var isSame = string.Equals(there, copy.Digest, StringComparison.Ordinal);
        if (there is not null && copy.Overwrite == 0 && !isSame)
        {
            return (SyncStatus.Existed, "");
        }

        if (isSame)
        {
            // An image that was signed after it was copied.
            await referrers.RunAsync(attempt, cancellationToken);
        }
        else
        {
            try
            {
                if (await SendAsync(attempt, cancellationToken) is { } end)
                {
                    return end;
                }
            }
            catch (RemoteException e) when (attempt.Absent > 0 && e.IsRefusal)
            {
                // To say it again would not bring what is missing here.
                return (SyncStatus.Failed, ShortOf($"{e.Message}{attempt.AbsentNote}"));
            }
        }

        return isSame && copy.Overwrite == 0
            ? (SyncStatus.Existed, attempt.Referrers > 0 || attempt.RefusedReferrer is not null ? ShortOf(attempt.Detail) : "")
            : (SyncStatus.Success, ShortOf(attempt.Detail));
    }

    // Answers how it has ended, when that is otherwise than with the tag there.
    private async Task<(string Status, string Detail)?> SendAsync(CopyAttempt attempt, CancellationToken cancellationToken)
    {
        var copy = attempt.Copy;
        var manifest = await content.PrepareAsync(attempt, copy.Digest, cancellationToken);

        // The signatures before the tag: a cluster that asks for them may pull it at once.
        await referrers.RunAsync(attempt, cancellationToken);
        if (!await store.IsWantedAsync(copy, cancellationToken))
        {
            return (SyncStatus.Cancel, "the tag was deleted");
        }

        return await attempt.Remote.PutManifestAsync(copy.Tag, manifest.MediaType, manifest.Content, copy.Overwrite == 1, cancellationToken) ? null : (SyncStatus.Existed, "");
    }
}
