using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;

namespace Stagedoor.Storage.S3;

/// <summary>An upload as numbered objects of one size, put together on the server when it is committed.</summary>
/// <remarks>
/// Not a multipart upload from the beginning: its parts cannot be read back, and the last one could not grow after a restart.
/// The part that is growing is kept in memory and written when it is full or saved. Every holder writes objects under a name of its own
/// (<see cref="StagedParts"/>): two that believe to be alone cannot write over each other.
/// </remarks>
internal sealed class S3BlobUpload : IBlobUpload
{
    // S3 takes parts of 5 MiB or more, but for the last, and 10,000 of them: 78 GiB.
    internal const int PartSize = 8 * 1024 * 1024;
    internal const int MaxParts = 10_000;
    private const string Marker = "upload";
    private const int WriterDigits = 12;
    private const int Parallelism = 4;
    private static readonly TimeSpan s_cleanupTimeout = TimeSpan.FromSeconds(30);

    private readonly S3BlobStore _store;
    private readonly string _folder;

    // What is known to lie in the folder, to be removed with the upload; and what of it is this holder's own.
    private readonly HashSet<string> _known;
    private readonly HashSet<string> _own = new(StringComparer.Ordinal);

    // Who wrote each full part; the one that grows follows them.
    private readonly List<string> _writers;
    private string _writer = NewWriter();
    private string _tailWriter;
    private byte[]? _buffer;
    private int _buffered;
    private bool _isBufferStaged = true;
    private bool _isGone;

    /// <summary>A new upload; <see cref="BeginAsync"/> makes it known.</summary>
    internal S3BlobUpload(S3BlobStore store, string id, string folder)
        : this(store, id, folder, [], 0, [])
    {
    }

    private S3BlobUpload(S3BlobStore store, string id, string folder, List<string> writers, int last, IEnumerable<string> known)
    {
        (_store, Id, _folder, _writers, _tailWriter) = (store, id, folder, writers, _writer);
        _known = new(known, StringComparer.Ordinal);
        if (last is > 0 and < PartSize)
        {
            (_tailWriter, _buffered) = (writers[^1], last);
            writers.RemoveAt(writers.Count - 1);
        }
    }

    public string Id { get; }

    public long Length => ((long)_writers.Count * PartSize) + _buffered;

    private int Full => _writers.Count;

    /// <summary>One that is there, from what was saved of it; null when not all of that is there.</summary>
    /// <param name="store">The store.</param>
    /// <param name="id">The upload.</param>
    /// <param name="folder">Where its objects lie.</param>
    /// <param name="saved">What was saved.</param>
    /// <param name="found">The names and sizes of the objects in the folder.</param>
    internal static S3BlobUpload? Find(S3BlobStore store, string id, string folder, string saved, Dictionary<string, long> found)
    {
        var writers = new List<string>();
        if (found.Count == 0 || !StagedParts.TryParse(saved, writers, out var last))
        {
            return null;
        }

        for (var part = 0; part < writers.Count; part++)
        {
            if (!found.TryGetValue(NameOf(folder, part, writers[part]), out var size) || size != (part == writers.Count - 1 ? last : PartSize))
            {
                return null;
            }
        }

        return new(store, id, folder, writers, last, found.Keys);
    }

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

                _writers.Add(_tailWriter);
                (_buffered, before) = (0, 0);
            }

            var taken = Math.Min(PartSize - _buffered, bytes.Length);
            bytes[..taken].CopyTo(_buffer.AsMemory(_buffered));
            bytes = bytes[taken..];
            _buffered += taken;
            _isBufferStaged = false;
        }
    }

    public async Task<string> SaveAsync(CancellationToken cancellationToken)
    {
        await StageAsync(cancellationToken);
        // What the text means stays as it is: bytes that follow go into another object.
        _writer = NewWriter();
        return _buffered > 0 ? StagedParts.Format([.. _writers, _tailWriter], _buffered) : StagedParts.Format(_writers, PartSize);
    }

    public async Task RevertAsync(CancellationToken cancellationToken)
    {
        _isGone = true;
        Release();
        await DeleteAsync([.. _own], cancellationToken);
    }

    public async Task<Stream> OpenReadAsync(CancellationToken cancellationToken)
    {
        await StageAsync(cancellationToken);
        var names = Enumerable.Range(0, Full).Select(NameOf).ToList();
        if (_buffered > 0)
        {
            names.Add(NameOf(_folder, Full, _tailWriter));
        }

        return new PartsStream(names.Count > 0 ? await OpenAsync(names[0], cancellationToken) : null, names, OpenAsync);
    }

    public async Task CommitAsync(BlobKey key, CancellationToken cancellationToken)
    {
        var name = _store.NameOf(key);
        await LoadAsync(cancellationToken);
        await _store.GuardAsync(
            async client =>
            {
                if (Full == 0)
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
            using var limit = new CancellationTokenSource(s_cleanupTimeout, _store.Clock);
            await DeleteAsync([.. _known], limit.Token);
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

    // What was appended and not saved, nobody knows of.
    public ValueTask DisposeAsync()
    {
        _isGone = true;
        Release();
        return ValueTask.CompletedTask;
    }

    /// <summary>Makes the upload known: an empty object that lies there until the upload is gone.</summary>
    internal async Task BeginAsync(CancellationToken cancellationToken)
    {
        try
        {
            var name = _folder + Marker;
            await _store.GuardAsync(_ => _store.PutAsync(name, [], 0, cancellationToken), cancellationToken, StorageFault.CannotCreate);
            _known.Add(name);
        }
        catch
        {
            _isGone = true;
            throw;
        }
    }

    private static string NewWriter() => RandomNumberGenerator.GetHexString(WriterDigits, lowercase: true);

    private static string NameOf(string folder, int part, string writer) => string.Create(CultureInfo.InvariantCulture, $"{folder}{part:D6}-{writer}");

    private string NameOf(int part) => NameOf(_folder, part, _writers[part]);

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
                await using var stream = await OpenAsync(NameOf(_folder, Full, _tailWriter), cancellationToken);
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

    private async Task StageAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isGone, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (_isBufferStaged)
        {
            return;
        }

        if (Full == MaxParts)
        {
            throw new StorageException(
                StorageSource.Blobs, StorageFault.Full, $"The upload {Id} has more than {MaxParts} parts, which S3 cannot put together.");
        }

        var name = NameOf(_folder, Full, _writer);
        _own.Add(name);
        _known.Add(name);
        await _store.GuardAsync(_ => _store.PutAsync(name, _buffer ?? [], _buffered, cancellationToken), cancellationToken);
        _tailWriter = _writer;
        _isBufferStaged = true;
    }

    private async Task AssembleAsync(IAmazonS3 client, string name, CancellationToken cancellationToken)
    {
        var multipart = (await client.InitiateMultipartUploadAsync(_store.Bucket, name, cancellationToken)).UploadId;
        try
        {
            var parts = new PartETag[Full + (_buffered > 0 ? 1 : 0)];
            await Parallel.ForEachAsync(
                Enumerable.Range(0, Full),
                new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken },
                async (part, token) => parts[part] = await CopyAsync(client, name, multipart, part, token));
            if (_buffered > 0)
            {
                parts[Full] = await _store.PutPartAsync(name, multipart, Full + 1, _buffer!, _buffered, cancellationToken);
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
        if (_store.CopiesParts)
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
                _store.CopiesParts = false;
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
        using var limit = new CancellationTokenSource(s_cleanupTimeout, _store.Clock);
        try
        {
            await client.AbortMultipartUploadAsync(_store.Bucket, name, multipart, limit.Token);
        }
        catch (Exception e) when (S3Faults.Are(e))
        {
            // The fault that led here is the one to report.
        }
    }

    // The marker goes last: until then the upload is listed, and can be aborted again.
    private Task DeleteAsync(List<string> names, CancellationToken cancellationToken) => _store.GuardAsync(
        async client =>
        {
            var marker = _folder + Marker;
            await Parallel.ForEachAsync(
                names.Where(n => !string.Equals(n, marker, StringComparison.Ordinal)),
                new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken },
                async (name, token) => await client.DeleteObjectAsync(_store.Bucket, name, token));
            if (names.Contains(marker, StringComparer.Ordinal))
            {
                await client.DeleteObjectAsync(_store.Bucket, marker, cancellationToken);
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
