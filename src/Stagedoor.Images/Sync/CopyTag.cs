using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Stagedoor.Background.Jobs;
using Stagedoor.Content.Blobs;
using Stagedoor.Errors;
using Stagedoor.Images.Manifests;
using Stagedoor.Storage;

namespace Stagedoor.Images.Sync;

/// <summary>
/// Copies a tag into another registry. Only what is missing there is sent, layer by layer and each in parts; an attempt that was cut off in the middle of one
/// is gone on with where the target says it has come to.
/// </summary>
internal sealed class CopyTag(
    SyncStore store, ManifestStore manifests, BlobLinks links, ContentStore content, RemoteRegistries registries, IOptions<SyncOptions> options, TimeProvider clock)
    : IJobHandler
{
    private const int BufferBytes = 128 * 1024;
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

        var attempt = new Attempt(copy, registries.Open(region, copy.RemoteName), run);
        var there = await attempt.Remote.FindManifestAsync(copy.Tag, cancellationToken);
        if (there is not null && copy.Overwrite == 0)
        {
            return (SyncStatus.Existed, "");
        }

        if (!string.Equals(there, copy.Digest, StringComparison.Ordinal))
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

        return (SyncStatus.Success, string.Create(CultureInfo.InvariantCulture, $"{attempt.Blobs} blobs sent, {attempt.Bytes} bytes{attempt.AbsentNote}"));
    }

    // Answers how it has ended, when that is otherwise than with the tag there.
    private async Task<(string Status, string Detail)?> SendAsync(Attempt attempt, CancellationToken cancellationToken)
    {
        var copy = attempt.Copy;
        var manifest = await PrepareAsync(attempt, copy.Digest, cancellationToken);
        if (!await store.IsWantedAsync(copy, cancellationToken))
        {
            return (SyncStatus.Cancel, "the tag was deleted");
        }

        return await attempt.Remote.PutManifestAsync(copy.Tag, manifest.MediaType, manifest.Content, copy.Overwrite == 1, cancellationToken) ? null : (SyncStatus.Existed, "");
    }

    /// <summary>Copies what a manifest refers to, so that the target takes it.</summary>
    private async Task<StoredManifest> PrepareAsync(Attempt attempt, string digest, CancellationToken cancellationToken)
    {
        var manifest = await manifests.FindAsync(attempt.Copy.RepositoryId, digest, cancellationToken) ?? throw new RemoteException($"{digest} was deleted while it was copied");
        var document = ManifestDocument.Parse(manifest.Content, manifest.MediaType);
        foreach (var reference in document.References.DistinctBy(static r => r.Digest))
        {
            var child = document.IsIndex ? await manifests.FindAsync(attempt.Copy.RepositoryId, reference.Digest.ToString(), cancellationToken) : null;
            if (child is not null)
            {
                if (attempt.Done.Add(child.Digest) && await attempt.Remote.FindManifestAsync(child.Digest, cancellationToken) is null)
                {
                    await PrepareAsync(attempt, child.Digest, cancellationToken);
                    await attempt.Remote.PutManifestAsync(child.Digest, child.MediaType, child.Content, replaces: true, cancellationToken);
                }
            }
            else if (attempt.Done.Add(reference.Digest.ToString()))
            {
                // What is not of this repository is not sent, though another may have it: to name a digest is no right to its bytes.
                if (await links.FindAsync(attempt.Copy.RepositoryId, reference.Digest, cancellationToken) is not null || (!document.IsIndex && reference.IsRequired))
                {
                    await CopyBlobAsync(attempt, reference, cancellationToken);
                }
                else if (document.IsIndex)
                {
                    attempt.Absent++;
                }
            }
        }

        return manifest;
    }

    private async Task CopyBlobAsync(Attempt attempt, ManifestDescriptor blob, CancellationToken cancellationToken)
    {
        var key = content.Keys.Of(blob.Digest);
        if (await attempt.Remote.HasBlobAsync(blob.Digest, cancellationToken))
        {
            return;
        }

        if (await content.Blobs.FindSizeAsync(key, cancellationToken) is not { } size)
        {
            throw new StorageException(StorageSource.Blobs, StorageFault.Corrupt, $"The bytes of {blob.Digest} are not in the store.");
        }

        var upload = await ResumeAsync(attempt, blob.Digest, cancellationToken);
        if (upload is null)
        {
            var holder = await store.FindHolderAsync(attempt.Copy, blob.Digest, cancellationToken);
            if (await attempt.Remote.BeginAsync(blob.Digest, holder, cancellationToken) is not { } begun)
            {
                return;
            }

            upload = (begun, 0);
            await ReportAsync(attempt, blob.Digest, begun, cancellationToken);
        }

        var (location, received) = upload.Value;
        while (received < size)
        {
            var (offset, length) = (received, Math.Min(options.Value.ChunkBytes, size - received));
            (location, received) = await attempt.Remote.AppendAsync(
                location, offset, length, (stream, progress, stop) => WriteAsync(key, offset, length, stream, progress, stop), cancellationToken);
            if (received <= offset)
            {
                throw new RemoteException("the target does not go on with the upload");
            }

            attempt.Bytes += received - offset;
            await ReportAsync(attempt, blob.Digest, location, cancellationToken);
            await store.NoteAsync(
                attempt.Copy, string.Create(CultureInfo.InvariantCulture, $"{attempt.Blobs} blobs sent, {received} of {size} bytes of {blob.Digest}"), cancellationToken);
        }

        await attempt.Remote.FinishAsync(location, blob.Digest, cancellationToken);
        attempt.Blobs++;
    }

    private static async Task<(Uri Location, long Received)?> ResumeAsync(Attempt attempt, Digest digest, CancellationToken cancellationToken)
    {
        if (attempt.TakeKnownUpload(digest) is not { } location)
        {
            return null;
        }

        return await attempt.Remote.FindUploadAsync(location, cancellationToken);
    }

    private static Task ReportAsync(Attempt attempt, Digest digest, Uri location, CancellationToken cancellationToken) => attempt.Run.ReportAsync(
        JsonSerializer.Serialize(new SyncProgress(digest.ToString(), location.OriginalString), SyncJson.Wire.SyncProgress), cancellationToken);

    private async Task WriteAsync(BlobKey key, long offset, long length, Stream stream, Action progress, CancellationToken cancellationToken)
    {
        await using var blob = await content.Blobs.OpenAsync(key, offset, length, cancellationToken)
            ?? throw new StorageException(StorageSource.Blobs, StorageFault.Corrupt, "The bytes of a layer have gone from the store.");
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (var left = length; left > 0;)
            {
                var read = await blob.Body.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), cancellationToken);
                if (read == 0)
                {
                    throw new StorageException(StorageSource.Blobs, StorageFault.Corrupt, "The bytes of a layer have become fewer in the store.");
                }

                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                left -= read;
                progress();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>What one attempt has done so far.</summary>
    private sealed class Attempt(BegunCopy copy, RemoteRegistry remote, JobRun run)
    {
        private SyncProgress? _known = run.Job.Progress is { } text ? JsonSerializer.Deserialize(text, SyncJson.Wire.SyncProgress) : null;

        public BegunCopy Copy { get; } = copy;

        public RemoteRegistry Remote { get; } = remote;

        public JobRun Run { get; } = run;

        public HashSet<string> Done { get; } = new(StringComparer.Ordinal);

        public int Blobs { get; set; }

        public long Bytes { get; set; }

        /// <summary>How many manifests that an index names are not here: organizations may allow such indexes.</summary>
        public int Absent { get; set; }

        public string AbsentNote => Absent == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; {Absent} of what the index names is not here");

        /// <summary>Where the attempt before was uploading the blob; once.</summary>
        public string? TakeKnownUpload(Digest digest)
        {
            if (_known is not { } known || !string.Equals(known.Digest, digest.ToString(), StringComparison.Ordinal))
            {
                return null;
            }

            _known = null;
            return known.Location;
        }
    }
}

/// <summary>Where the blob is uploaded that is being copied.</summary>
internal sealed record SyncProgress(string Digest, string Location);
