using System.Text;
using Stagedoor.Images.Tests.Oci;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Sync;

/// <summary>Copies that two replicas see.</summary>
public sealed class SyncReplicaTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_replicas_copy_a_tag_once()
    {
        Assert.SkipUnless(OwnDatabase.IsAvailable, OwnDatabase.Missing);
        var door = new TargetDoor();
        await using var target = await SyncPair.StartTargetAsync(door);
        using var there = target.Registry();
        await using var hosts = await TwoHosts.StartAsync(two: true, s3: false, [.. SyncPair.RegionOf(target)]);
        using var second = hosts.SecondApp.WithKeys(hosts.FirstApp.FirstRun.AccessKey, hosts.FirstApp.FirstRun.SecretKey);
        var (config, layer) = (Installation.Random(100), Installation.Random(200));
        foreach (var blob in (byte[][])[config, layer])
        {
            using var pushed = await TwoHosts.PushAsync(hosts.First, "team/both", blob);
            await Installation.ShouldBeAsync(pushed, 201);
        }

        await SendAsync(hosts.FirstApp.Admin, "sync_repo", """{"remoteRegionId":"there","remoteNamespace":"backup","syncAuto":true}""", 200);
        var manifest = Installation.ManifestOf(config, layer);
        for (var i = 0; i < 6; i++)
        {
            using var content = new ByteArrayContent(manifest) { Headers = { ContentType = new(Installation.Manifest) } };
            using var pushed = await (i % 2 == 0 ? hosts.First : hosts.Second).PutAsync($"/v2/team/both/manifests/{i}", content, Cancellation);
            await Installation.ShouldBeAsync(pushed, 201);
        }

        var copies = await SyncPair.DoneAsync(second, "both");
        Assert.Equal(["0", "1", "2", "3", "4", "5"], copies.Select(static c => c.Tag).Order(StringComparer.Ordinal));
        Assert.All(copies, static c => Assert.Equal("success", c.Status));
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(1, door.CountOf("PUT", $"/v2/backup/both/manifests/{i}"));
            Assert.Equal(Installation.DigestOf(manifest), await SyncPair.DigestThereAsync(there, "backup/both", $"{i}"));
        }

        // The same asked of both at once is one copy.
        const string Again = """{"remoteRegionId":"there","remoteNamespace":"second","imageTag":["0"]}""";
        var asked = await Task.WhenAll(StatusAsync(hosts.FirstApp.Admin, "sync_images", Again), StatusAsync(second, "sync_images", Again));
        Assert.Equal([200, 409], asked.Order());
        Assert.Equal(7, (await SyncPair.DoneAsync(second, "both")).Count);
        Assert.Equal(1, door.CountOf("PUT", "/v2/second/both/manifests/0"));
    }

    [Fact]
    public async Task A_copy_that_takes_long_stays_with_the_replica_that_began_it()
    {
        Assert.SkipUnless(OwnDatabase.IsAvailable, OwnDatabase.Missing);
        var door = new TargetDoor();
        await using var target = await SyncPair.StartTargetAsync(door);
        await using var hosts = await TwoHosts.StartAsync(two: true, s3: false, [.. SyncPair.RegionOf(target), ("Images:Sync:Concurrency", "1")]);
        await PushAsync(hosts, "1");
        await PushAsync(hosts, "2", "other");
        using (var held = door.HoldLayers("backup/both"))
        {
            await SendAsync(hosts.FirstApp.Admin, "sync_images", """{"remoteRegionId":"there","remoteNamespace":"backup","imageTag":["1"]}""", 200);
            await held.ReachedAsync();

            // Each does one at a time: the other one looks for copies and has this one.
            await SendAsync(hosts.FirstApp.Admin, "sync_images", """{"remoteRegionId":"there","remoteNamespace":"backup","imageTag":["2"]}""", 200, "other");
            Assert.Equal("success", Assert.Single(await SyncPair.DoneAsync(hosts.SecondApp.Admin, "other")).Status);
        }

        Assert.Equal("success", Assert.Single(await SyncPair.DoneAsync(hosts.SecondApp.Admin, "both")).Status);
        await JobsEndedAsync(hosts);
        Assert.Equal(["1", "1"], await hosts.ExecuteAsync("SELECT attempts FROM job WHERE kind = 'sync'"));
        Assert.Equal((1, 1), (door.CountOf("PUT", "/v2/backup/both/manifests/1"), door.CountOf("PUT", "/v2/backup/other/manifests/2")));
    }

    // Whichever copies, one of two deletions comes from the other.
    [Theory]
    [InlineData("tag", false)]
    [InlineData("tag", true)]
    [InlineData("repository", false)]
    [InlineData("repository", true)]
    [InlineData("successor", false)]
    [InlineData("successor", true)]
    public async Task What_a_replica_deletes_while_one_copies_it_does_not_come_up_there(string what, bool bySecond)
    {
        Assert.SkipUnless(OwnDatabase.IsAvailable, OwnDatabase.Missing);
        var door = new TargetDoor();
        await using var target = await SyncPair.StartTargetAsync(door);
        using var there = target.Registry();
        await using var hosts = await TwoHosts.StartAsync(two: true, s3: false, [.. SyncPair.RegionOf(target)]);
        await PushAsync(hosts, "1");
        var admin = (bySecond ? hosts.SecondApp : hosts.FirstApp).Admin;
        using (var held = door.HoldLayers("backup/both"))
        {
            await SendAsync(hosts.FirstApp.Admin, "sync_images", """{"remoteRegionId":"there","remoteNamespace":"backup","imageTag":["1"]}""", 200);
            await held.ReachedAsync();
            await DeleteAsync(admin, "/v2/manage/namespaces/team/repos/both/tags/1");
            if (what is not "tag")
            {
                await DeleteAsync(admin, "/v2/manage/namespaces/team/repos/both");
            }

            if (what is "successor")
            {
                // Another one of that name, with a tag of that name.
                await PushAsync(hosts, "1");
            }
        }

        await JobsEndedAsync(hosts);
        Assert.Null(await SyncPair.DigestThereAsync(there, "backup/both", "1"));
        Assert.Equal(["cancel: the tag was deleted"], await hosts.ExecuteAsync("SELECT status || ': ' || detail FROM sync_jobs"));
        if (what is not "repository")
        {
            Assert.Equal(what is "tag" ? 1 : 0, (await SyncPair.CopiesAsync(admin, "both")).Count);
        }
    }

    private static async Task PushAsync(TwoHosts hosts, string tag, string repository = "both")
    {
        var (config, layer) = (Installation.Random(100), Installation.Random(200));
        foreach (var blob in (byte[][])[config, layer])
        {
            using var pushed = await TwoHosts.PushAsync(hosts.First, $"team/{repository}", blob);
            await Installation.ShouldBeAsync(pushed, 201);
        }

        using var content = new ByteArrayContent(Installation.ManifestOf(config, layer)) { Headers = { ContentType = new(Installation.Manifest) } };
        using var tagged = await hosts.First.PutAsync($"/v2/team/{repository}/manifests/{tag}", content, Cancellation);
        await Installation.ShouldBeAsync(tagged, 201);
    }

    private static async Task DeleteAsync(HttpClient client, string path)
    {
        using var deleted = await client.DeleteAsync(new Uri(path, UriKind.Relative), Cancellation);
        await Installation.ShouldBeAsync(deleted, 204);
    }

    private static Task JobsEndedAsync(TwoHosts hosts) => Eventually.TrueAsync(
        "all jobs done", TimeSpan.FromSeconds(40), async () => await hosts.ExecuteAsync("SELECT COUNT(*) FROM job WHERE kind = 'sync' AND finished_at IS NULL") is ["0"]);

    private static async Task SendAsync(HttpClient client, string tail, string body, int status, string repository = "both")
    {
        using var response = await PostAsync(client, tail, body, repository);
        await Installation.ShouldBeAsync(response, status);
    }

    private static async Task<int> StatusAsync(HttpClient client, string tail, string body)
    {
        using var response = await PostAsync(client, tail, body);
        return (int)response.StatusCode;
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string tail, string body, string repository = "both") => client.PostAsync(
        $"/v2/manage/namespaces/team/repos/{repository}/{tail}", new StringContent(body, Encoding.UTF8, "application/json"), Cancellation);
}
