using System.Net.Http.Headers;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>Every way to read a blob whose file was written to since it was last checked.</summary>
public sealed class SuspectBlobTests(Installation images) : IClassFixture<Installation>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", null)]
    [InlineData("GET", "bytes=0-99")]
    [InlineData("HEAD", null)]
    [InlineData("GET", "bytes=-1")]
    public async Task Changed_bytes_are_not_sent(string method, string? range)
    {
        var content = Installation.Random(1000);
        var digest = await images.PushBlobAsync("team/suspect", content);
        Rewrite(digest, Installation.Random(1000));

        for (var attempt = 0; attempt < 2; attempt++)
        {
            using var response = await SendAsync(method, digest, range);
            Assert.Equal(500, (int)response.StatusCode);
            if (method is "GET")
            {
                await response.ShouldFailAsync(500, "SVCSTG.SWR.5001052");
            }
        }
    }

    [Theory]
    [InlineData("GET", null, 200)]
    [InlineData("GET", "bytes=0-99", 206)]
    [InlineData("HEAD", null, 200)]
    public async Task Bytes_that_are_right_after_all_are_sent(string method, string? range, int status)
    {
        var content = Installation.Random(1000);
        var digest = await images.PushBlobAsync("team/suspect", content);
        Rewrite(digest, content);

        using var response = await SendAsync(method, digest, range);

        await Installation.ShouldBeAsync(response, status);
    }

    [Fact]
    public async Task Changed_bytes_are_not_mounted()
    {
        var digest = await images.PushBlobAsync("team/suspect", Installation.Random(1000));
        Rewrite(digest, Installation.Random(1000));

        using var response = await images.Registry.PostAsync($"/v2/team/mounting/blobs/uploads/?mount={digest}&from=team/suspect", null, Cancellation);

        await Installation.ShouldBeAsync(response, 202);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Lost_or_cut_bytes_are_not_mounted_but_asked_for(bool isCut)
    {
        var content = Installation.Random(1000);
        var digest = await images.PushBlobAsync("team/lost", content);
        var file = FileOf(digest);
        if (isCut)
        {
            var time = File.GetLastWriteTimeUtc(file);
            await File.WriteAllBytesAsync(file, content[..500], Cancellation);
            File.SetLastWriteTimeUtc(file, time);
        }
        else
        {
            File.Delete(file);
        }

        using var response = await images.Registry.PostAsync($"/v2/team/mounting/blobs/uploads/?mount={digest}&from=team/lost", null, Cancellation);

        await Installation.ShouldBeAsync(response, 202);
        await images.PushBlobAsync("team/mounting", content);
        Assert.Equal(content, await images.Registry.GetByteArrayAsync($"/v2/team/lost/blobs/{digest}", Cancellation));
    }

    [Fact]
    public async Task Changed_bytes_give_way_to_those_that_are_pushed()
    {
        var content = Installation.Random(1000);
        var digest = await images.PushBlobAsync("team/suspect", content);
        Rewrite(digest, Installation.Random(1000));

        await images.PushBlobAsync("team/other", content);

        Assert.Equal(content, await images.Registry.GetByteArrayAsync($"/v2/team/other/blobs/{digest}", Cancellation));
    }

    [Theory]
    [InlineData("\"DIGEST\"", 206)]
    [InlineData("\"other\"", 200)]
    [InlineData("W/\"DIGEST\"", 200)]
    [InlineData("Wed, 21 Oct 2026 07:28:00 GMT", 200)]
    public async Task A_part_may_be_asked_for_on_condition(string condition, int status)
    {
        var digest = await images.PushBlobAsync("team/parts", Installation.Random(100));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v2/team/parts/blobs/{digest}");
        request.Headers.Range = new(0, 9);
        request.Headers.TryAddWithoutValidation("If-Range", condition.Replace("DIGEST", digest, StringComparison.Ordinal));

        using var response = await images.Registry.SendAsync(request, Cancellation);

        await Installation.ShouldBeAsync(response, status);
        Assert.Equal(status == 206 ? 10 : 100, (await response.Content.ReadAsByteArrayAsync(Cancellation)).Length);
    }

    private string FileOf(string digest) =>
        Directory.EnumerateFiles(images.App.DataDirectory, digest.Split(':')[1], SearchOption.AllDirectories).Single();

    private void Rewrite(string digest, byte[] content)
    {
        var file = FileOf(digest);
        File.WriteAllBytes(file, content);
        File.SetLastWriteTimeUtc(file, images.App.Clock.GetUtcNow().AddSeconds(1).UtcDateTime);
        images.Forget();
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string digest, string? range)
    {
        using var request = new HttpRequestMessage(new(method), $"/v2/team/suspect/blobs/{digest}");
        request.Headers.Range = range is null ? null : RangeHeaderValue.Parse(range);
        return await images.Registry.SendAsync(request, Cancellation);
    }
}
