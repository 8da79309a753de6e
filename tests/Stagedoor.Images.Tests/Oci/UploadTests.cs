using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

public sealed class UploadTests(SmallInstallation images) : IClassFixture<SmallInstallation>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_upload_says_how_far_it_has_come()
    {
        using var begun = await images.Registry.PostAsync("/v2/team/up/blobs/uploads/", null, Cancellation);
        await Installation.ShouldBeAsync(begun, 202);
        var location = begun.Headers.Location!.OriginalString;
        Assert.Equal(location, $"/v2/team/up/blobs/uploads/{begun.Headers.GetValues("Docker-Upload-UUID").Single()}");
        Assert.Equal("0-0", begun.Headers.GetValues("Range").Single());
        Assert.Equal(0, begun.Content.Headers.ContentLength);

        using var patched = await images.PatchAsync(location, Installation.Random(10));
        await Installation.ShouldBeAsync(patched, 202);
        Assert.Equal("0-9", patched.Headers.GetValues("Range").Single());
        Assert.Equal(location, patched.Headers.Location?.OriginalString);
        using var status = await images.Registry.GetAsync(location, Cancellation);
        await Installation.ShouldBeAsync(status, 204);
        Assert.Equal("0-9", status.Headers.GetValues("Range").Single());
    }

    // The body of the last request does not count before it is published: what comes of one that is cut off would take room and be of no use.
    [Fact]
    public async Task A_last_body_that_is_cut_off_leaves_nothing_of_itself()
    {
        var location = await images.BeginUploadAsync("team/cut-off");
        using (var patched = await images.PatchAsync(location, Installation.Random(10)))
        {
            await Installation.ShouldBeAsync(patched, 202);
        }

        var staged = Path.Combine(images.App.DataDirectory, "blobs", "uploads", $"images-{location.Split('/')[^1]}");
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var content = new EndlessContent(Installation.Random(1_500_000), end.Token);
#pragma warning disable CA2025 // It is awaited below.
        var put = images.Registry.PutAsync($"{location}?digest={Installation.DigestOf([1])}", content, end.Token);
#pragma warning restore CA2025
        await content.Begun;
        await Eventually.TrueAsync("something of it has come", TimeSpan.FromSeconds(60), () => Task.FromResult(new FileInfo(staged).Length > 1_000_000));
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => put);

        await Eventually.TrueAsync("it is gone", TimeSpan.FromSeconds(60), () => Task.FromResult(new FileInfo(staged).Length == 10));
        using var status = await images.Registry.GetAsync(location, Cancellation);
        Assert.Equal("0-9", status.Headers.GetValues("Range").Single());
    }

    [Theory]
    [InlineData("sha256", "")]
    [InlineData("sha512", "")]
    [InlineData("sha512", "?digest-algorithm=sha512")]
    [InlineData("sha256", "?digest-algorithm=sha512")]
    public async Task Chunks_become_one_blob(string algorithm, string query)
    {
        var content = Installation.Random(1_500_000);
        var digest = Installation.DigestOf(content, algorithm);
        var location = await images.BeginUploadAsync("team/up", query);
        using var first = await images.PatchAsync(location, content[..600_000], "0-599999");
        await Installation.ShouldBeAsync(first, 202);
        using var second = await images.PatchAsync(location, content[600_000..1_000_000], "600000-999999");
        await Installation.ShouldBeAsync(second, 202);

        using var finished = await images.FinishAsync(location, digest, content[1_000_000..], "1000000-1499999");

        await Installation.ShouldBeAsync(finished, 201);
        Assert.Equal($"/v2/team/up/blobs/{digest}", finished.Headers.Location?.OriginalString);
        Assert.Equal(digest, finished.Headers.GetValues("Docker-Content-Digest").Single());
        Assert.Equal(content, await images.Registry.GetByteArrayAsync(finished.Headers.Location, Cancellation));
    }

    [Fact]
    public async Task A_stream_without_a_length_becomes_a_blob()
    {
        var content = Installation.Random(1_200_000);
        var location = await images.BeginUploadAsync("team/up");
        using var request = new HttpRequestMessage(HttpMethod.Patch, location) { Content = Installation.Octets(content) };
        request.Headers.TransferEncodingChunked = true;
        using var patched = await images.Registry.SendAsync(request, Cancellation);
        await Installation.ShouldBeAsync(patched, 202);

        using var finished = await images.FinishAsync(location, Installation.DigestOf(content));

        await Installation.ShouldBeAsync(finished, 201);
    }

    [Theory]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task The_whole_comes_with_the_end(string algorithm)
    {
        var content = Installation.Random(100_000);

        using var finished = await images.FinishAsync(await images.BeginUploadAsync("team/up"), Installation.DigestOf(content, algorithm), content);

        await Installation.ShouldBeAsync(finished, 201);
    }

    [Fact]
    public async Task A_blob_may_be_empty()
    {
        var digest = Installation.DigestOf([]);

        using var finished = await images.FinishAsync(await images.BeginUploadAsync("team/up"), digest);

        await Installation.ShouldBeAsync(finished, 201);
        Assert.Empty(await images.Registry.GetByteArrayAsync($"/v2/team/up/blobs/{digest}", Cancellation));
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000014", Status = 416)]
    public async Task A_chunk_out_of_order_is_refused_and_the_upload_goes_on()
    {
        var content = Installation.Random(3000);
        var digest = Installation.DigestOf(content);
        var location = await images.BeginUploadAsync("team/up");
        using var ahead = await images.PatchAsync(location, content[1000..2000], "1000-1999");
        await ahead.ShouldFailAsync(416, "SVCSTG.SWR.4000014");
        Assert.Equal(location, ahead.Headers.Location?.OriginalString);
        Assert.Equal("0-0", ahead.Headers.GetValues("Range").Single());
        using var first = await images.PatchAsync(location, content[..1000], "0-999");
        await Installation.ShouldBeAsync(first, 202);
        using var again = await images.PatchAsync(location, content[..1000], "0-999");
        await again.ShouldFailAsync(416, "SVCSTG.SWR.4000014");
        Assert.Equal("0-999", again.Headers.GetValues("Range").Single());
        using var early = await images.FinishAsync(location, digest, content[2000..], "2000-2999");
        await early.ShouldFailAsync(416, "SVCSTG.SWR.4000014");

        using var finished = await images.FinishAsync(location, digest, content[1000..], "1000-2999");

        await Installation.ShouldBeAsync(finished, 201);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000014", Status = 400)]
    public async Task A_chunk_of_another_length_than_it_says_is_refused()
    {
        var location = await images.BeginUploadAsync("team/up");

        using var response = await images.PatchAsync(location, Installation.Random(10), "0-99");

        await response.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000013")]
    [Provokes("SVCSTG.SWR.4040043")]
    public async Task Content_of_another_digest_is_refused_and_dropped()
    {
        var other = Installation.DigestOf(Installation.Random(9));
        var location = await images.BeginUploadAsync("team/up");
        using var finished = await images.FinishAsync(location, other, Installation.Random(10));
        await finished.ShouldFailAsync(400, "SVCSTG.SWR.4000013");
        using var gone = await images.Registry.GetAsync(location, Cancellation);
        await gone.ShouldFailAsync(404, "SVCSTG.SWR.4040043");

        using var body = Installation.Octets(Installation.Random(10));
        using var single = await images.Registry.PostAsync($"/v2/team/up/blobs/uploads/?digest={other}", body, Cancellation);
        await single.ShouldFailAsync(400, "SVCSTG.SWR.4000013");
        await images.PushBlobAsync("team/up", Installation.Random(11));
        using var stored = await images.Registry.GetAsync($"/v2/team/up/blobs/{other}", Cancellation);
        await stored.ShouldFailAsync(404, "SVCSTG.SWR.4041051");
    }

    [Theory]
    [InlineData("POST", "/v2/team/up/blobs/uploads/?digest=sha256:x")]
    [InlineData("POST", "/v2/team/up/blobs/uploads/?mount=x&from=team/y")]
    [InlineData("POST", "/v2/team/up/blobs/uploads/?digest-algorithm=md5")]
    [InlineData("PUT", "/v2/team/up/blobs/uploads/00000000-0000-4000-8000-000000000000")]
    [Provokes("SVCSTG.SWR.4000013")]
    public async Task A_malformed_digest_is_refused(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await images.Registry.SendAsync(request, Cancellation);

        await response.ShouldFailAsync(400, "SVCSTG.SWR.4000013");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4040043")]
    public async Task A_cancelled_upload_is_gone()
    {
        var location = await images.BeginUploadAsync("team/up");
        using var cancelled = await images.Registry.DeleteAsync(location, Cancellation);
        await Installation.ShouldBeAsync(cancelled, 204);

        using var status = await images.Registry.GetAsync(location, Cancellation);
        await status.ShouldFailAsync(404, "SVCSTG.SWR.4040043");
        using var patched = await images.PatchAsync(location, [1]);
        await patched.ShouldFailAsync(404, "SVCSTG.SWR.4040043");
        using var elsewhere = await images.Registry.DeleteAsync("/v2/team/up/blobs/uploads/nonsense", Cancellation);
        await elsewhere.ShouldFailAsync(404, "SVCSTG.SWR.4040043");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4130025")]
    public async Task A_blob_has_a_largest_size()
    {
        using var fits = await images.FinishAsync(await images.BeginUploadAsync("team/up"), Installation.DigestOf(new byte[2_000_000]), new byte[2_000_000]);
        await Installation.ShouldBeAsync(fits, 201);
        using var announced = await images.FinishAsync(await images.BeginUploadAsync("team/up"), Installation.DigestOf([]), new byte[2_000_001]);
        await announced.ShouldFailAsync(413, "SVCSTG.SWR.4130025");

        using var request = new HttpRequestMessage(HttpMethod.Patch, await images.BeginUploadAsync("team/up")) { Content = Installation.Octets(new byte[2_000_001]) };
        request.Headers.TransferEncodingChunked = true;
        using var streamed = await images.Registry.SendAsync(request, Cancellation);
        await streamed.ShouldFailAsync(413, "SVCSTG.SWR.4130025");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4090023")]
    public async Task A_chunk_waits_for_the_one_before_it_for_a_while()
    {
        var location = await images.BeginUploadAsync("team/up");
        using var slow = new HttpRequestMessage(HttpMethod.Patch, location) { Content = new EndlessContent(new byte[1000], Cancellation) };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var sending = images.Registry.SendAsync(slow, stop.Token);
        await ((EndlessContent)slow.Content).Begun;

        HttpResponseMessage second;
        // The first is in the server's hands only some time after it left ours.
        while ((int)(second = await images.PatchAsync(location, [1])).StatusCode == 202)
        {
            second.Dispose();
        }

        await second.ShouldFailAsync(409, "SVCSTG.SWR.4090023");
        second.Dispose();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    [Fact]
    public async Task An_upload_goes_on_after_a_restart()
    {
        var own = new Installation();
        await own.InitializeAsync();
        await using (own)
        {
            var content = Installation.Random(900_000);
            var location = await own.BeginUploadAsync("team/up");
            using var first = await own.PatchAsync(location, content[..500_000]);
            await Installation.ShouldBeAsync(first, 202);
            await own.App.RestartAsync();
            using var client = own.App.Registry();
            using var status = await client.GetAsync(location, Cancellation);
            Assert.Equal("0-499999", status.Headers.GetValues("Range").Single());

            using var body = Installation.Octets(content[500_000..]);
            using var finished = await client.PutAsync($"{location}?digest={Installation.DigestOf(content)}", body, Cancellation);

            await Installation.ShouldBeAsync(finished, 201);
        }
    }
}

/// <summary>Blobs have at most two million bytes.</summary>
public sealed class SmallInstallation : Installation
{
    protected override IEnumerable<(string Key, string Value)> Settings => [("Images:MaxBlobBytes", "2000000")];
}
