using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Stagedoor.Images.Tests.Sync;

/// <summary>Signatures and the like, which come with the tag whose image they refer to.</summary>
public sealed class ReferrerSyncTests(SyncPair images) : IClassFixture<SyncPair>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_refers_to_an_image_is_copied_with_it_and_only_what_is_missing_there()
    {
        var (digest, image) = await images.PushImageAsync("team/signed", "1");
        var signature = await ReferAsync("signed", image);
        var witness = await ReferAsync("signed", signature);

        Assert.Equal(("1", "success", "6 blobs sent, 900 bytes, 2 referrers"), await CopyAsync("signed", "1"));
        Assert.Equal([Installation.DigestOf(signature)], await ReferrersThereAsync("signed", digest));
        Assert.Equal([Installation.DigestOf(witness)], await ReferrersThereAsync("signed", Installation.DigestOf(signature)));

        var before = images.Door.Seen.Count(static s => s.Method is not "GET" and not "HEAD");
        Assert.Equal(("1", "existed", ""), await CopyAsync("signed", "1"));
        Assert.Equal(before, images.Door.Seen.Count(static s => s.Method is not "GET" and not "HEAD"));

        // One that is made after the copy.
        var later = await ReferAsync("signed", image);
        Assert.Equal(("1", "existed", "2 blobs sent, 300 bytes, 1 referrers"), await CopyAsync("signed", "1"));
        Assert.Equal(
            new[] { signature, later }.Select(static m => Installation.DigestOf(m)).Order(StringComparer.Ordinal),
            await ReferrersThereAsync("signed", digest));
        Assert.Null(await images.DigestThereAsync("backup/signed", TagOf(digest)));
    }

    [Fact]
    public async Task What_refers_to_an_image_of_an_index_is_copied_with_the_index()
    {
        var image = await images.NewManifestAsync("team/platforms");
        using (var put = await images.PutManifestAsync("team/platforms", Installation.DigestOf(image), image))
        {
            await Installation.ShouldBeAsync(put, 201);
        }

        using (var put = await images.PutManifestAsync("team/platforms", "1", IndexOf(image), Installation.Index))
        {
            await Installation.ShouldBeAsync(put, 201);
        }

        var signature = await ReferAsync("platforms", image);

        Assert.Equal("success", (await CopyAsync("platforms", "1")).Status);
        Assert.Equal([Installation.DigestOf(signature)], await ReferrersThereAsync("platforms", Installation.DigestOf(image)));
    }

    [Fact]
    public async Task A_target_that_does_not_list_them_itself_has_an_index_under_a_tag()
    {
        var (digest, image) = await images.PushImageAsync("team/older", "1");
        var signature = await ReferAsync("older", image);
        var another = Installation.ManifestOf([], []);
        foreach (var (reference, content, type) in ((string, byte[], string)[])[(Installation.DigestOf(another), another, Installation.Manifest), (TagOf(digest), IndexOf(another), Installation.Index)])
        {
            using var blob = Installation.Octets([]);
            using var pushed = await images.There.PostAsync($"/v2/backup/older/blobs/uploads/?digest={Installation.DigestOf([])}", blob, Cancellation);
            await Installation.ShouldBeAsync(pushed, 201);
            using var body = new ByteArrayContent(content) { Headers = { ContentType = new(type) } };
            using var put = await images.There.PutAsync($"/v2/backup/older/manifests/{reference}", body, Cancellation);
            await Installation.ShouldBeAsync(put, 201);
        }

        images.Door.Before(static context => context.Request.Path.StartsWithSegments("/v2/backup/older/referrers", StringComparison.Ordinal)
            ? AnswerAsync(context, 404, "404 page not found") : Task.CompletedTask);
        try
        {
            Assert.Equal("success", (await CopyAsync("older", "1")).Status);
            Assert.Equal(
                new[] { another, signature }.Select(static m => Installation.DigestOf(m)),
                await ListedAsync($"/v2/backup/older/manifests/{TagOf(digest)}"));

            var list = await images.DigestThereAsync("backup/older", TagOf(digest));
            Assert.Equal("existed", (await CopyAsync("older", "1")).Status);
            Assert.Equal(list, await images.DigestThereAsync("backup/older", TagOf(digest)));
        }
        finally
        {
            images.Door.Before(null);
        }
    }

    [Fact]
    public async Task What_is_listed_under_a_tag_here_is_listed_so_there()
    {
        var (digest, _) = await images.PushImageAsync("team/listed", "1");
        var signature = await images.NewManifestAsync("team/listed");
        foreach (var (reference, content, type) in ((string, byte[], string)[])[(Installation.DigestOf(signature), signature, Installation.Manifest), (TagOf(digest), IndexOf(signature), Installation.Index)])
        {
            using var put = await images.PutManifestAsync("team/listed", reference, content, type);
            await Installation.ShouldBeAsync(put, 201);
        }

        Assert.Equal(("1", "success", "4 blobs sent, 600 bytes, 1 referrers"), await CopyAsync("listed", "1"));
        Assert.Equal([Installation.DigestOf(signature)], await ListedAsync($"/v2/backup/listed/manifests/{TagOf(digest)}"));
    }

    [Fact]
    public async Task A_target_that_refuses_one_has_the_tag_all_the_same()
    {
        var (digest, image) = await images.PushImageAsync("team/plain", "1");
        var signature = await ReferAsync("plain", image);
        images.Door.Before(context => context.Request.Method is "PUT" && context.Request.Path.Value == $"/v2/backup/plain/manifests/{Installation.DigestOf(signature)}"
            ? AnswerAsync(context, 400, """{"errors":[{"code":"MANIFEST_INVALID","message":"images alone"}]}""") : Task.CompletedTask);
        try
        {
            var copy = await CopyAsync("plain", "1");
            Assert.Equal("success", copy.Status);
            Assert.EndsWith($"; not all that refers to it: PUT {images.Target.Url}/v2/backup/plain/manifests/{Installation.DigestOf(signature)} answered 400: MANIFEST_INVALID: images alone", copy.Detail, StringComparison.Ordinal);
            Assert.Equal(digest, await images.DigestThereAsync("backup/plain", "1"));
        }
        finally
        {
            images.Door.Before(null);
        }
    }

    [Fact]
    public async Task Something_else_under_the_tag_of_the_list_stays_and_keeps_the_tag_from_nothing()
    {
        var (digest, image) = await images.PushImageAsync("team/occupied", "1");
        var signature = await ReferAsync("occupied", image);
        var other = Installation.ManifestOf([], []);
        using (var blob = Installation.Octets([]))
        using (var pushed = await images.There.PostAsync($"/v2/backup/occupied/blobs/uploads/?digest={Installation.DigestOf([])}", blob, Cancellation))
        {
            await Installation.ShouldBeAsync(pushed, 201);
        }

        using (var body = new ByteArrayContent(other) { Headers = { ContentType = new(Installation.Manifest) } })
        using (var put = await images.There.PutAsync($"/v2/backup/occupied/manifests/{TagOf(digest)}", body, Cancellation))
        {
            await Installation.ShouldBeAsync(put, 201);
        }

        // What stands before this one lets nothing through that it does not know.
        images.Door.Before(static context => context.Request.Path.StartsWithSegments("/v2/backup/occupied/referrers", StringComparison.Ordinal)
            ? AnswerAsync(context, 403, "forbidden") : Task.CompletedTask);
        try
        {
            var copy = await CopyAsync("occupied", "1");

            Assert.Equal(("success", "4 blobs sent, 600 bytes, 1 referrers; not all that refers to it: the target has something else under the tag of an index of referrers"), (copy.Status, copy.Detail));
            Assert.Equal(Installation.DigestOf(other), await images.DigestThereAsync("backup/occupied", TagOf(digest)));
            Assert.Equal(Installation.DigestOf(signature), await images.DigestThereAsync("backup/occupied", Installation.DigestOf(signature)));
        }
        finally
        {
            images.Door.Before(null);
        }
    }

    private static async Task AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(text, Cancellation);
        await context.Response.CompleteAsync();
    }

    private static string TagOf(string digest) => digest.Replace(':', '-');

    private static byte[] IndexOf(byte[] manifest) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        schemaVersion = 2,
        mediaType = Installation.Index,
        manifests = new[] { new { mediaType = Installation.Manifest, digest = Installation.DigestOf(manifest), size = manifest.Length } },
    });

    // Pushes a manifest that has another one as its subject, and answers it.
    private async Task<byte[]> ReferAsync(string repository, byte[] subject)
    {
        var about = new { mediaType = Installation.Manifest, digest = Installation.DigestOf(subject), size = subject.Length };
        var manifest = await images.NewManifestAsync($"team/{repository}", about, "application/vnd.example.signature");
        using var put = await images.PutManifestAsync($"team/{repository}", Installation.DigestOf(manifest), manifest);
        await Installation.ShouldBeAsync(put, 201);
        return manifest;
    }

    private async Task<(string Tag, string Status, string Detail)> CopyAsync(string repository, string tag)
    {
        using var asked = await images.App.Admin.PostAsJsonAsync(
            $"/v2/manage/namespaces/team/repos/{repository}/sync_images", new { remoteRegionId = "there", remoteNamespace = "backup", imageTag = (string[])[tag] }, Cancellation);
        await Installation.ShouldBeAsync(asked, 200);
        return (await SyncPair.DoneAsync(images.App.Admin, repository))[0];
    }

    private Task<IReadOnlyList<string>> ReferrersThereAsync(string repository, string digest) => ListedAsync($"/v2/backup/{repository}/referrers/{digest}");

    private async Task<IReadOnlyList<string>> ListedAsync(string path)
    {
        var index = await images.There.GetFromJsonAsync<JsonElement>(path, Cancellation);
        return [.. index.GetProperty("manifests").EnumerateArray().Select(static m => m.GetProperty("digest").GetString()!)];
    }
}
