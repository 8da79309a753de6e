using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>What the conformance suites of the OCI distribution specification look at and the tests of single operations do not.</summary>
public sealed class ConformanceTests(Installation images) : IClassFixture<Installation>
{
    private const string Name = "team/conform";
    private const string Example = "application/vnd.example.thing.v1";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static MatrixTheoryData<string, string, int> Pushes => new(s_ways, ["sha256", "sha512"], [0, 2, 3067]);

    public static MatrixTheoryData<string, string> Ways => new(s_ways, ["sha256", "sha512"]);

    private static readonly string[] s_ways = ["post", "put", "stream", "chunks", "chunks with put"];

    [Fact]
    public async Task A_malformed_tag_is_not_found_by_a_pull()
    {
        await images.PushImageAsync(Name, "v1");

        foreach (var tag in (string[])[".starts-with-a-dot", "-starts-with-a-hyphen", new('a', 129)])
        {
            using var got = await images.Registry.GetAsync($"/v2/{Name}/manifests/{tag}", Cancellation);
            await got.ShouldFailAsync(404, "SVCSTG.SWR.4041056");
            using var head = await SendAsync(HttpMethod.Head, $"/v2/{Name}/manifests/{tag}");
            await Installation.ShouldBeAsync(head, 404);
        }
    }

    [Fact]
    public async Task An_unknown_organization_has_no_referrers()
    {
        var path = $"/v2/not-yet/there/referrers/{Installation.DigestOf([1])}";

        using var response = await images.Registry.GetAsync(path, Cancellation);
        await Installation.ShouldBeAsync(response, 200);
        Assert.Equal(Installation.Index, response.Content.Headers.ContentType?.ToString());
        Assert.Equal(
            $$"""{"schemaVersion":2,"mediaType":"{{Installation.Index}}","manifests":[]}""",
            await response.Content.ReadAsStringAsync(Cancellation));

        using var anonymous = images.WithBearer(await Installation.TokenAsync(images.App.Anonymous, "&scope=repository:not-yet/there:pull"));
        using var refused = await anonymous.GetAsync(path, Cancellation);
        await refused.ShouldFailAsync(401, "SVCSTG.SWR.4010000");
    }

    [Theory]
    [MemberData(nameof(Pushes))]
    public async Task A_blob_goes_in_and_out_in_every_way(string way, string algorithm, int length)
    {
        var content = Installation.Random(length);
        var digest = Installation.DigestOf(content, algorithm);
        // Under each way a repository of its own: the short contents are the same every time.
        var name = $"team/{way.Replace(' ', '-')}";
        var path = $"/v2/{name}/blobs/{digest}";

        using var pushed = await PushAsync(way, name, content, digest);
        await Installation.ShouldBeAsync(pushed, 201);
        Assert.Equal(path, pushed.Headers.Location?.OriginalString);
        Assert.Equal(digest, Header(pushed, "Docker-Content-Digest"));
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Head])
        {
            using var response = await SendAsync(method, path);
            await Installation.ShouldBeAsync(response, 200);
            Assert.Equal(digest, Header(response, "Docker-Content-Digest"));
            Assert.Equal(length, response.Content.Headers.ContentLength);
            Assert.Equal(method == HttpMethod.Get ? content : [], await response.Content.ReadAsByteArrayAsync(Cancellation));
        }

        await ShouldGoAsync(path);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Content_of_another_digest_is_refused_in_every_way(string way, string algorithm)
    {
        var content = Installation.Random(3067);
        var digest = Installation.DigestOf(content, algorithm);

        using var pushed = await PushAsync(way, Name, [.. content, 0], digest);

        await pushed.ShouldFailAsync(400, "SVCSTG.SWR.4000013");
        using var head = await SendAsync(HttpMethod.Head, $"/v2/{Name}/blobs/{digest}");
        await Installation.ShouldBeAsync(head, 404);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_lost_its_place_asks_and_goes_on(bool endsWithChunk)
    {
        const int Chunk = 1024;
        var content = Installation.Random((3 * Chunk) - 5);
        var digest = Installation.DigestOf(content);
        var location = await images.BeginUploadAsync(Name);
        for (var offset = 0; offset < content.Length; offset += Chunk)
        {
            var wrong = offset + Chunk < content.Length ? offset + Chunk : 0;
            using var lost = await SendChunkAsync(location, content, wrong, endsWithChunk ? digest : null);
            await lost.ShouldFailAsync(416, "SVCSTG.SWR.4000014");
            using var status = await images.Registry.GetAsync(location, Cancellation);
            await Installation.ShouldBeAsync(status, 204);
            Assert.Equal($"0-{Math.Max(offset - 1, 0)}", Header(status, "Range"));
            location = status.Headers.Location!.OriginalString;

            using var right = await SendChunkAsync(location, content, offset, endsWithChunk ? digest : null);
            await Installation.ShouldBeAsync(right, endsWithChunk && offset + Chunk >= content.Length ? 201 : 202);
        }

        if (!endsWithChunk)
        {
            using var finished = await images.FinishAsync(location, digest);
            await Installation.ShouldBeAsync(finished, 201);
        }

        Assert.Equal(content, await images.Registry.GetByteArrayAsync($"/v2/{Name}/blobs/{digest}", Cancellation));

        Task<HttpResponseMessage> SendChunkAsync(string to, byte[] all, int from, string? end)
        {
            var until = Math.Min(from + Chunk, all.Length);
            var range = $"{from}-{until - 1}";
            return end is not null && until == all.Length
                ? images.FinishAsync(to, end, all[from..until], range)
                : images.PatchAsync(to, all[from..until], range);
        }
    }

    [Theory]
    [InlineData("sha256", "&from=team/mounted-from", 201)]
    [InlineData("sha512", "&from=team/mounted-from", 201)]
    [InlineData("sha256", "", 202)]
    [InlineData("sha512", "", 202)]
    public async Task A_challenge_leads_to_the_mount_of_what_it_can_name(string algorithm, string from, int status)
    {
        var content = Installation.Random(512);
        var digest = await images.PushBlobAsync("team/mounted-from", content, algorithm);
        using var refused = await images.App.Anonymous.PostAsync($"/v2/team/mounted-to/blobs/uploads/?mount={digest}{from}", null, Cancellation);
        var scope = refused.Headers.GetValues("WWW-Authenticate").Single().Split("scope=\"")[1].Split('"')[0];
        using var client = images.WithBearer(await Installation.TokenAsync(images.Registry, $"&scope={Uri.EscapeDataString(scope)}"));

        using var mounted = await client.PostAsync($"/v2/team/mounted-to/blobs/uploads/?mount={digest}{from}", null, Cancellation);

        // Without a source named, the layer is uploaded: it may lie where the token does not reach.
        await Installation.ShouldBeAsync(mounted, status);
        if (status == 201)
        {
            Assert.Equal(content, await client.GetByteArrayAsync(mounted.Headers.Location, Cancellation));
        }
    }

    [Theory]
    [InlineData("no layers", false)]
    [InlineData("no layers and no media type", false)]
    [InlineData("data and unknown fields", false)]
    [InlineData("artifact", false)]
    [InlineData("large", false)]
    [InlineData("empty index", true)]
    [InlineData("index of indexes", true)]
    public async Task A_manifest_of_every_shape_comes_back_byte_for_byte(string shape, bool isIndex)
    {
        var manifest = await ShapeAsync(shape);
        var digest = Installation.DigestOf(manifest);
        var mediaType = isIndex ? Installation.Index : Installation.Manifest;
        var tag = shape.Replace(' ', '-');
        foreach (var reference in (string[])[digest, tag])
        {
            using var pushed = await PutStreamAsync(reference, manifest, mediaType);
            await Installation.ShouldBeAsync(pushed, 201);
            Assert.Equal(digest, Header(pushed, "Docker-Content-Digest"));
            Assert.Equal(manifest, await images.Registry.GetByteArrayAsync(pushed.Headers.Location, Cancellation));

            using var head = await SendAsync(HttpMethod.Head, $"/v2/{Name}/manifests/{reference}");
            await Installation.ShouldBeAsync(head, 200);
            Assert.Equal(manifest.Length, head.Content.Headers.ContentLength);
            Assert.Equal(mediaType, head.Content.Headers.ContentType?.ToString());
        }

        await ShouldGoAsync($"/v2/{Name}/manifests/{tag}");
        await ShouldGoAsync($"/v2/{Name}/manifests/{digest}");
    }

    [Fact]
    public async Task An_image_may_be_sha512_throughout()
    {
        var (config, layer) = (Installation.Random(100), Installation.Random(200));
        var image = Bytes(new
        {
            schemaVersion = 2,
            mediaType = Installation.Manifest,
            config = Descriptor("application/vnd.oci.image.config.v1+json", config),
            layers = new[] { Descriptor("application/vnd.oci.image.layer.v1.tar", layer) },
        });
        var index = Bytes(new { schemaVersion = 2, mediaType = Installation.Index, manifests = new[] { Descriptor(Installation.Manifest, image) } });
        await images.PushBlobAsync(Name, config, "sha512");
        await images.PushBlobAsync(Name, layer, "sha512");

        foreach (var (content, mediaType, tag) in ((byte[], string, string)[])[(image, Installation.Manifest, "long-image"), (index, Installation.Index, "long-index")])
        {
            var digest = Installation.DigestOf(content, "sha512");
            using var pushed = await PutStreamAsync($"{digest}?tag={tag}&tag={tag}-too", content, mediaType);
            await Installation.ShouldBeAsync(pushed, 201);
            Assert.Equal([tag, $"{tag}-too"], pushed.Headers.GetValues("OCI-Tag"));
            foreach (var reference in (string[])[digest, tag, $"{tag}-too"])
            {
                using var got = await images.Registry.GetAsync($"/v2/{Name}/manifests/{reference}", Cancellation);
                Assert.Equal(content, await got.Content.ReadAsByteArrayAsync(Cancellation));
                Assert.Equal(digest, Header(got, "Docker-Content-Digest"));
            }
        }

        static object Descriptor(string mediaType, byte[] content) =>
            new { mediaType, digest = Installation.DigestOf(content, "sha512"), size = content.Length };
    }

    [Fact]
    public async Task Images_and_indexes_refer_to_what_was_never_pushed()
    {
        var subject = new { mediaType = Installation.Manifest, digest = Installation.DigestOf(Installation.Random(9)), size = 123 };
        var image = await images.NewManifestAsync(Name, subject, annotations: new { note = "image" });
        var index = Bytes(new
        {
            schemaVersion = 2,
            mediaType = Installation.Index,
            artifactType = Example,
            manifests = Array.Empty<object>(),
            subject,
            annotations = new { note = "index" },
        });
        foreach (var (content, mediaType) in ((byte[], string)[])[(image, Installation.Manifest), (index, Installation.Index)])
        {
            using var pushed = await PutStreamAsync(Installation.DigestOf(content), content, mediaType);
            await Installation.ShouldBeAsync(pushed, 201);
            Assert.Equal(subject.digest, Header(pushed, "OCI-Subject"));
        }

        var path = $"/v2/{Name}/referrers/{subject.digest}";
        Assert.Equal(2, (await ReferrersAsync(path)).Count);
        var foundImage = Assert.Single(await ReferrersAsync($"{path}?artifactType={Uri.EscapeDataString("application/vnd.oci.image.config.v1+json")}"));
        ShouldDescribe(foundImage, Installation.Manifest, image, "application/vnd.oci.image.config.v1+json", "image");
        var foundIndex = Assert.Single(await ReferrersAsync($"{path}?artifactType={Uri.EscapeDataString(Example)}"));
        ShouldDescribe(foundIndex, Installation.Index, index, Example, "index");
        Assert.Empty(await ReferrersAsync($"{path}?artifactType=application/vnd.example.other"));

        await ShouldGoAsync($"/v2/{Name}/manifests/{Installation.DigestOf(index)}");
        Assert.Single(await ReferrersAsync(path));
    }

    [Fact]
    public async Task A_manifest_of_another_digest_is_refused_and_stays_unknown()
    {
        var manifest = await images.NewManifestAsync(Name);
        var digest = Installation.DigestOf(manifest);

        using var pushed = await PutStreamAsync(digest, [.. manifest, (byte)' '], Installation.Manifest);

        await pushed.ShouldFailAsync(400, "SVCSTG.SWR.4000013");
        using var head = await SendAsync(HttpMethod.Head, $"/v2/{Name}/manifests/{digest}");
        await Installation.ShouldBeAsync(head, 404);
    }

    [Fact]
    public async Task A_client_that_takes_compressed_answers_is_still_told_the_length()
    {
        var (digest, manifest) = await images.PushImageAsync(Name, "plain");
        var text = Encoding.UTF8.GetBytes(new string('a', 5000));
        var blob = await images.PushBlobAsync(Name, text);

        foreach (var (path, length) in ((string, int)[])[($"manifests/{digest}", manifest.Length), ($"blobs/{blob}", text.Length)])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/v2/{Name}/{path}");
            request.Headers.AcceptEncoding.Add(new("gzip"));
            using var response = await images.Registry.SendAsync(request, Cancellation);
            Assert.Empty(response.Content.Headers.ContentEncoding);
            Assert.Equal(length, response.Content.Headers.ContentLength);
        }
    }

    [Fact]
    public async Task Tags_after_one_are_listed_without_a_limit()
    {
        foreach (var tag in (string[])["b", "a", "d", "c"])
        {
            await images.PushImageAsync("team/listed", tag);
        }

        Assert.Equal(
            """{"name":"team/listed","tags":["c","d"]}""",
            await images.Registry.GetStringAsync("/v2/team/listed/tags/list?last=b", Cancellation));
    }

    private static byte[] Bytes(object manifest) => JsonSerializer.SerializeToUtf8Bytes(manifest);

    private static string Header(HttpResponseMessage response, string name) => response.Headers.GetValues(name).Single();

    private static void ShouldDescribe(JsonNode? descriptor, string mediaType, byte[] content, string artifactType, string note)
    {
        Assert.Equal(mediaType, (string?)descriptor!["mediaType"]);
        Assert.Equal(Installation.DigestOf(content), (string?)descriptor["digest"]);
        Assert.Equal(content.Length, (int?)descriptor["size"]);
        Assert.Equal(artifactType, (string?)descriptor["artifactType"]);
        Assert.Equal(note, (string?)descriptor["annotations"]!["note"]);
    }

    private async Task<JsonArray> ReferrersAsync(string path)
    {
        using var response = await images.Registry.GetAsync(path, Cancellation);
        await Installation.ShouldBeAsync(response, 200);
        Assert.Equal(Installation.Index, response.Content.Headers.ContentType?.ToString());
        Assert.Equal(path.Contains('?', StringComparison.Ordinal), response.Headers.Contains("OCI-Filters-Applied"));
        var index = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
        Assert.Equal(2, (int?)index["schemaVersion"]);
        return index["manifests"]!.AsArray();
    }

    private async Task<byte[]> ShapeAsync(string shape)
    {
        var manifest = JsonNode.Parse(await images.NewManifestAsync(Name))!.AsObject();
        switch (shape)
        {
            case "no layers":
                manifest["layers"] = new JsonArray();
                break;
            case "no layers and no media type":
                manifest["layers"] = new JsonArray();
                manifest.Remove("mediaType");
                break;
            case "data and unknown fields":
                manifest["x-unknown"] = "kept";
                manifest["config"]!["data"] = null;
                manifest["config"]!["newField"] = "a2VwdA==";
                manifest["layers"]![0]!["data"] = Convert.ToBase64String(Installation.Random(200));
                break;
            case "artifact":
                await images.PushBlobAsync(Name, "{}"u8.ToArray());
                manifest["artifactType"] = Example;
                manifest["config"] = JsonSerializer.SerializeToNode(
                    new { mediaType = "application/vnd.oci.empty.v1+json", digest = Installation.DigestOf("{}"u8.ToArray()), size = 2 });
                manifest["layers"] = new JsonArray(manifest["config"]!.DeepClone());
                break;
            case "large":
                manifest["annotations"] = JsonSerializer.SerializeToNode(Enumerable.Range(0, 390).ToDictionary(i => $"note-{i}", _ => new string('A', 10_000)));
                break;
            case "empty index":
                return Bytes(new { schemaVersion = 2, mediaType = Installation.Index, manifests = Array.Empty<object>() });
            default:
                var inner = Bytes(new { schemaVersion = 2, mediaType = Installation.Index, manifests = Array.Empty<object>(), annotations = new { inner = "yes" } });
                using (var pushed = await PutStreamAsync(Installation.DigestOf(inner), inner, Installation.Index))
                {
                    await Installation.ShouldBeAsync(pushed, 201);
                }

                var child = new { mediaType = Installation.Index, digest = Installation.DigestOf(inner), size = inner.Length };
                return Bytes(new { schemaVersion = 2, mediaType = Installation.Index, manifests = new[] { child } });
        }

        return Encoding.UTF8.GetBytes(manifest.ToJsonString());
    }

    private async Task<HttpResponseMessage> PushAsync(string way, string name, byte[] content, string digest)
    {
        var uploads = $"/v2/{name}/blobs/uploads/";
        if (way is "post")
        {
            using var body = Installation.Octets(content);
            return await images.Registry.PostAsync($"{uploads}?digest={digest}", body, Cancellation);
        }

        var location = await images.BeginUploadAsync(name);
        if (way is "put")
        {
            return await images.FinishAsync(location, digest, content);
        }

        if (way is "stream")
        {
            using var streamed = await SendStreamAsync(HttpMethod.Patch, location, Installation.Octets(content));
            await Installation.ShouldBeAsync(streamed, 202);
            return await images.FinishAsync(streamed.Headers.Location!.OriginalString, digest);
        }

        var middle = content.Length / 2;
        if (middle > 0)
        {
            using var first = await images.PatchAsync(location, content[..middle], $"0-{middle - 1}");
            await Installation.ShouldBeAsync(first, 202);
        }

        var last = $"{middle}-{content.Length - 1}";
        if (way is "chunks with put" || content.Length == 0)
        {
            return await images.FinishAsync(location, digest, content[middle..], content.Length == 0 ? null : last);
        }

        using var second = await images.PatchAsync(location, content[middle..], last);
        await Installation.ShouldBeAsync(second, 202);
        return await images.FinishAsync(location, digest);
    }

    private Task<HttpResponseMessage> PutStreamAsync(string reference, byte[] manifest, string mediaType)
    {
        var content = new ByteArrayContent(manifest);
        content.Headers.ContentType = new(mediaType);
        return SendStreamAsync(HttpMethod.Put, $"/v2/{Name}/manifests/{reference}", content);
    }

    // Without a length, as clients send what they read from somewhere else.
    private async Task<HttpResponseMessage> SendStreamAsync(HttpMethod method, string path, HttpContent content)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.TransferEncodingChunked = true;
        return await images.Registry.SendAsync(request, Cancellation);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        return await images.Registry.SendAsync(request, Cancellation);
    }

    private async Task ShouldGoAsync(string path)
    {
        using var deleted = await images.Registry.DeleteAsync(path, Cancellation);
        await Installation.ShouldBeAsync(deleted, 202);
        using var head = await SendAsync(HttpMethod.Head, path);
        await Installation.ShouldBeAsync(head, 404);
        using var again = await images.Registry.DeleteAsync(path, Cancellation);
        await Installation.ShouldBeAsync(again, 404);
    }
}
