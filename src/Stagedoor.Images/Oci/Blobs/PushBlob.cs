using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Access;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Storage;

namespace Stagedoor.Images.Oci.Blobs;

/// <summary>Uploads of blobs: <c>/v2/{name}/blobs/uploads/</c> and what it leads to.</summary>
internal sealed class PushBlob(
    RegistryAccess access,
    RegistryCache cache,
    BlobRows rows,
    UploadRows uploads,
    UploadSessions sessions,
    IBlobStore blobs,
    IdSource ids,
    TimeProvider clock,
    IOptions<ImagesOptions> options)
{
    private const int MaxRemovalPolls = 100;

    private static readonly TimeSpan s_turnPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_removalPoll = TimeSpan.FromMilliseconds(50);

    /// <summary><c>POST</c>: begins an upload, takes a whole blob, or mounts one from another repository.</summary>
    public async Task StartAsync(HttpContext context, RegistryIdentity identity, RegistryPath path)
    {
        var cancellationToken = context.RequestAborted;
        var query = context.Request.Query;
        var (_, repositoryId) = await access.OpenForPushAsync(context, identity, path.Name, ImagesCodes.SaveLayerFailed);
        var announced = query["digest-algorithm"].ToString();
        if (announced is not ("" or BlobHash.Sha256 or BlobHash.Sha512))
        {
            throw RegistryError.InvalidDigest(announced);
        }

        if (query.TryGetValue("mount", out var mount))
        {
            var digest = Parse(mount.ToString());
            if (await MountAsync(identity, repositoryId, digest, query["from"].ToString(), cancellationToken).FaultAs(ImagesCodes.GetLayerFailed))
            {
                AnswerCreated(context.Response, path.Name, digest);
                return;
            }
        }

        var id = ids.NewGuid().ToString("D");
        if (query.TryGetValue("digest", out var whole))
        {
            await TakeWholeAsync(context, path.Name, repositoryId, id, Parse(whole.ToString()), cancellationToken);
            return;
        }

        await using (await CreateAsync(id, cancellationToken))
        {
            await uploads.AddAsync(id, repositoryId, identity.Caller!.UserId, announced is "" ? BlobHash.Sha256 : announced, cancellationToken)
                .FaultAs(ImagesCodes.CreateImagePathFailed);
        }

        AnswerProgress(context.Response, StatusCodes.Status202Accepted, path.Name, id, 0);
    }

    /// <summary><c>PATCH</c>: a chunk, or the whole in one stream.</summary>
    public async Task AppendAsync(HttpContext context, RegistryIdentity identity, RegistryPath path)
    {
        var (_, repositoryId) = await access.OpenForPushAsync(context, identity, path.Name, ImagesCodes.SaveLayerFailed);
        var session = await TakeTurnAsync(path.Reference, context.RequestAborted);
        try
        {
            var (row, upload) = await OpenAsync(path.Reference, repositoryId, context.RequestAborted);
            await using (upload)
            {
                await ReceiveAsync(context, path, session, upload, row.Algorithm);
                AnswerProgress(context.Response, StatusCodes.Status202Accepted, path.Name, row.Id, upload.Length);
            }
        }
        finally
        {
            session.Turn.Release();
        }
    }

    /// <summary><c>PUT</c>: the end of an upload, perhaps with its last chunk.</summary>
    public async Task FinishAsync(HttpContext context, RegistryIdentity identity, RegistryPath path)
    {
        var cancellationToken = context.RequestAborted;
        var (_, repositoryId) = await access.OpenForPushAsync(context, identity, path.Name, ImagesCodes.SaveLayerFailed);
        var digest = Parse(context.Request.Query["digest"].ToString());
        var session = await TakeTurnAsync(path.Reference, cancellationToken);
        try
        {
            var (row, upload) = await OpenAsync(path.Reference, repositoryId, cancellationToken);
            await using (upload)
            {
                await ReceiveAsync(context, path, session, upload, upload.Length == 0 ? digest.Algorithm : row.Algorithm, isLast: true);
                var computed = await ComputeAsync(session, upload, digest.Algorithm, cancellationToken);
                if (computed != digest)
                {
                    await DiscardAsync(row.Id, upload);
                    throw RegistryError.DigestMismatch(digest.ToString(), computed.ToString());
                }

                await CommitAsync(upload, row.Id, repositoryId, digest, cancellationToken);
            }

            sessions.Close(row.Id);
            AnswerCreated(context.Response, path.Name, digest);
        }
        finally
        {
            session.Turn.Release();
        }
    }

    /// <summary><c>GET</c>: how far an upload has come.</summary>
    public async Task ShowAsync(HttpContext context, RegistryIdentity identity, RegistryPath path)
    {
        var repositoryId = await OpenRepositoryAsync(context, identity, path);
        var (row, upload) = await OpenAsync(path.Reference, repositoryId, context.RequestAborted);
        await using (upload)
        {
            AnswerProgress(context.Response, StatusCodes.Status204NoContent, path.Name, row.Id, upload.Length);
        }
    }

    /// <summary><c>DELETE</c>: gives an upload up.</summary>
    public async Task CancelAsync(HttpContext context, RegistryIdentity identity, RegistryPath path)
    {
        var repositoryId = await OpenRepositoryAsync(context, identity, path);
        var session = await TakeTurnAsync(path.Reference, context.RequestAborted);
        try
        {
            var (row, upload) = await OpenAsync(path.Reference, repositoryId, context.RequestAborted);
            await using (upload)
            {
                await DiscardAsync(row.Id, upload);
            }

            context.Response.Headers["Docker-Distribution-Api-Version"] = RegistryEndpoints.Version;
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        finally
        {
            session.Turn.Release();
        }
    }

    private static Digest Parse(string text) => Digest.TryParse(text, out var digest) ? digest : throw RegistryError.InvalidDigest(text);

    private static string Location(string name, string id) => $"/v2/{name}/blobs/uploads/{id}";

    private static void AnswerProgress(HttpResponse response, int status, string name, string id, long received)
    {
        response.StatusCode = status;
        response.Headers.Location = Location(name, id);
        response.Headers["Docker-Upload-UUID"] = id;
        response.Headers["Docker-Distribution-Api-Version"] = RegistryEndpoints.Version;
        response.Headers.Range = RegistryError.UploadRange(received);
    }

    private static void AnswerCreated(HttpResponse response, string name, Digest digest)
    {
        response.StatusCode = StatusCodes.Status201Created;
        response.Headers.Location = $"/v2/{name}/blobs/{digest}";
        response.Headers["Docker-Content-Digest"] = digest.ToString();
        response.Headers["Docker-Distribution-Api-Version"] = RegistryEndpoints.Version;
    }

    private async Task<long> OpenRepositoryAsync(HttpContext context, RegistryIdentity identity, RegistryPath path)
    {
        var state = await access.OpenAsync(context, identity, path.Name, Rights.Edit, ImagesCodes.SaveLayerFailed);
        return state.Repository?.Id ?? throw RegistryError.RepositoryUnknown(path.Name);
    }

    private async Task<(UploadRow Row, IBlobUpload Upload)> OpenAsync(string id, long repositoryId, CancellationToken cancellationToken)
    {
        var row = Guid.TryParseExact(id, "D", out _)
            ? await uploads.FindAsync(id, repositoryId, cancellationToken).FaultAs(ImagesCodes.InvalidLayerUpload)
            : null;
        if (row is null)
        {
            sessions.Close(id);
            throw RegistryError.UploadUnknown(id);
        }

        var upload = await blobs.OpenUploadAsync(BlobKeys.Upload(id), cancellationToken).FaultAs(ImagesCodes.InvalidLayerUpload);
        if (upload is null || upload.Length < row.Received)
        {
            var length = upload?.Length ?? 0;
            if (upload is not null)
            {
                await upload.DisposeAsync();
            }

            throw new ApiException(ImagesCodes.InvalidLayerUpload)
            {
                Oci = OciError.Unknown,
                Facts = [new("upload", id), new("problem", $"{length} bytes are staged of {row.Received}")],
            };
        }

        return (row, upload);
    }

    private async Task<UploadSession> TakeTurnAsync(string id, CancellationToken cancellationToken)
    {
        var session = sessions.Open(id);
        return await session.Turn.WaitAsync(s_turnPatience, cancellationToken) ? session : throw RegistryError.Busy($"upload {id}");
    }

    private async Task<IBlobUpload> CreateAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await blobs.CreateUploadAsync(BlobKeys.Upload(id), cancellationToken);
        }
        catch (StorageException fault)
        {
            throw new ApiException(fault.Fault is StorageFault.Full ? ImagesCodes.SaveLayerFailed : ImagesCodes.CreateImagePathFailed, inner: fault);
        }
    }

    private async Task TakeWholeAsync(
        HttpContext context, string name, long repositoryId, string id, Digest digest, CancellationToken cancellationToken)
    {
        await using var upload = await CreateAsync(id, cancellationToken);
        using var hash = BlobHash.Create(digest.Algorithm);
        var committed = false;
        try
        {
            var limit = options.Value.MaxBlobBytes;
            var copied = await UploadWriter.CopyAsync(upload, hash, context.Request.Body, limit, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed);
            if (copied.IsOver)
            {
                throw RegistryError.BlobTooLarge(limit);
            }

            var computed = Digest.Of(digest.Algorithm, hash.GetHashAndReset());
            if (computed != digest)
            {
                throw RegistryError.DigestMismatch(digest.ToString(), computed.ToString());
            }

            await CommitAsync(upload, id, repositoryId, digest, cancellationToken);
            committed = true;
        }
        finally
        {
            if (!committed)
            {
                await upload.AbortAsync(CancellationToken.None).FaultAs(ImagesCodes.SaveLayerFailed);
            }
        }

        AnswerCreated(context.Response, name, digest);
    }

    // Appends the body of a PATCH or PUT behind what is there.
    private async Task ReceiveAsync(
        HttpContext context, RegistryPath path, UploadSession session, IBlobUpload upload, string algorithm, bool isLast = false)
    {
        var request = context.Request;
        var before = upload.Length;
        long? declared = null;
        if (request.Headers.ContentRange.Count > 0)
        {
            // An empty last chunk cannot be expressed as a range; some clients send one that ends before it begins.
            var isRange = ChunkRange.TryParse(request.Headers.ContentRange.ToString(), out var chunk);
            if ((!isRange || chunk.First != before) && request.ContentLength is not 0)
            {
                throw RegistryError.ChunkOutOfOrder(Location(path.Name, path.Reference), path.Reference, before);
            }

            declared = isRange && request.ContentLength is not 0 ? chunk.Length : null;
            if (declared is { } length && request.ContentLength is { } sent && sent != length)
            {
                throw RegistryError.SizeInvalid(length, sent);
            }
        }

        var limit = options.Value.MaxBlobBytes - before;
        if (request.ContentLength > limit)
        {
            throw RegistryError.BlobTooLarge(options.Value.MaxBlobBytes);
        }

        var hash = session.FindHash(algorithm, before);
        var copied = default(Copied?);
        try
        {
            copied = await UploadWriter.CopyAsync(upload, hash, request.Body, Math.Min(limit, declared ?? long.MaxValue), context.RequestAborted)
                .FaultAs(ImagesCodes.SaveLayerFailed);
        }
        finally
        {
            await KeepAsync(path.Reference, session, upload, copied is null ? null : hash, algorithm, before, isLast && copied is not null);
        }

        if (copied is { IsOver: true } && declared is null)
        {
            throw RegistryError.BlobTooLarge(options.Value.MaxBlobBytes);
        }

        if (copied is { } all && declared is { } announced && (all.IsOver || all.Length != announced))
        {
            throw RegistryError.SizeInvalid(announced, all.Length);
        }
    }

    // Whatever has arrived is kept, also when the client went away in the middle: it may go on from there.
    private async Task KeepAsync(
        string id, UploadSession session, IBlobUpload upload, IncrementalHash? hash, string algorithm, long before, bool isLast)
    {
        if (hash is null)
        {
            session.ForgetHash();
        }
        else
        {
            session.Keep(hash, algorithm, upload.Length);
        }

        if (!isLast && upload.Length > before)
        {
            await upload.SaveAsync(CancellationToken.None).FaultAs(ImagesCodes.SaveLayerFailed);
            await uploads.SetReceivedAsync(id, upload.Length, CancellationToken.None).FaultAs(ImagesCodes.SaveLayerFailed);
        }
    }

    private static async Task<Digest> ComputeAsync(UploadSession session, IBlobUpload upload, string algorithm, CancellationToken cancellationToken)
    {
        if (session.FindHash(algorithm, upload.Length) is { } known)
        {
            return Digest.Of(algorithm, known.GetCurrentHash());
        }

        using var hash = BlobHash.Create(algorithm);
        await UploadWriter.RehashAsync(upload, hash, cancellationToken).FaultAs(ImagesCodes.InvalidLayerUpload);
        return Digest.Of(algorithm, hash.GetHashAndReset());
    }

    private async Task DiscardAsync(string id, IBlobUpload upload)
    {
        sessions.Close(id);
        await uploads.RemoveAsync(id, CancellationToken.None).FaultAs(ImagesCodes.SaveLayerFailed);
        await upload.AbortAsync(CancellationToken.None).FaultAs(ImagesCodes.SaveLayerFailed);
    }

    private async Task CommitAsync(IBlobUpload upload, string id, long repositoryId, Digest digest, CancellationToken cancellationToken)
    {
        var length = upload.Length;
        var key = BlobKeys.Of(digest);
        if (await LinkAsync(repositoryId, digest, length, id, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed) is LinkResult.Linked
            && await blobs.FindSizeAsync(key, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed) == length)
        {
            await upload.AbortAsync(CancellationToken.None).FaultAs(ImagesCodes.SaveLayerFailed);
        }
        else
        {
            await PublishAsync(upload, key, cancellationToken);
            await RecordAsync(repositoryId, digest, length, id, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed);
        }

        cache.ForgetBlob(repositoryId, digest);
    }

    // If the collector is just removing an unused blob of the same digest, its end is waited for.
    private async Task<LinkResult> LinkAsync(long repositoryId, Digest digest, long length, string id, CancellationToken cancellationToken)
    {
        var result = LinkResult.Removing;
        for (var attempt = 0; attempt < MaxRemovalPolls; attempt++)
        {
            result = await rows.LinkAsync(repositoryId, digest, length, id, cancellationToken);
            if (result is not LinkResult.Removing)
            {
                break;
            }

            await Task.Delay(s_removalPoll, clock, cancellationToken);
        }

        return result;
    }

    // Bytes first, row second. Only bytes that lay there without a row can be on their way out now; whoever pushes again finds them gone.
    private async Task RecordAsync(long repositoryId, Digest digest, long length, string id, CancellationToken cancellationToken)
    {
        if (!await rows.AddAsync(repositoryId, digest, length, id, cancellationToken))
        {
            throw new StorageException(StorageSource.Blobs, StorageFault.Failed, $"{digest} was removed while it was pushed.");
        }
    }

    private static async Task PublishAsync(IBlobUpload upload, BlobKey key, CancellationToken cancellationToken)
    {
        try
        {
            await upload.CommitAsync(key, cancellationToken);
        }
        catch (StorageException fault)
        {
            throw new ApiException(
                fault.Fault switch
                {
                    StorageFault.CannotCreate => ImagesCodes.CreateImagePathFailed,
                    StorageFault.Corrupt => ImagesCodes.InvalidLayerUpload,
                    _ => ImagesCodes.SaveLayerFailed,
                },
                inner: fault);
        }
    }

    private async Task<bool> MountAsync(
        RegistryIdentity identity, long repositoryId, Digest digest, string from, CancellationToken cancellationToken)
    {
        var names = new List<RepositoryName>();
        if (from.Length == 0)
        {
            var linked = await rows.FindLinksAsync(digest, cancellationToken);
            names.AddRange(linked.Select(static l => new RepositoryName(l.Organization, l.Repository)));
        }
        else if (RepositoryName.TryParse(from, out var name))
        {
            names.Add(name);
        }

        foreach (var name in names)
        {
            if (await access.FindAsync(name, ImagesCodes.GetLayerFailed, cancellationToken) is { Repository: { } source } state
                && await access.EffectiveAsync(identity.Caller, state, cancellationToken) >= Rights.Read
                && await rows.FindAsync(source.Id, digest, cancellationToken) is { Corrupt: 0 })
            {
                var mounted = await rows.LinkAsync(repositoryId, digest, size: null, uploadId: "", cancellationToken);
                cache.ForgetBlob(repositoryId, digest);
                return mounted is LinkResult.Linked;
            }
        }

        return false;
    }
}
