using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Stagedoor.Storage.S3;

/// <summary>Objects in a bucket, uploads beside them under <c>uploads/</c>.</summary>
public sealed class S3BlobStore : IBlobStore, IDisposable
{
    private const string Staging = "uploads/";
    private const int MaxRetries = 2;
    private const long MaxCopyBytes = 5L * 1024 * 1024 * 1024;
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_requestTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_checkTimeout = TimeSpan.FromSeconds(5);

    private readonly AmazonS3Client _client;
    private readonly string _prefix;
    private volatile bool _copiesParts = true;
    private volatile string? _installation;

    /// <summary>Connects to nothing yet.</summary>
    /// <exception cref="ArgumentException">The endpoint is not an http or https address, or there is no bucket.</exception>
    public S3BlobStore(S3Options options)
        : this(options, TimeProvider.System)
    {
    }

    /// <inheritdoc cref="S3BlobStore(S3Options)"/>
    public S3BlobStore(S3Options options, TimeProvider clock)
    {
        if (string.IsNullOrWhiteSpace(options.Bucket))
        {
            throw new ArgumentException("There is no bucket.", nameof(options));
        }

        // What could not be read as an address is not repeated: it may hold a password.
        if (!Uri.TryCreate(options.Endpoint, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException("The endpoint is not an http or https address.", nameof(options));
        }

        Clock = clock;
        Bucket = options.Bucket;
        _prefix = options.Prefix.Trim('/') is { Length: > 0 } prefix ? prefix + "/" : "";
        Location = $"{endpoint.GetLeftPart(UriPartial.Scheme)}{endpoint.Authority}{endpoint.AbsolutePath.TrimEnd('/')}/{Bucket}/{_prefix}";
        IsEncrypted = endpoint.Scheme is "https";
        var config = new AmazonS3Config
        {
            ServiceURL = options.Endpoint,
            ForcePathStyle = options.PathStyle,
            AuthenticationRegion = options.Region,
            MaxErrorRetry = MaxRetries,
            ConnectTimeout = s_connectTimeout,
            Timeout = s_requestTimeout,

            // Trailing checksums are AWS's own; other servers refuse them or store them as content.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (endpoint.IsLoopback || !IsEncrypted)
        {
            // A proxy that the environment names would read what is said in the clear, and has a loopback of its own. One without an address passes everything by.
            config.SetWebProxy(new WebProxy());
        }

        _client = new AmazonS3Client(new BasicAWSCredentials(options.AccessKey, options.SecretKey), config);
    }

    public string Location { get; }

    /// <summary>Whether the server copies an object into a part of another; found out by the first copy that it refuses.</summary>
    internal bool CopiesParts
    {
        get => _copiesParts;
        set => _copiesParts = value;
    }

    /// <summary>Measures how long is waited for the server.</summary>
    internal TimeProvider Clock { get; }

    /// <summary>The bucket's name.</summary>
    internal string Bucket { get; }

    // Over TLS a body needs no signature of its own; over plain HTTP it gets one, computed before it is sent.
    private bool IsEncrypted { get; }

    public Task<long?> FindSizeAsync(BlobKey key, CancellationToken cancellationToken)
    {
        var name = NameOf(key);
        return GuardAsync(_ => FindSizeAsync(name, cancellationToken), cancellationToken);
    }

    public Task<BlobContent?> OpenAsync(BlobKey key, long offset, long? length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        var name = NameOf(key);
        return GuardAsync(_ => OpenAsync(name, offset, length, cancellationToken), cancellationToken);
    }

    public Task<bool> DeleteAsync(BlobKey key, CancellationToken cancellationToken)
    {
        var name = NameOf(key);
        return GuardAsync(
            async client =>
            {
                // S3 does not say whether there was one.
                if (await FindSizeAsync(name, cancellationToken) is null)
                {
                    return false;
                }

                await client.DeleteObjectAsync(Bucket, name, cancellationToken);
                return true;
            },
            cancellationToken);
    }

    public async Task<bool> MoveAsync(BlobKey key, BlobKey newKey, CancellationToken cancellationToken)
    {
        var (source, target) = (NameOf(key), NameOf(newKey));
        return await GuardAsync(
            async client =>
            {
                if (await FindSizeAsync(source, cancellationToken) is not { } size)
                {
                    return false;
                }

                await CopyAsync(client, source, newKey, size, cancellationToken);

                // A copy may be refused half-way with a status of success; the original goes only when the copy is whole.
                if (await FindSizeAsync(target, cancellationToken) != size)
                {
                    throw new StorageException(StorageSource.Blobs, StorageFault.Failed, $"{Location}: the copy of {source} is not as long as it.");
                }

                await client.DeleteObjectAsync(Bucket, source, cancellationToken);
                return true;
            },
            cancellationToken);
    }

    public async IAsyncEnumerable<BlobEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var found in ListNamesAsync(_prefix + prefix, cancellationToken))
        {
            var name = found.Key[_prefix.Length..];
            if (BlobKey.IsValid(name) && !IsStaging(name))
            {
                yield return new(new(name), found.Size ?? 0, ModifiedOf(found));
            }
        }
    }

    public async Task<IBlobUpload> CreateUploadAsync(string id, CancellationToken cancellationToken)
    {
        var folder = UploadFolder(id);
        var upload = new S3BlobUpload(this, id, folder);
        await upload.BeginAsync(cancellationToken);
        return upload;
    }

#pragma warning disable CA2000 // It is the caller's.
    public async Task<OpenedUpload> OpenUploadAsync(string id, string saved, CancellationToken cancellationToken) =>
        await FindAsync(id, saved, cancellationToken) is { } upload ? new(upload, IsInUse: false) : OpenedUpload.Missing;
#pragma warning restore CA2000

    public async Task<bool> HoldsUploadAsync(string id, string saved, CancellationToken cancellationToken)
    {
        await using var upload = await FindAsync(id, saved, cancellationToken);
        return upload is not null;
    }

    // Nobody holds anything here: who writes to it still has objects of its own, which an older upload's are collected with.
    public async Task<bool> DropUploadAsync(string id, CancellationToken cancellationToken)
    {
        await using var upload = new S3BlobUpload(this, id, UploadFolder(id));
        await upload.AbortAsync(cancellationToken);
        return true;
    }

    public async IAsyncEnumerable<StagedUpload> ListUploadsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Listings are sorted, so an upload's parts come together.
        StagedUpload? current = null;
        var staging = _prefix + Staging;
        await foreach (var found in ListNamesAsync(staging, cancellationToken))
        {
            var end = found.Key.IndexOf('/', staging.Length);
            if (end < 0 || found.Key[staging.Length..end] is not { } id || !StagedUpload.IsValidId(id))
            {
                continue;
            }

            var modified = ModifiedOf(found);
            if (current is { } last && string.Equals(last.Id, id, StringComparison.Ordinal))
            {
                current = last with { Modified = modified > last.Modified ? modified : last.Modified };
                continue;
            }

            if (current is { } complete)
            {
                yield return complete;
            }

            current = new(id, modified);
        }

        if (current is { } rest)
        {
            yield return rest;
        }
    }

    public void Expect(string installation) => _installation = installation;

    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        using var over = new CancellationTokenSource(s_checkTimeout, Clock);
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, over.Token);
        await GuardAsync(
            // Always the same object, written over: a probe of its own each time would be one more to delete.
            _ => PutAsync($"{_prefix}{Staging}.probe", new byte[1], 1, soon.Token),
            cancellationToken,
            StorageFault.Unavailable);
        if (_installation is { } installation)
        {
            StoreMark.Require(this, installation, await StoreMark.FindAsync(this, cancellationToken));
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>The object's full name in the bucket.</summary>
    /// <exception cref="ArgumentException">It is none, or lies among the uploads.</exception>
    internal string NameOf(BlobKey key) => key.ToString() is { Length: > 0 } name && !IsStaging(name)
        ? _prefix + name
        : throw new ArgumentException($"'{key}' cannot name a stored object.", nameof(key));

    /// <summary>Talks to the server and says its faults in storage's words.</summary>
    internal async Task<T> GuardAsync<T>(
        Func<IAmazonS3, Task<T>> work, CancellationToken cancellationToken, StorageFault otherwise = StorageFault.Failed)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            return await work(_client);
        }
        catch (Exception e) when (S3Faults.Are(e))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw S3Faults.Translate(e, Location, otherwise);
        }
    }

    /// <inheritdoc cref="GuardAsync{T}"/>
    internal Task GuardAsync(Func<IAmazonS3, Task> work, CancellationToken cancellationToken, StorageFault otherwise = StorageFault.Failed) =>
        GuardAsync(
            async client =>
            {
                await work(client);
                return true;
            },
            cancellationToken,
            otherwise);

    /// <summary>Writes a whole object from memory.</summary>
    internal async Task PutAsync(string name, byte[] bytes, int count, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream(bytes, 0, count, writable: false);
        await _client.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = Bucket,
                Key = name,
                InputStream = body,
                AutoCloseStream = false,
                UseChunkEncoding = false,
                DisablePayloadSigning = IsEncrypted,
            },
            cancellationToken);
    }

    /// <summary>Adds bytes in memory to a multipart upload.</summary>
    internal async Task<PartETag> PutPartAsync(
        string name, string multipart, int number, byte[] bytes, int count, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream(bytes, 0, count, writable: false);
        var answer = await _client.UploadPartAsync(
            new UploadPartRequest
            {
                BucketName = Bucket,
                Key = name,
                UploadId = multipart,
                PartNumber = number,
                PartSize = count,
                InputStream = body,
                UseChunkEncoding = false,
                DisablePayloadSigning = IsEncrypted,
            },
            cancellationToken);
        return new(number, answer.ETag);
    }

    /// <summary>Opens a whole object.</summary>
    internal async Task<Stream> OpenAsync(string name, CancellationToken cancellationToken)
    {
        var answer = await _client.GetObjectAsync(Bucket, name, cancellationToken);
        return new ObjectStream(answer, answer.ContentLength, Location);
    }

    /// <summary>Everything whose full name starts with <paramref name="prefix"/>, page by page.</summary>
    internal async IAsyncEnumerable<S3Object> ListNamesAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ListObjectsV2Request { BucketName = Bucket, Prefix = prefix };
        ListObjectsV2Response page;
        do
        {
            page = await GuardAsync(client => client.ListObjectsV2Async(request, cancellationToken), cancellationToken);
            foreach (var found in page.S3Objects ?? [])
            {
                yield return found;
            }

            request.ContinuationToken = page.NextContinuationToken;
        }
        while (page.IsTruncated == true);
    }

    private static bool IsStaging(string name) => $"{name}/".StartsWith(Staging, StringComparison.Ordinal);

    private static DateTimeOffset ModifiedOf(S3Object found) => new(found.LastModified.GetValueOrDefault().ToUniversalTime());

    private async Task<S3BlobUpload?> FindAsync(string id, string saved, CancellationToken cancellationToken)
    {
        var folder = UploadFolder(id);
        var found = new Dictionary<string, long>(StringComparer.Ordinal);
        await foreach (var each in ListNamesAsync(folder, cancellationToken))
        {
            found.Add(each.Key, each.Size ?? 0);
        }

        return S3BlobUpload.Find(this, id, folder, saved, found);
    }

    private string UploadFolder(string id) => StagedUpload.IsValidId(id)
        ? $"{_prefix}{Staging}{id}/"
        : throw new ArgumentException($"'{id}' cannot name an upload.", nameof(id));

    private async Task<long?> FindSizeAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return (await _client.GetObjectMetadataAsync(Bucket, name, cancellationToken)).ContentLength;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            // The answer to a HEAD does not say which is missing; without the bucket nothing can be said about the object.
            await _client.HeadBucketAsync(new HeadBucketRequest { BucketName = Bucket }, cancellationToken);
            return null;
        }
    }

    private async Task<BlobContent?> OpenAsync(string name, long offset, long? length, CancellationToken cancellationToken)
    {
        if (length == 0)
        {
            return await OpenNothingAsync(name, offset, cancellationToken);
        }

        var request = new GetObjectRequest { BucketName = Bucket, Key = name };
        if (offset > 0 || length is not null)
        {
            var last = length < long.MaxValue - offset ? $"{offset + length - 1}" : "";
            request.ByteRange = new ByteRange($"bytes={offset}-{last}");
        }

        GetObjectResponse answer;
        try
        {
            answer = await _client.GetObjectAsync(request, cancellationToken);
        }
        catch (AmazonS3Exception e) when (S3Faults.IsNoSuchKey(e))
        {
            return null;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return await OpenNothingAsync(name, offset, cancellationToken);
        }

        if (SizeOf(answer, offset) is not { } size)
        {
            answer.Dispose();
            throw new StorageException(StorageSource.Blobs, StorageFault.Failed, $"{Location} does not answer requests for a range.");
        }

        // Some servers send more than a range has; what is beyond it is not read.
        var part = Math.Min(length ?? size, size - offset);
        return new(size, part, new ObjectStream(answer, part, Location), offset: offset);
    }

    private static long? SizeOf(GetObjectResponse answer, long offset) =>
        ContentRangeHeaderValue.TryParse(answer.ContentRange, out var range)
            ? range.From == offset ? range.Length : null
            : offset == 0 && string.IsNullOrEmpty(answer.ContentRange) ? answer.ContentLength : null;

    // One request copies at most 5 GiB, and some servers copy nothing.
    private async Task CopyAsync(IAmazonS3 client, string source, BlobKey to, long size, CancellationToken cancellationToken)
    {
        if (size <= MaxCopyBytes)
        {
            try
            {
                await client.CopyObjectAsync(Bucket, source, Bucket, NameOf(to), cancellationToken);
                return;
            }
            catch (AmazonS3Exception)
            {
                // By hand, then: not every server copies, or understands the name of a source. A fault of another kind shows there too.
            }
        }

        var id = "move-" + Guid.NewGuid().ToString("N");
        await using var upload = await CreateUploadAsync(id, cancellationToken);
        try
        {
            await using var content = await OpenAsync(source, cancellationToken);
            using var page = PageBuffer.Rent();
            int read;
            while ((read = await content.ReadAsync(page.Memory, cancellationToken)) > 0)
            {
                await upload.AppendAsync(page.Memory[..read], cancellationToken);
            }

            await upload.CommitAsync(to, cancellationToken);
        }
        catch
        {
            await upload.AbortAsync(CancellationToken.None);
            throw;
        }
    }

    // A range cannot be empty, nor begin at the end.
    private async Task<BlobContent?> OpenNothingAsync(string name, long offset, CancellationToken cancellationToken) =>
        await FindSizeAsync(name, cancellationToken) is { } size ? new(size, 0, Stream.Null, offset: Math.Min(offset, size)) : null;
}
