using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

public sealed class ManifestTests(Installation images) : IClassFixture<Installation>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_manifest_comes_back_as_it_was_pushed()
    {
        var manifest = await images.NewManifestAsync("team/m");
        var digest = Installation.DigestOf(manifest);
        using var pushed = await images.PutManifestAsync("team/m", "v1", manifest);
        await Installation.ShouldBeAsync(pushed, 201);
        Assert.Equal($"/v2/team/m/manifests/{digest}", pushed.Headers.Location?.OriginalString);
        Assert.Equal(digest, pushed.Headers.GetValues("Docker-Content-Digest").Single());

        // Twice each: the second answer comes from memory.
        foreach (var reference in (string[])["v1", digest, "v1", digest])
        {
            using var got = await GetAsync("team/m", reference);
            Assert.Equal(manifest, await got.Content.ReadAsByteArrayAsync(Cancellation));
            using var head = await SendAsync(HttpMethod.Head, "team/m", reference);
            foreach (var response in (HttpResponseMessage[])[got, head])
            {
                await Installation.ShouldBeAsync(response, 200);
                Assert.Equal(Installation.Manifest, response.Content.Headers.ContentType?.ToString());
                Assert.Equal(manifest.Length, response.Content.Headers.ContentLength);
                Assert.Equal(digest, response.Headers.GetValues("Docker-Content-Digest").Single());
                Assert.Equal($"\"{digest}\"", response.Headers.ETag?.Tag);
            }
        }
    }

    [Fact]
    public async Task A_manifest_under_sha512_is_found_by_it()
    {
        var manifest = await images.NewManifestAsync("team/m");
        var digest = Installation.DigestOf(manifest, "sha512");
        using var pushed = await images.PutManifestAsync("team/m", digest, manifest);
        await Installation.ShouldBeAsync(pushed, 201);
        Assert.Equal(digest, pushed.Headers.GetValues("Docker-Content-Digest").Single());

        using var got = await GetAsync("team/m", digest);

        Assert.Equal(manifest, await got.Content.ReadAsByteArrayAsync(Cancellation));
    }

    [Fact]
    public async Task A_moved_tag_is_seen_at_once()
    {
        await images.PushImageAsync("team/m", "moving");
        using var before = await GetAsync("team/m", "moving");
        await Installation.ShouldBeAsync(before, 200);

        var (digest, _) = await images.PushImageAsync("team/m", "moving");

        using var after = await GetAsync("team/m", "moving");
        Assert.Equal(digest, after.Headers.GetValues("Docker-Content-Digest").Single());
    }

    [Fact]
    public async Task One_push_may_set_several_tags()
    {
        var manifest = await images.NewManifestAsync("team/m");
        var digest = Installation.DigestOf(manifest);
        using var pushed = await images.PutManifestAsync("team/m", $"{digest}?tag=one&tag=two", manifest);
        await Installation.ShouldBeAsync(pushed, 201);
        Assert.Equal(["one", "two"], pushed.Headers.GetValues("OCI-Tag"));

        foreach (var tag in (string[])["one", "two"])
        {
            using var got = await GetAsync("team/m", tag);
            Assert.Equal(digest, got.Headers.GetValues("Docker-Content-Digest").Single());
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000014")]
    public async Task One_push_sets_at_most_twenty_tags()
    {
        var manifest = await images.NewManifestAsync("team/m");
        var digest = Installation.DigestOf(manifest);
        using var twenty = await images.PutManifestAsync("team/m", $"{digest}?{Tags(20)}", manifest);
        await Installation.ShouldBeAsync(twenty, 201);

        using var more = await images.PutManifestAsync("team/m", $"{digest}?{Tags(21)}", manifest);

        await more.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000065")]
    [Provokes("SVCSTG.SWR.4000066")]
    public async Task What_a_manifest_refers_to_must_be_in_the_repository()
    {
        var (config, layer) = (Installation.Random(20), Installation.Random(20));
        var manifest = Installation.ManifestOf(config, layer);
        await images.PushBlobAsync("team/parts", layer);
        using var noConfig = await images.PutManifestAsync("team/parts", "v1", manifest);
        await noConfig.ShouldFailAsync(400, "SVCSTG.SWR.4000066");
        await images.PushBlobAsync("team/other-parts", layer);
        await images.PushBlobAsync("team/third-parts", config);
        using var noLayer = await images.PutManifestAsync("team/third-parts", "v1", manifest);
        var error = await noLayer.ShouldFailAsync(400, "SVCSTG.SWR.4000065");

        Assert.Equal("MANIFEST_BLOB_UNKNOWN", JsonDocument.Parse(error.Body).RootElement.GetProperty("errors")[0].GetProperty("code").GetString());
    }

    [Fact]
    public async Task Layers_that_stay_with_their_publisher_are_not_required()
    {
        var config = Installation.Random(20);
        await images.PushBlobAsync("team/foreign", config);
        var absent = Installation.DigestOf(Installation.Random(5));
        foreach (var layer in (string[])
        [
            $$"""{"mediaType":"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip","digest":"{{absent}}","size":5}""",
            $$"""{"mediaType":"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip","digest":"{{absent}}","size":5}""",
            $$"""{"mediaType":"application/octet-stream","digest":"{{absent}}","size":5,"urls":["https://example.com/x"]}""",
        ])
        {
            var manifest = Encoding.UTF8.GetBytes(
                $$"""{"schemaVersion":2,"config":{"mediaType":"x/y","digest":"{{Installation.DigestOf(config)}}","size":20},"layers":[{{layer}}]}""");
            using var pushed = await images.PutManifestAsync("team/foreign", "v1", manifest);
            await Installation.ShouldBeAsync(pushed, 201);
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4041060", Status = 400)]
    public async Task An_index_needs_its_manifests()
    {
        var (digest, manifest) = await images.PushImageAsync("team/indexed", "child");
        using var empty = await images.PutManifestAsync("team/indexed", "empty", IndexOf(), Installation.Index);
        await Installation.ShouldBeAsync(empty, 201);
        var index = IndexOf((digest, manifest.Length));
        using var full = await images.PutManifestAsync("team/indexed", "full", index, Installation.Index);
        await Installation.ShouldBeAsync(full, 201);
        using var nested = await images.PutManifestAsync(
            "team/indexed", "nested", IndexOf((Installation.DigestOf(index), index.Length)), Installation.Index);
        await Installation.ShouldBeAsync(nested, 201);

        using var missing = await images.PutManifestAsync("team/indexed", "missing", IndexOf((Installation.DigestOf([7]), 7)), Installation.Index);

        await missing.ShouldFailAsync(400, "SVCSTG.SWR.4041060");
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("")]
    [Provokes("SVCSTG.SWR.4000068")]
    public async Task What_is_no_JSON_is_refused(string manifest)
    {
        await images.PushBlobAsync("team/m", [1]);

        using var response = await images.PutManifestAsync("team/m", "v1", Encoding.UTF8.GetBytes(manifest));

        var error = await response.ShouldFailAsync(400, "SVCSTG.SWR.4000068");
        Assert.Contains("Invalid image, fail to parse 'manifest.json'", error.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"schemaVersion":1}""", "application/vnd.docker.distribution.manifest.v1+prettyjws")]
    [InlineData("""{"schemaVersion":2,"layers":[]}""", Installation.Manifest)]
    [InlineData("""{"schemaVersion":2,"mediaType":"x/y"}""", null)]
    [InlineData("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}""", Installation.Manifest)]
    [InlineData("""{"schemaVersion":2,"manifests":[],"layers":[]}""", Installation.Index)]
    [InlineData("""{"schemaVersion":2,"manifests":5}""", Installation.Index)]
    [InlineData("""{"schemaVersion":2,"manifests":[{}]}""", Installation.Index)]
    [Provokes("SVCSTG.SWR.4000069")]
    public async Task An_unknown_format_is_refused(string manifest, string? mediaType)
    {
        await images.PushBlobAsync("team/m", [1]);

        using var response = await images.PutManifestAsync("team/m", "v1", Encoding.UTF8.GetBytes(manifest), mediaType);

        await response.ShouldFailAsync(400, "SVCSTG.SWR.4000069");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4131001")]
    public async Task A_manifest_has_a_largest_size()
    {
        var config = Installation.Random(20);
        await images.PushBlobAsync("team/m", config);
        var fits = Padded(config, (4 * 1024 * 1024) + (64 * 1024));
        using var large = await images.PutManifestAsync("team/m", "large", fits);
        await Installation.ShouldBeAsync(large, 201);
        using var got = await GetAsync("team/m", "large");
        Assert.Equal(fits, await got.Content.ReadAsByteArrayAsync(Cancellation));

        using var response = await images.PutManifestAsync("team/m", "larger", [.. fits, (byte)' ']);

        await response.ShouldFailAsync(413, "SVCSTG.SWR.4131001");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000013")]
    [Provokes("SVCSTG.SWR.4000016")]
    public async Task A_malformed_reference_is_refused()
    {
        var manifest = await images.NewManifestAsync("team/m");
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Put, HttpMethod.Delete])
        {
            using var digest = await SendAsync(method, "team/m", "sha256:baddigeststring", manifest);
            await digest.ShouldFailAsync(400, "SVCSTG.SWR.4000013");
        }

        foreach (var method in (HttpMethod[])[HttpMethod.Put, HttpMethod.Delete])
        {
            using var tag = await SendAsync(method, "team/m", "-bad", manifest);
            await tag.ShouldFailAsync(400, "SVCSTG.SWR.4000016");
        }

        using var mismatch = await images.PutManifestAsync("team/m", Installation.DigestOf([1]), manifest);
        await mismatch.ShouldFailAsync(400, "SVCSTG.SWR.4000013");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4041056")]
    [Provokes("SVCSTG.SWR.4041060", Status = 404)]
    [Provokes("SVCSTG.SWR.4040010")]
    public async Task What_is_unknown_is_not_found()
    {
        await images.PushImageAsync("team/m", "v1");
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Delete])
        {
            using var tag = await SendAsync(method, "team/m", "unknown");
            await tag.ShouldFailAsync(404, "SVCSTG.SWR.4041056");
            using var digest = await SendAsync(method, "team/m", Installation.DigestOf([1, 2]));
            await digest.ShouldFailAsync(404, "SVCSTG.SWR.4041060");
            using var repository = await SendAsync(method, "team/unknown", "v1");
            await repository.ShouldFailAsync(404, "SVCSTG.SWR.4040010");
        }
    }

    [Fact]
    public async Task A_deleted_tag_leaves_its_manifest()
    {
        var (digest, _) = await images.PushImageAsync("team/gone", "v1");
        using var deleted = await images.Registry.DeleteAsync("/v2/team/gone/manifests/v1", Cancellation);
        await Installation.ShouldBeAsync(deleted, 202);

        using var tag = await GetAsync("team/gone", "v1");
        await tag.ShouldFailAsync(404, "SVCSTG.SWR.4041056");
        using var manifest = await GetAsync("team/gone", digest);
        await Installation.ShouldBeAsync(manifest, 200);
    }

    [Fact]
    public async Task A_deleted_manifest_takes_its_tags_along()
    {
        var (digest, bytes) = await images.PushImageAsync("team/gone", "v2");
        using var pushed = await images.PutManifestAsync("team/gone", "v3", bytes);
        using var read = await GetAsync("team/gone", "v3");
        using var deleted = await images.Registry.DeleteAsync($"/v2/team/gone/manifests/{digest}", Cancellation);
        await Installation.ShouldBeAsync(deleted, 202);

        foreach (var reference in (string[])["v2", "v3", digest])
        {
            using var response = await GetAsync("team/gone", reference);
            Assert.Equal(404, (int)response.StatusCode);
        }
    }

    [Fact]
    public async Task Tags_are_listed_in_pages_and_in_ASCII_order()
    {
        var (_, bytes) = await images.PushImageAsync("team/tagged", "b");
        foreach (var tag in (string[])["a", "B", "_x", "10", "9"])
        {
            using var pushed = await images.PutManifestAsync("team/tagged", tag, bytes);
            await Installation.ShouldBeAsync(pushed, 201);
        }

        Assert.Equal("""{"name":"team/tagged","tags":["10","9","B","_x","a","b"]}""", await images.Registry.GetStringAsync("/v2/team/tagged/tags/list", Cancellation));
        using var first = await images.Registry.GetAsync("/v2/team/tagged/tags/list?n=4", Cancellation);
        Assert.Equal("</v2/team/tagged/tags/list?n=4&last=_x>; rel=\"next\"", first.Headers.GetValues("Link").Single());
        using var second = await images.Registry.GetAsync("/v2/team/tagged/tags/list?n=4&last=_x", Cancellation);
        Assert.Equal("""{"name":"team/tagged","tags":["a","b"]}""", await second.Content.ReadAsStringAsync(Cancellation));
        Assert.False(second.Headers.Contains("Link"));
        using var none = await images.Registry.GetAsync("/v2/team/tagged/tags/list?n=0", Cancellation);
        Assert.Equal("""{"name":"team/tagged","tags":[]}""", await none.Content.ReadAsStringAsync(Cancellation));
        Assert.False(none.Headers.Contains("Link"));
        using var bad = await images.Registry.GetAsync("/v2/team/tagged/tags/list?n=x", Cancellation);
        await bad.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4041057")]
    public async Task Tags_of_an_unknown_repository_are_not_found()
    {
        using var response = await images.Registry.GetAsync("/v2/team/unknown/tags/list", Cancellation);

        await response.ShouldFailAsync(404, "SVCSTG.SWR.4041057");
    }

    [Fact]
    public async Task A_push_to_a_tag_takes_no_further_tags()
    {
        var manifest = await images.NewManifestAsync("team/further");
        using var refused = await images.PutManifestAsync("team/further", "v1?tag=v2", manifest);
        Assert.Contains("by its digest", (await refused.ShouldFailAsync(400, "SVCSTG.SWR.4000014")).Body, StringComparison.Ordinal);
        using var absent = await images.Registry.GetAsync("/v2/team/further/manifests/v1", Cancellation);
        await Installation.ShouldBeAsync(absent, 404);
    }

    [Fact]
    public async Task A_name_without_an_organization_is_told_how_to_be_written()
    {
        using var response = await images.Registry.GetAsync("/v2/app/manifests/v1", Cancellation);
        var error = await response.ShouldFailAsync(404, "SVCSTG.SWR.4041061");
        Assert.Contains("write ORGANIZATION/app", error.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_referrer_says_of_a_subject_that_is_there_is_true()
    {
        var (digest, bytes) = await images.PushImageAsync("team/weighed", "v1");
        var signature = await images.NewManifestAsync("team/weighed", new { mediaType = Installation.Manifest, digest, size = bytes.Length + 1 });
        using var refused = await images.PutManifestAsync("team/weighed", Installation.DigestOf(signature), signature);
        Assert.Contains($"{bytes.Length} bytes", (await refused.ShouldFailAsync(400, "SVCSTG.SWR.4000069")).Body, StringComparison.Ordinal);

        var absent = await images.NewManifestAsync("team/weighed", new { mediaType = Installation.Manifest, digest = Installation.DigestOf([1]), size = 7 });
        using var taken = await images.PutManifestAsync("team/weighed", Installation.DigestOf(absent), absent);
        await Installation.ShouldBeAsync(taken, 201);
    }

    [Fact]
    public async Task Referrers_are_listed()
    {
        var (digest, bytes) = await images.PushImageAsync("team/signed", "v1");
        var subject = new { mediaType = Installation.Manifest, digest, size = bytes.Length };
        var signature = await images.NewManifestAsync("team/signed", subject, "application/vnd.example.signature", new { note = "组织 can't" });
        using var pushed = await images.PutManifestAsync("team/signed", Installation.DigestOf(signature), signature);
        await Installation.ShouldBeAsync(pushed, 201);
        Assert.Equal(digest, pushed.Headers.GetValues("OCI-Subject").Single());
        var plain = await images.NewManifestAsync("team/signed", subject);
        using var second = await images.PutManifestAsync("team/signed", Installation.DigestOf(plain), plain);
        await Installation.ShouldBeAsync(second, 201);

        using var all = await images.Registry.GetAsync($"/v2/team/signed/referrers/{digest}", Cancellation);
        Assert.Equal(Installation.Index, all.Content.Headers.ContentType?.ToString());
        Assert.False(all.Headers.Contains("OCI-Filters-Applied"));
        var list = JsonDocument.Parse(await all.Content.ReadAsStringAsync(Cancellation)).RootElement.GetProperty("manifests");
        Assert.Equal(2, list.GetArrayLength());
        Assert.Contains(list.EnumerateArray(), m => m.GetProperty("artifactType").GetString() == "application/vnd.oci.image.config.v1+json");

        using var filtered = await images.Registry.GetAsync($"/v2/team/signed/referrers/{digest}?artifactType=application/vnd.example.signature", Cancellation);
        Assert.Equal("artifactType", filtered.Headers.GetValues("OCI-Filters-Applied").Single());
        Assert.Equal(
            $$$"""{"schemaVersion":2,"mediaType":"{{{Installation.Index}}}","manifests":[{"mediaType":"{{{Installation.Manifest}}}","digest":"{{{Installation.DigestOf(signature)}}}","size":{{{signature.Length}}},"artifactType":"application/vnd.example.signature","annotations":{"note":"\u7EC4\u7EC7 can\u0027t"}}]}""",
            await filtered.Content.ReadAsStringAsync(Cancellation));
    }

    [Theory]
    [InlineData("team/unknown")]
    [InlineData("team/m")]
    public async Task Without_referrers_the_index_is_empty(string name)
    {
        var digest = Installation.DigestOf(Installation.Random(8));
        Assert.Equal(
            $$"""{"schemaVersion":2,"mediaType":"{{Installation.Index}}","manifests":[]}""",
            await images.Registry.GetStringAsync($"/v2/{name}/referrers/{digest}", Cancellation));
        using var bad = await images.Registry.GetAsync($"/v2/{name}/referrers/sha256:x", Cancellation);
        await bad.ShouldFailAsync(400, "SVCSTG.SWR.4000013");
    }

    [Fact]
    public async Task Downloads_are_counted()
    {
        await images.PushImageAsync("team/counted", "v1");
        for (var i = 0; i < 3; i++)
        {
            using var got = await GetAsync("team/counted", "v1");
            using var head = await SendAsync(HttpMethod.Head, "team/counted", "v1");
        }

        var counter = (Stagedoor.Images.Repositories.DownloadCounter)images.App.Services.GetService(typeof(Stagedoor.Images.Repositories.DownloadCounter))!;
        await counter.FlushAsync(Cancellation);
        var db = (ImagesDb)images.App.Services.GetService(typeof(ImagesDb))!;

        Assert.Equal(3, await db.FindAsync<long>("SELECT num_download FROM repositories WHERE name = 'counted'", null, Cancellation));
    }

    [Fact]
    public async Task What_is_pulled_no_more_has_no_counter_and_counts_again_when_it_is()
    {
        await images.PushImageAsync("team/forgotten", "v1");
        var counter = (Stagedoor.Images.Repositories.DownloadCounter)images.App.Services.GetService(typeof(Stagedoor.Images.Repositories.DownloadCounter))!;
        var db = (ImagesDb)images.App.Services.GetService(typeof(ImagesDb))!;

        (await GetAsync("team/forgotten", "v1")).Dispose();
        await counter.FlushAsync(Cancellation);
        await counter.FlushAsync(Cancellation);
        var left = counter.Counted;
        (await GetAsync("team/forgotten", "v1")).Dispose();
        await counter.FlushAsync(Cancellation);

        Assert.Equal(0, left);
        Assert.Equal(2, await db.FindAsync<long>("SELECT num_download FROM repositories WHERE name = 'forgotten'", null, Cancellation));
    }

    private static string Tags(int count) => string.Join('&', Enumerable.Range(0, count).Select(i => $"tag=many-{i}"));

    private static byte[] IndexOf(params (string Digest, int Size)[] children) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        schemaVersion = 2,
        mediaType = Installation.Index,
        manifests = children.Select(c => new { mediaType = Installation.Manifest, digest = c.Digest, size = c.Size }),
    });

    private static byte[] Padded(byte[] config, int length)
    {
        var head = $$"""{"schemaVersion":2,"config":{"mediaType":"x/y","digest":"{{Installation.DigestOf(config)}}","size":20},"layers":[],"annotations":{"a":""" + "\"";
        return Encoding.UTF8.GetBytes(head + new string('A', length - head.Length - 3) + "\"}}");
    }

    private Task<HttpResponseMessage> GetAsync(string name, string reference) => SendAsync(HttpMethod.Get, name, reference);

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string name, string reference, byte[]? manifest = null)
    {
        using var request = new HttpRequestMessage(method, $"/v2/{name}/manifests/{reference}");
        if (method == HttpMethod.Put)
        {
            request.Content = new ByteArrayContent(manifest!);
        }

        return await images.Registry.SendAsync(request, Cancellation);
    }
}
