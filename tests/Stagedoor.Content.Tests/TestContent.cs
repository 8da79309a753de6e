using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Stagedoor.Content.Blobs;
using Stagedoor.Content.Collection;
using Stagedoor.Content.Uploads;
using Stagedoor.Storage;
using Stagedoor.Storage.FileSystem;
using Stagedoor.Storage.Sqlite;
using Xunit;

namespace Stagedoor.Content.Tests;

/// <summary>The kit as a module has it, with two kinds of owners, over a database and a folder of one test's own.</summary>
internal sealed class TestContent : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stagedoor-test-").FullName;
    private readonly ServiceProvider _services;

    private TestContent(IReadOnlyList<TestOwner> owners)
    {
        Owners = owners;
        Db = new(new SqliteEngine(_folder, NullLogger.Instance, Clock).Open("module"));
        Blobs = new FileBlobStore(Path.Combine(_folder, "blobs"));
        var services = new ServiceCollection();
        services.AddMetrics();
        services.AddSingleton<TimeProvider>(Clock);
        services.AddSingleton<DatabaseHealth>();
        foreach (var owner in owners)
        {
            services.AddSingleton<IBlobOwner>(owner);
        }

        services.AddContent(_ => new(Db, Blobs, new("module")
        {
            Lease = TimeSpan.FromHours(1),
            UploadRest = TimeSpan.FromHours(24),
            AsideDays = 7,
            MaxUnverified = TimeSpan.FromDays(30),
        }));
        _services = services.BuildServiceProvider();
    }

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public IReadOnlyList<TestOwner> Owners { get; }

    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    public Db Db { get; }

    public IBlobStore Blobs { get; }

    public ContentStore Store => Get<ContentStore>();

    public static async Task<TestContent> StartAsync(params TestOwner[] owners)
    {
        var content = new TestContent(owners);
        await content.Db.TransactAsync(
            async session =>
            {
                foreach (var table in Tables.Concat(owners.Select(static o =>
                    $"CREATE TABLE {o.Links.Name} (owner_id BIGINT NOT NULL, digest TEXT NOT NULL, used_at BIGINT NOT NULL, PRIMARY KEY (owner_id, digest))")))
                {
                    await session.ExecuteAsync(table);
                }

                return true;
            },
            Cancellation);
        var mark = await Installations.MarkAsync(content.Db, "here", Cancellation);
        await StoreMark.WriteAsync(content.Blobs, mark, Cancellation);
        return content;
    }

    public T Get<T>()
        where T : class => _services.GetRequiredService<T>();

    public BlobLinks LinksOf(TestOwner owner) => new(Store, owner.Links, Clock);

    public BlobPublisher PublisherOf(TestOwner owner) => new(Store, LinksOf(owner), Get<CollectorStore>(), Clock);

    /// <summary>Uploads the bytes for one owner.</summary>
    public async Task<Digest> PushAsync(TestOwner owner, long ownerId, byte[] bytes)
    {
        var digest = DigestOf(bytes);
        await using var upload = await Get<BlobUploads>().BeginWholeAsync(Guid.NewGuid().ToString("D"), $"owner-{ownerId}", Cancellation);
        using var body = new MemoryStream(bytes);
        await upload.ReceiveAsync(body, BlobHash.Sha256, long.MaxValue, Cancellation);
        Assert.Equal(digest, await upload.ComputeAsync(BlobHash.Sha256, Cancellation));
        await upload.PublishAsync(Store.Keys.Of(digest), Cancellation);
        Assert.True(await PublisherOf(owner).RecordAsync(ownerId, digest, bytes.Length, upload.Id, Cancellation));
        return digest;
    }

    /// <summary>Puts an object into the store behind the kit's back.</summary>
    public async Task PutAsync(BlobKey key, byte[] bytes)
    {
        await using var upload = await Blobs.CreateUploadAsync("put-" + Guid.NewGuid().ToString("n"), Cancellation);
        await upload.AppendAsync(bytes, Cancellation);
        await upload.CommitAsync(key, Cancellation);
    }

    /// <summary>Takes a blob away from an owner.</summary>
    public Task<bool> UnlinkAsync(BlobLinks links, long ownerId, Digest digest) =>
        Db.TransactAsync(session => links.UnlinkAsync(session, ownerId, digest), Cancellation);

    public static Digest DigestOf(byte[] bytes) => Digest.Of(BlobHash.Sha256, SHA256.HashData(bytes));

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Db.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    // As a module's migrations make them.
    private static IEnumerable<string> Tables =>
    [
        """
        CREATE TABLE blobs (
            digest TEXT NOT NULL PRIMARY KEY, size BIGINT NOT NULL, corrupt BIGINT NOT NULL DEFAULT 0, removing BIGINT NOT NULL DEFAULT 0,
            leased_until BIGINT NOT NULL, verified_at BIGINT NOT NULL, created_at BIGINT NOT NULL)
        """,
        "CREATE TABLE unrecorded (name TEXT NOT NULL PRIMARY KEY, size BIGINT NOT NULL, modified BIGINT NOT NULL, seen_at BIGINT NOT NULL, run BIGINT NOT NULL)",
        """
        CREATE TABLE blob_uploads (
            id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, account_id TEXT NOT NULL, user_id TEXT NOT NULL, algorithm TEXT NOT NULL, received BIGINT NOT NULL,
            staged TEXT NOT NULL, epoch BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)
        """,
        "CREATE TABLE owners (id BIGINT NOT NULL PRIMARY KEY)",
        "INSERT INTO owners (id) VALUES (1), (2)",
        "CREATE TABLE upload_owners (owner TEXT NOT NULL PRIMARY KEY, active_at BIGINT NOT NULL)",
    ];
}
