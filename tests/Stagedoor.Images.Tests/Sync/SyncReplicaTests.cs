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

    private static async Task SendAsync(HttpClient client, string tail, string body, int status)
    {
        using var response = await PostAsync(client, tail, body);
        await Installation.ShouldBeAsync(response, status);
    }

    private static async Task<int> StatusAsync(HttpClient client, string tail, string body)
    {
        using var response = await PostAsync(client, tail, body);
        return (int)response.StatusCode;
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string tail, string body) => client.PostAsync(
        $"/v2/manage/namespaces/team/repos/both/{tail}", new StringContent(body, Encoding.UTF8, "application/json"), Cancellation);
}
