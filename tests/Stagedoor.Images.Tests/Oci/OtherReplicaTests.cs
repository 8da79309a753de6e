using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>What was acknowledged by one replica, and another that was asked just before.</summary>
public sealed class OtherReplicaTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tag_that_was_moved_is_pulled_as_it_is_now()
    {
        await using var hosts = await TwoHosts.StartAsync(two: true, s3: false);
        var (old, moved) = (await PushImageAsync(hosts, "v1"), await NewImageAsync(hosts));
        Assert.Equal(old, await PullAsync(hosts.Second, "v1"));

        await PutAsync(hosts, "v1", moved);

        Assert.Equal(moved, await PullAsync(hosts.Second, "v1"));
        using var changed = new HttpRequestMessage(HttpMethod.Get, "/v2/team/x/manifests/v1");
        changed.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{Installation.DigestOf(old)}\""));
        using var answer = await hosts.Second.SendAsync(changed, Cancellation);
        await Installation.ShouldBeAsync(answer, 200);
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("digest")]
    public async Task What_was_deleted_is_gone(string reference)
    {
        await using var hosts = await TwoHosts.StartAsync(two: true, s3: false);
        var image = await PushImageAsync(hosts, "v1");
        var path = $"/v2/team/x/manifests/{(reference is "digest" ? Installation.DigestOf(image) : reference)}";
        Assert.Equal(image, await hosts.Second.GetByteArrayAsync(path, Cancellation));

        using var deleted = await hosts.First.DeleteAsync(path, Cancellation);
        await Installation.ShouldBeAsync(deleted, 202);

        using var answer = await hosts.Second.GetAsync(path, Cancellation);
        await Installation.ShouldBeAsync(answer, 404);
    }

    [Fact]
    public async Task A_list_of_tags_is_that_of_now()
    {
        await using var hosts = await TwoHosts.StartAsync(two: true, s3: false);
        var image = await PushImageAsync(hosts, "v1");
        Assert.Contains("[\"v1\"]", await hosts.Second.GetStringAsync("/v2/team/x/tags/list", Cancellation), StringComparison.Ordinal);

        await PutAsync(hosts, "v2", image);

        Assert.Contains("[\"v1\",\"v2\"]", await hosts.Second.GetStringAsync("/v2/team/x/tags/list", Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_blob_that_was_deleted_is_not_said_to_be_there()
    {
        await using var hosts = await TwoHosts.StartAsync(two: true, s3: false);
        var content = Installation.Random(100);
        using var pushed = await TwoHosts.PushAsync(hosts.First, "team/x", content);
        await Installation.ShouldBeAsync(pushed, 201);
        var path = $"/v2/team/x/blobs/{Installation.DigestOf(content)}";
        Assert.Equal(HttpStatusCode.OK, await HeadAsync(hosts.Second, path));
        Assert.Equal(content, await hosts.Second.GetByteArrayAsync(path, Cancellation));

        using var deleted = await hosts.First.DeleteAsync(path, Cancellation);
        await Installation.ShouldBeAsync(deleted, 202);

        Assert.Equal(HttpStatusCode.NotFound, await HeadAsync(hosts.Second, path));
        using var answer = await hosts.Second.GetAsync(path, Cancellation);
        await Installation.ShouldBeAsync(answer, 404);
    }

    [Fact]
    public async Task A_repository_of_an_organization_that_was_made_anew_is_the_new_one()
    {
        await using var hosts = await TwoHosts.StartAsync(two: true, s3: false);
        var old = await PushImageAsync(hosts, "v1");
        Assert.Equal(old, await PullAsync(hosts.Second, "v1"));
        using var deleted = await hosts.First.DeleteAsync($"/v2/team/x/manifests/{Installation.DigestOf(old)}", Cancellation);
        await Installation.ShouldBeAsync(deleted, 202);
        using var emptied = await hosts.FirstApp.Admin.DeleteAsync("/v2/manage/namespaces/team/repos/x", Cancellation);
        await Installation.ShouldBeAsync(emptied, 204);
        using var removed = await hosts.FirstApp.Admin.DeleteAsync("/v2/manage/namespaces/team", Cancellation);
        await Installation.ShouldBeAsync(removed, 204);
        using var made = await hosts.FirstApp.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = "team" }, Cancellation);
        await Installation.ShouldBeAsync(made, 201);

        var image = await PushImageAsync(hosts, "v1");

        Assert.Equal(image, await PullAsync(hosts.Second, "v1"));
    }

    private static async Task<HttpStatusCode> HeadAsync(HttpClient client, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var answer = await client.SendAsync(request, Cancellation);
        return answer.StatusCode;
    }

    private static Task<byte[]> PullAsync(HttpClient client, string tag) => client.GetByteArrayAsync($"/v2/team/x/manifests/{tag}", Cancellation);

    private static async Task<byte[]> PushImageAsync(TwoHosts hosts, string tag)
    {
        var manifest = await NewImageAsync(hosts);
        await PutAsync(hosts, tag, manifest);
        return manifest;
    }

    private static async Task<byte[]> NewImageAsync(TwoHosts hosts)
    {
        var (config, layer) = (Installation.Random(50), Installation.Random(50));
        foreach (var blob in (byte[][])[config, layer])
        {
            using var pushed = await TwoHosts.PushAsync(hosts.First, "team/x", blob);
            await Installation.ShouldBeAsync(pushed, 201);
        }

        return Installation.ManifestOf(config, layer);
    }

    private static async Task PutAsync(TwoHosts hosts, string tag, byte[] manifest)
    {
        using var body = new ByteArrayContent(manifest);
        body.Headers.ContentType = new MediaTypeHeaderValue(Installation.Manifest);
        using var pushed = await hosts.First.PutAsync($"/v2/team/x/manifests/{tag}", body, Cancellation);
        await Installation.ShouldBeAsync(pushed, 201);
    }
}
