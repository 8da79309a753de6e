using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Sync;

/// <summary>The copy of an index that names manifests which are not here.</summary>
public sealed class SparseSyncTests(SyncPair images) : IClassFixture<SyncPair>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("taken", true)]
    [InlineData("refused", false)]
    public async Task What_is_here_is_copied_and_the_target_says_whether_that_is_enough(string name, bool isTaken)
    {
        // The bytes of another repository are not this one's, whatever an index names.
        var elsewhere = Installation.Random(1000);
        await images.PushBlobAsync("team/elsewhere", elsewhere);
        var (_, here) = await images.PushImageAsync($"team/{name}", "one");
        var index = IndexOf(here, elsewhere);
        await AllowAsync(images.App.Admin, "team");
        using (var pushed = await images.PutManifestAsync($"team/{name}", "all", index, Installation.Index))
        {
            await Installation.ShouldBeAsync(pushed, 201);
        }

        using (var made = await images.Target.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = $"copies-{name}" }, Cancellation))
        {
            await Installation.ShouldBeAsync(made, 201);
        }

        if (isTaken)
        {
            await AllowAsync(images.Target.Admin, $"copies-{name}");
        }

        using (var asked = await images.App.Admin.PostAsJsonAsync(
            $"/v2/manage/namespaces/team/repos/{name}/sync_images",
            new { remoteRegionId = "there", remoteNamespace = $"copies-{name}", imageTag = (string[])["all"] },
            Cancellation))
        {
            await Installation.ShouldBeAsync(asked, 200);
        }

        var copy = Assert.Single(await SyncPair.DoneAsync(images.App.Admin, name));

        Assert.Equal(isTaken ? "success" : "failed", copy.Status);
        var reason = $"PUT {images.Target.Url}/v2/copies-{name}/{name}/manifests/all answered 400: MANIFEST_BLOB_UNKNOWN: ";
        Assert.StartsWith(isTaken ? "2 blobs sent, 300 bytes" : reason, copy.Detail, StringComparison.Ordinal);
        Assert.EndsWith("; 1 of what the index names is not here", copy.Detail, StringComparison.Ordinal);
        Assert.Equal(1, images.Door.CountOf("PUT", $"/v2/copies-{name}/{name}/manifests/all"));
        Assert.Equal(300, images.Door.BytesOf($"copies-{name}/{name}"));
        Assert.Equal(Installation.DigestOf(here), await images.DigestThereAsync($"copies-{name}/{name}", Installation.DigestOf(here)));
        Assert.Equal(isTaken ? Installation.DigestOf(index) : null, await images.DigestThereAsync($"copies-{name}/{name}", "all"));
    }

    [Fact]
    public async Task What_the_target_says_of_a_refusal_is_kept()
    {
        await images.PushImageAsync("team/unwelcome", "1");
        images.Door.Before(static async context =>
        {
            if (context.Request.Method is "PUT" && context.Request.Path.Value == "/v2/backup/unwelcome/manifests/1")
            {
                context.Response.StatusCode = 403;
                await context.Response.WriteAsync("""{"errors":[{"code":"DENIED","message":"not on a Sunday"},{"code":"OTHER"}]}""", Cancellation);
                await context.Response.CompleteAsync();
            }
        });
        try
        {
            using var asked = await images.App.Admin.PostAsJsonAsync(
                "/v2/manage/namespaces/team/repos/unwelcome/sync_images", new { remoteRegionId = "there", remoteNamespace = "backup", imageTag = (string[])["1"] }, Cancellation);
            await Installation.ShouldBeAsync(asked, 200);

            // It is said while the copy is still tried again.
            await Eventually.TrueAsync(
                "the reason",
                TimeSpan.FromSeconds(30),
                async () => (await SyncPair.CopiesAsync(images.App.Admin, "unwelcome"))[0].Detail
                    == $"PUT {images.Target.Url}/v2/backup/unwelcome/manifests/1 answered 403: DENIED: not on a Sunday");
        }
        finally
        {
            images.Door.Before(null);
        }
    }

    private static byte[] IndexOf(params byte[][] manifests) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        schemaVersion = 2,
        mediaType = Installation.Index,
        manifests = manifests.Select(static m => new { mediaType = Installation.Manifest, digest = Installation.DigestOf(m), size = m.Length }),
    });

    private static async Task AllowAsync(HttpClient admin, string organization)
    {
        using var response = await admin.PatchAsJsonAsync($"/v2/manage/namespaces/{organization}", new { sparse_indexes = true }, Cancellation);
        await Installation.ShouldBeAsync(response, 201);
    }
}
