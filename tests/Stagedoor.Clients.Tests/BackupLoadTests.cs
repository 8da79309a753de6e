using System.Collections.Concurrent;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>
/// Backups while images are pushed, microservices registered and users made. Everything that was acknowledged before a backup began is there after its
/// restore, and what is there is whole.
/// </summary>
public sealed class BackupLoadTests : IDisposable
{
    private const int LeastOfEach = 5;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentQueue<(string Repository, string Tag, string Digest)> _tags = new();
    private readonly ConcurrentQueue<string> _services = new();
    private readonly ConcurrentQueue<string> _users = new();
    private int _count;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("backup")]
    [InlineData("backup.tar.gz")]
    public async Task What_was_acknowledged_before_a_backup_is_there_after_its_restore(string name)
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync(
            ("Images__Collector__IntervalMinutes", "1"), ("Images__Collector__LeaseMinutes", "1"), ("Gateway__RequestsPerSecond", "0"));
        var backup = Path.Combine(_folder.Path, name);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var work = WorkAsync(stagedoor, end.Token);
        await Eventually.TrueAsync(
            "some of everything", s_patience, () => _tags.Count >= LeastOfEach && _services.Count >= LeastOfEach && _users.Count >= LeastOfEach);
        (await Backups.MakeAsync(stagedoor, backup, "--with-keys")).ShouldSucceed();
        var (tags, services, users) = (_tags.ToList(), _services.ToList(), _users.ToList());

        // Of a folder the second one needs less.
        (await Backups.MakeAsync(stagedoor, backup, "--with-keys")).ShouldSucceed();
        await end.CancelAsync();
        await work;
        Assert.True(_tags.Count > tags.Count, "Nothing was pushed while the backup was made.");
        (await Backups.VerifyAsync(backup)).ShouldSucceed();

        await using var restored = new StagedoorProcess { DataDirectory = Path.Combine(_folder.Path, "restored") };
        (await Backups.RestoreAsync(backup, restored.DataDirectory)).ShouldSucceed();
        Assert.Contains("All is well.", (await Backups.ExamineAsync(restored.DataDirectory)).ShouldSucceed().Output, StringComparison.Ordinal);
        restored.Set(("Gateway__RequestsPerSecond", "0"));
        await restored.BeginAsync();

        using var client = new RegistryClient(restored.Url, stagedoor.FirstRun.RegistryUser, stagedoor.FirstRun.RegistryKey);
        foreach (var (repository, tag, digest) in tags)
        {
            Assert.Equal(digest, await client.VerifyAsync(repository, tag));
        }

        foreach (var repository in _tags.Select(static t => t.Repository).Distinct(StringComparer.Ordinal))
        {
            foreach (var tag in await client.ListTagsAsync(repository))
            {
                await client.VerifyAsync(repository, tag);
            }
        }

        using var engine = Backups.Engine(restored.Url, stagedoor.FirstRun);
        Assert.All(services, service => Assert.Equal(200, Status(engine, $"/v4/default/registry/microservices/{service}")));
        using var identity = await Backups.IdentityAsync(restored.Url, stagedoor.FirstRun);
        Assert.All(users, user => Assert.Equal(200, Status(identity, $"/v3/users/{user}")));
    }

    private static int Status(HttpClient client, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var response = client.Send(request, Cancellation);
        return (int)response.StatusCode;
    }

    private async Task WorkAsync(StagedoorProcess stagedoor, CancellationToken end)
    {
        using var client = stagedoor.NewRegistryClient();
        using var engine = Backups.Engine(stagedoor.Url, stagedoor.FirstRun);
        using var identity = await Backups.IdentityAsync(stagedoor.Url, stagedoor.FirstRun);
        await Task.WhenAll(
            RepeatAsync(() => PushAsync(client), end),
            RepeatAsync(() => PushAsync(client), end),
            RepeatAsync(async () => _services.Enqueue(await Backups.RegisterAsync(engine, $"service-{Next()}")), end),
            RepeatAsync(async () => _users.Enqueue(await Backups.CreateUserAsync(identity, $"user-{Next()}")), end));
    }

    private int Next() => Interlocked.Increment(ref _count);

    private async Task PushAsync(RegistryClient client)
    {
        var n = Next();
        var image = TestImage.Opaque(1_000, n % 7 == 0 ? 2_000_000 : 30_000);
        var (repository, tag) = ($"load/app-{n % 3}", $"t{n}");
        await client.PushAsync(repository, tag, image, (BlobUpload)(n % 4));
        _tags.Enqueue((repository, tag, image.Digest));
    }

    private static async Task RepeatAsync(Func<Task> step, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            await step();
        }
    }
}
