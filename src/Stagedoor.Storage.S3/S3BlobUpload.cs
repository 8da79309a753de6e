using System.Buffers;
using System.Globalization;
using Amazon.S3;
using Amazon.S3.Model;

namespace Stagedoor.Storage.S3;

/// <summary>An upload as numbered objects of one size, put together on the server when it is committed.</summary>
/// <remarks>
/// Not a multipart upload from the beginning: its parts cannot be read back, and the last one could not grow after a restart.
/// The part that is growing is kept in memory and written when it is full, saved or closed.
/// </remarks>
internal sealed class S3BlobUpload : IBlobUpload
{
    // S3 takes parts of 5 MiB or more, but for the last, and 10,000 of them: 78 GiB.
    private const int PartSize = 8 * 1024 * 1024;
    private const int MaxParts = 10_000;
    private const int Parallelism = 4;
    private static readonly TimeSpan s_cleanupTimeout = TimeSpan.FromSeconds(30);

    // Whether this server copies parts; found out by the first that it refuses.
    private volatile bool _copiesParts = true;

    private readonly S3BlobStore _store;
    private readonly string _folder;
    private int _full;
    private byte[]? _buffer;
    private int _buffered;
    private bool _isBufferStaged = true;
    private bool _isGone;

    /// <summary>A new upload; <see cref="BeginAsync"/> makes it known.</summary>
    internal S3BlobUpload(S3BlobStore store, string id, string folder) => (_store, Id, _folder) = (store, id, folder);

    /// <summary>One that is there, with the names and sizes of its parts. Its length ends where one is missing.</summary>
    internal S3BlobUpload(S3BlobStore store, string id, string folder, SortedDictionary<string, long> parts)
        : this(store, id, folder)
    {
        while (parts.TryGetValue(NameOf(_full), out var size))
        {
            if (size != PartSize)
            {
                _buffered = (int)Math.Min(size, PartSize);
                break;
            }

            _full++;
        }
    }

    public string Id { get; }

    public long Length => ((long)_full * PartSize) + _buffered;

    public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await LoadAsync(cancellationToken);
        var before = _buffered;
        while (!bytes.IsEmpty)
        {
            if (_buffered == PartSize)
            {
                try
                {
                    await StageAsync(cancellationToken);
                }
                catch when (before < PartSize)
                {
                    // All or nothing: the caller appends the same bytes again, or goes by the length.
                    _buffered = before;
                    throw;
                }

                (_full, _buffered, before) = (_full + 1, 0, 0);
            }

            var taken = Math.Min(PartSize - _buffered, bytes.Length);
            bytes[..taken].CopyTo(_buffer.AsMemory(_buffered));
            bytes = bytes[taken..];
            _buffered += taken;
            _isBufferStaged = false;
        }
    }

    public Task SaveAsync(CancellationToken cancellationToken) => StageAsync(cancellationToken);

    public async Task<Stream> OpenReadAsync(CancellationToken cancellationToken)
    {
        await StageAsync(cancellationToken);
        var names = Enumerable.Range(0, _full + (_buffered > 0 ? 1 : 0)).Select(NameOf).ToList();
        return new PartsStream(names.Count > 0 ? await OpenAsync(names[0], cancellationToken) : null, names, OpenAsync);
    }

    public async Task CommitAsync(BlobKey key, CancellationToken cancellationToken)
    {
        var name = _store.NameOf(key);
        await LoadAsync(cancellationToken);
        await _store.GuardAsync(
            async client =>
            {
                if (_full == 0)
                {
                    await _store.PutAsync(name, _buffer!, _buffered, cancellationToken);
                }
                else
                {
                    await AssembleAsync(client, name, cancellationToken);
                }
            },
            cancellationToken);
        _isGone = true;
        Release();
        try
        {
            // The content is published. What stays behind now is an old upload, which is collected like any other.
            using var limit = new CancellationTokenSource(s_cleanupTimeout);
            await DeleteAsync([.. Enumerable.Range(0, _full + 1).Select(NameOf)], limit.Token);
        }
        catch (Exception e) when (e is StorageException or OperationCanceledException)
        {
        }
    }

    public async Task AbortAsync(CancellationToken cancellationToken)
    {
        _isGone = true;
        Release();
        var names = new List<string>();
        await foreach (var found in _store.ListNamesAsync(_folder, cancellationToken))
        {
            names.Add(found.Key);
        }

        await DeleteAsync(names, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!_isGone && !_isBufferStaged)
            {
                using var limit = new CancellationTokenSource(s_cleanupTimeout);
                await StageAsync(limit.Token);
            }
        }
        catch (Exception e) when (e is StorageException or OperationCanceledException)
        {
            // Nobody was promised more than what was saved.
        }
        finally
        {
            _isGone = true;
            Release();
        }
    }

    /// <summary>Makes the upload known: an empty first part.</summary>
    internal async Task BeginAsync(CancellationToken cancellationToken)
    {
        _isBufferStaged = false;
        try
        {
            await StageAsync(cancellationToken, StorageFault.CannotCreate);
        }
        catch
        {
            _isGone = true;
            throw;
        }
    }

    private string NameOf(int part) => string.Create(CultureInfo.InvariantCulture, $"{_folder}{part:D6}");

    private Task<Stream> OpenAsync(string name, CancellationToken cancellationToken) =>
        _store.GuardAsync(_ => _store.OpenAsync(name, cancellationToken), cancellationToken);

    // The growing part of a resumed upload is fetched when somebody goes on with it; a collector that only aborts needs none of it.
    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isGone, this);
        if (_buffer is not null)
        {
            return;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(PartSize);
        try
        {
            if (_buffered > 0)
            {
                await using var stream = await OpenAsync(NameOf(_full), cancellationToken);
                await stream.ReadExactlyAsync(buffer.AsMemory(0, _buffered), cancellationToken);
            }

            _buffer = buffer;
        }
        catch (EndOfStreamException e)
        {
            throw new StorageException(StorageSource.Blobs, StorageFault.Corrupt, $"The last part of the staged upload {Id} is shorter than it was.", e);
        }
        finally
        {
            if (_buffer is null)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private async Task StageAsync(CancellationToken cancellationToken, StorageFault otherwise = StorageFault.Failed)
    {
        ObjectDisposedException.ThrowIf(_isGone, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (_isBufferStaged)
        {
            return;
        }

        if (_full == MaxParts)
        {
            throw new StorageException(
                StorageSource.Blobs, StorageFault.Full, $"The upload {Id} has more than {MaxParts} parts, which S3 cannot put together.");
        }

        await _store.GuardAsync(_ => _store.PutAsync(NameOf(_full), _buffer ?? [], _buffered, cancellationToken), cancellationToken, otherwise);
        _isBufferStaged = true;
    }

    private async Task AssembleAsync(IAmazonS3 client, string name, CancellationToken cancellationToken)
    {
        var multipart = (await client.InitiateMultipartUploadAsync(_store.Bucket, name, cancellationToken)).UploadId;
        try
        {
            var parts = new PartETag[_full + (_buffered > 0 ? 1 : 0)];
            await Parallel.ForEachAsync(
                Enumerable.Range(0, _full),
                new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken },
                async (part, token) => parts[part] = await CopyAsync(client, name, multipart, part, token));
            if (_buffered > 0)
            {
                parts[_full] = await _store.PutPartAsync(name, multipart, _full + 1, _buffer!, _buffered, cancellationToken);
            }

            await client.CompleteMultipartUploadAsync(
                new CompleteMultipartUploadRequest { BucketName = _store.Bucket, Key = name, UploadId = multipart, PartETags = [.. parts] },
                cancellationToken);
        }
        catch
        {
            await DropAsync(client, name, multipart);
            throw;
        }
    }

    private async Task<PartETag> CopyAsync(IAmazonS3 client, string name, string multipart, int part, CancellationToken cancellationToken)
    {
        if (_copiesParts)
        {
            try
            {
                var answer = await client.CopyPartAsync(
                    new CopyPartRequest
                    {
                        SourceBucket = _store.Bucket,
                        SourceKey = NameOf(part),
                        DestinationBucket = _store.Bucket,
                        DestinationKey = name,
                        UploadId = multipart,
                        PartNumber = part + 1,
                    },
                    cancellationToken);
                return new(part + 1, answer.ETag);
            }
            catch (AmazonS3Exception e) when (S3Faults.IsNotImplemented(e))
            {
                _copiesParts = false;
            }
        }

        var buffer = ArrayPool<byte>.Shared.Rent(PartSize);
        try
        {
            await using var stream = await _store.OpenAsync(NameOf(part), cancellationToken);
            await stream.ReadExactlyAsync(buffer.AsMemory(0, PartSize), cancellationToken);
            return await _store.PutPartAsync(name, multipart, part + 1, buffer, PartSize, cancellationToken);
        }
        catch (EndOfStreamException e)
        {
            throw new StorageException(StorageSource.Blobs, StorageFault.Corrupt, $"A part of the staged upload {Id} is shorter than it was.", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Parts of a multipart upload that nobody ends cost money for ever. Some servers drop them on their own and refuse this.
    private async Task DropAsync(IAmazonS3 client, string name, string multipart)
    {
        using var limit = new CancellationTokenSource(s_cleanupTimeout);
        try
        {
            await client.AbortMultipartUploadAsync(_store.Bucket, name, multipart, limit.Token);
        }
        catch (Exception e) when (S3Faults.Are(e))
        {
            // The fault that led here is the one to report.
        }
    }

    // The first part goes last: until then the upload is listed, and can be aborted again.
    private Task DeleteAsync(List<string> names, CancellationToken cancellationToken) => _store.GuardAsync(
        async client =>
        {
            await Parallel.ForEachAsync(
                names.Skip(1),
                new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken },
                async (name, token) => await client.DeleteObjectAsync(_store.Bucket, name, token));
            if (names.Count > 0)
            {
                await client.DeleteObjectAsync(_store.Bucket, names[0], cancellationToken);
            }
        },
        cancellationToken);

    private void Release()
    {
        if (_buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
        }
    }
}
