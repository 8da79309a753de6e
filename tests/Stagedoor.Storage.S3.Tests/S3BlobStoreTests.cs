using Amazon.S3;
using Amazon.S3.Model;
using Stagedoor.Storage.Contracts;
using Xunit;

namespace Stagedoor.Storage.S3.Tests;

public sealed class S3BlobStoreTests : BlobStoreContract
{
    private readonly List<S3BlobStore> _stores = [];
    private readonly S3Options _options = TestServer.Options();
    private readonly Relay _relay;

    public S3BlobStoreTests() => _relay = new(new Uri(_options.Endpoint));

    public override async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            store.Dispose();
        }

        await _relay.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_missing_bucket_is_named()
    {
        var store = With(o => o.Bucket = "no-such-bucket");

        var fault = await ShouldBeGoneAsync(() => store.FindSizeAsync(new("any"), Cancellation));
        Assert.Equal(StorageFault.Unavailable, fault.Fault);
        Assert.Contains("/no-such-bucket/", fault.Message, StringComparison.Ordinal);
        foreach (var work in (Func<Task>[])[
            () => store.CheckAsync(Cancellation),
            () => store.OpenAsync(new("any"), 0, null, Cancellation),
            () => store.DeleteAsync(new("any"), Cancellation),
            () => store.OpenUploadAsync("any", "", Cancellation),
            () => store.CreateUploadAsync("any", Cancellation)])
        {
            Assert.Equal(StorageFault.Unavailable, (await ShouldBeGoneAsync(work)).Fault);
        }
    }

    [Fact]
    public async Task Wrong_credentials_are_said_without_the_secret()
    {
        var store = With(o => (o.AccessKey, o.SecretKey) = ("NOBODY", "do-not-print-this"));

        var fault = await ShouldBeGoneAsync(() => store.CheckAsync(Cancellation));

        Assert.Equal(StorageFault.Unavailable, fault.Fault);
        Assert.Contains(_options.Bucket, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("do-not-print-this", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dead_endpoint_is_named_within_seconds()
    {
        await BreakAsync();
        var began = TimeProvider.System.GetTimestamp();

        var fault = await ShouldBeGoneAsync(() => Store.FindSizeAsync(new("any"), Cancellation));

        Assert.Equal(StorageFault.Unavailable, fault.Fault);
        Assert.Contains($"127.0.0.1:{_relay.Port}", fault.Message, StringComparison.Ordinal);
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(10));
        await MendAsync();
    }

    [Fact]
    public async Task A_listing_goes_beyond_one_page()
    {
        const int Count = 1005;
        using var client = Client();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Count),
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancellation },
            async (i, token) => await client.PutObjectAsync(
                new() { BucketName = _options.Bucket, Key = $"{_options.Prefix}/many/{i:D5}", ContentBody = "x", UseChunkEncoding = false }, token));

        Assert.Equal(Count, await Store.ListAsync("many/", Cancellation).CountAsync(Cancellation));
    }

    [Fact]
    public async Task A_server_that_copies_nothing_is_asked_once()
    {
        // One part, and a byte beyond it.
        var bytes = Bytes((8 * 1024 * 1024) + 1);
        _relay.RefusesCopies = true;

        await PutAsync(new("first"), bytes, bytes.Length, "first");
        await PutAsync(new("second"), bytes, bytes.Length, "second");

        Assert.Equal(1, _relay.Refused);
        await using var content = await Store.OpenAsync(new("second"), 0, null, Cancellation);
        var stored = new byte[bytes.Length];
        await content!.Body.ReadExactlyAsync(stored, Cancellation);
        Assert.True(stored.AsSpan().SequenceEqual(bytes));
    }

    [Fact]
    public async Task A_prefix_keeps_stores_apart()
    {
        var other = With(o => o.Prefix = $"/{_options.Prefix}-other/");
        await PutAsync(new("mine"), Bytes(10), 10);

        Assert.Null(await other.FindSizeAsync(new("mine"), Cancellation));
        Assert.Equal(0, await other.ListAsync("", Cancellation).CountAsync(Cancellation));
        Assert.EndsWith($"/{_options.Bucket}/{_options.Prefix}-other/", other.Location, StringComparison.Ordinal);
    }

    [Fact]
    public override Task A_part_of_nothing_is_empty()
    {
        TestServer.SkipOnS3rver("answers a range of an empty object with one byte that is not there; S3 answers 416.");
        return base.A_part_of_nothing_is_empty();
    }

    [Fact]
    public override Task Two_uploads_of_one_key_end_with_one_of_them()
    {
        TestServer.SkipOnS3rver("writes into the object that is there, so two at once are mixed; S3 replaces it whole.");
        return base.Two_uploads_of_one_key_end_with_one_of_them();
    }

    [Fact]
    public override Task An_open_object_is_read_to_its_end_while_it_is_replaced()
    {
        TestServer.SkipOnS3rver("cuts the object that is being read when it is written again; S3 replaces it whole.");
        return base.An_open_object_is_read_to_its_end_while_it_is_replaced();
    }

    protected override IBlobStore Reopen() => With(static _ => { });

    protected override Task BreakAsync() => _relay.CutAsync();

    protected override Task MendAsync()
    {
        _relay.Mend();
        return Task.CompletedTask;
    }

    protected override async Task LoseStagedAsync(string id)
    {
        using var client = Client();
        var listed = await client.ListObjectsV2Async(
            new ListObjectsV2Request { BucketName = _options.Bucket, Prefix = $"{_options.Prefix}/uploads/{id}/" }, Cancellation);
        Assert.NotEmpty(listed.S3Objects);
        foreach (var each in listed.S3Objects)
        {
            await client.DeleteObjectAsync(_options.Bucket, each.Key, Cancellation);
        }
    }

    private S3BlobStore With(Action<S3Options> change)
    {
        var options = new S3Options
        {
            Endpoint = $"http://127.0.0.1:{_relay.Port}",
            Bucket = _options.Bucket,
            Prefix = _options.Prefix,
            Region = _options.Region,
            AccessKey = _options.AccessKey,
            SecretKey = _options.SecretKey,
        };
        change(options);
        var store = new S3BlobStore(options);
        _stores.Add(store);
        return store;
    }

    private AmazonS3Client Client() => new(
        _options.AccessKey, _options.SecretKey, new AmazonS3Config { ServiceURL = _options.Endpoint, ForcePathStyle = true });
}
