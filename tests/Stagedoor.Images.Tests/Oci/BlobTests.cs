using System.Net.Http.Headers;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

public sealed class BlobTests(Installation images) : IClassFixture<Installation>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("sha256", 0)]
    [InlineData("sha256", 1)]
    [InlineData("sha512", 0)]
    [InlineData("sha512", 70_000)]
    [InlineData("sha256", 3_000_000)]
    public async Task A_blob_comes_back_as_it_was_pushed(string algorithm, int length)
    {
        var content = Installation.Random(length);
        var digest = await images.PushBlobAsync("team/blobs", content, algorithm);

        using var got = await images.Registry.GetAsync($"/v2/team/blobs/blobs/{digest}", Cancellation);
        Assert.Equal(content, await got.Content.ReadAsByteArrayAsync(Cancellation));
        using var head = await SendAsync(HttpMethod.Head, digest);
        foreach (var response in (HttpResponseMessage[])[got, head])
        {
            await Installation.ShouldBeAsync(response, 200);
            Assert.Equal(length, response.Content.Headers.ContentLength);
            Assert.Equal("application/octet-stream", response.Content.Headers.ContentType?.ToString());
            Assert.Equal(digest, response.Headers.GetValues("Docker-Content-Digest").Single());
            Assert.Equal($"\"{digest}\"", response.Headers.ETag?.Tag);
            Assert.Equal("bytes", response.Headers.AcceptRanges.Single());
            Assert.Equal("registry/2.0", response.Headers.GetValues("Docker-Distribution-Api-Version").Single());
        }
    }

    [Theory]
    [InlineData("bytes=500-1499", 500, 1000)]
    [InlineData("bytes=500-", 500, 1548)]
    [InlineData("bytes=-500", 1548, 500)]
    [InlineData("bytes=2000-5000", 2000, 48)]
    [InlineData("bytes=-5000", 0, 2048)]
    public async Task A_part_of_a_blob_is_sent(string range, int offset, int length)
    {
        var content = Installation.Random(2048);
        var digest = await images.PushBlobAsync("team/blobs", content);

        using var response = await SendAsync(HttpMethod.Get, digest, range);

        await Installation.ShouldBeAsync(response, 206);
        Assert.Equal(content.AsSpan(offset, length).ToArray(), await response.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal($"bytes {offset}-{offset + length - 1}/2048", response.Content.Headers.ContentRange?.ToString());
    }

    [Theory]
    [InlineData("bytes=500-0")]
    [InlineData("bytes=5000-10000")]
    [InlineData("bytes=2048-")]
    [InlineData("bytes=-0")]
    [Provokes("SVCSTG.SWR.4000014")]
    public async Task A_part_that_there_is_not_is_refused(string range)
    {
        var digest = await images.PushBlobAsync("team/blobs", Installation.Random(2048));

        using var response = await SendAsync(HttpMethod.Get, digest, range);

        await response.ShouldFailAsync(416, "SVCSTG.SWR.4000014");
        Assert.Equal("bytes */2048", response.Content.Headers.ContentRange?.ToString());
    }

    [Fact]
    public async Task Several_parts_are_answered_with_the_whole()
    {
        var content = Installation.Random(100);
        var digest = await images.PushBlobAsync("team/blobs", content);

        using var response = await SendAsync(HttpMethod.Get, digest, "bytes=0-1,5-6");

        await Installation.ShouldBeAsync(response, 200);
        Assert.Equal(content, await response.Content.ReadAsByteArrayAsync(Cancellation));
    }

    [Fact]
    public async Task A_blob_that_the_client_has_is_not_sent_again()
    {
        var digest = await images.PushBlobAsync("team/blobs", Installation.Random(100));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v2/team/blobs/blobs/{digest}");
        request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{digest}\""));

        using var response = await images.Registry.SendAsync(request, Cancellation);

        await Installation.ShouldBeAsync(response, 304);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4041051")]
    public async Task An_unknown_blob_is_not_found()
    {
        await images.PushBlobAsync("team/blobs", [1]);
        var digest = Installation.DigestOf(Installation.Random(10));
        using var got = await SendAsync(HttpMethod.Get, digest);
        await got.ShouldFailAsync(404, "SVCSTG.SWR.4041051");
        using var head = await SendAsync(HttpMethod.Head, digest);
        Assert.Equal(404, (int)head.StatusCode);
        using var deleted = await SendAsync(HttpMethod.Delete, digest);
        await deleted.ShouldFailAsync(404, "SVCSTG.SWR.4041051");
    }

    [Theory]
    [InlineData("sha256:short")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    [Provokes("SVCSTG.SWR.4000013")]
    public async Task A_malformed_digest_is_refused(string digest)
    {
        await images.PushBlobAsync("team/blobs", [1]);
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Delete])
        {
            using var response = await SendAsync(method, digest);
            await response.ShouldFailAsync(400, "SVCSTG.SWR.4000013");
        }
    }

    [Fact]
    public async Task A_blob_is_visible_only_where_it_was_pushed()
    {
        await images.PushBlobAsync("team/elsewhere", [1]);
        var digest = await images.PushBlobAsync("team/here", Installation.Random(50));

        using var response = await images.Registry.GetAsync($"/v2/team/elsewhere/blobs/{digest}", Cancellation);

        await response.ShouldFailAsync(404, "SVCSTG.SWR.4041051");
    }

    [Theory]
    [InlineData("&from=team/source")]
    [InlineData("")]
    public async Task A_mounted_blob_outlives_its_source(string from)
    {
        var content = Installation.Random(60);
        var digest = await images.PushBlobAsync("team/source", content);

        using var mounted = await images.Registry.PostAsync($"/v2/team/target/blobs/uploads/?mount={digest}{from}", null, Cancellation);
        await Installation.ShouldBeAsync(mounted, 201);
        Assert.Equal($"/v2/team/target/blobs/{digest}", mounted.Headers.Location?.OriginalString);
        Assert.Equal(digest, mounted.Headers.GetValues("Docker-Content-Digest").Single());
        using var deleted = await images.Registry.DeleteAsync($"/v2/team/source/blobs/{digest}", Cancellation);
        await Installation.ShouldBeAsync(deleted, 202);

        using var source = await images.Registry.GetAsync($"/v2/team/source/blobs/{digest}", Cancellation);
        await source.ShouldFailAsync(404, "SVCSTG.SWR.4041051");
        Assert.Equal(content, await images.Registry.GetByteArrayAsync($"/v2/team/target/blobs/{digest}", Cancellation));
    }

    [Fact]
    public async Task A_blob_that_cannot_be_mounted_is_uploaded()
    {
        var digest = Installation.DigestOf(Installation.Random(10));

        using var response = await images.Registry.PostAsync($"/v2/team/target/blobs/uploads/?mount={digest}&from=team/source", null, Cancellation);

        await Installation.ShouldBeAsync(response, 202);
        Assert.StartsWith("/v2/team/target/blobs/uploads/", response.Headers.Location?.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_blob_of_another_account_is_not_mounted()
    {
        var other = await images.AddAccountAsync("mounting");
        using var signed = other.Signed;
        using var registry = other.Registry;
        using var made = await System.Net.Http.Json.HttpClientJsonExtensions.PostAsJsonAsync(
            signed, "/v2/manage/namespaces", new { @namespace = "theirs" }, Cancellation);
        await Installation.ShouldBeAsync(made, 201);
        var digest = await images.PushBlobAsync("team/secret", Installation.Random(60));
        foreach (var from in (string[])["&from=team/secret", ""])
        {
            using var response = await registry.PostAsync($"/v2/theirs/x/blobs/uploads/?mount={digest}{from}", null, Cancellation);
            await Installation.ShouldBeAsync(response, 202);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string digest, string? range = null)
    {
        using var request = new HttpRequestMessage(method, $"/v2/team/blobs/blobs/{digest}");
        if (range is not null)
        {
            request.Headers.TryAddWithoutValidation("Range", range);
        }

        return await images.Registry.SendAsync(request, Cancellation);
    }
}
