using System.Net.Sockets;
using System.Text;
using Stagedoor.Images.Tests.UploadSessions;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.PageUploads;

/// <summary>A form takes long, and the credential that it began with has ended before its end.</summary>
public sealed class LateFormTests(UploadInstallation images) : IClassFixture<UploadInstallation>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_is_stored_of_a_form_whose_token_was_revoked_before_its_end(bool inPieces)
    {
        var token = await images.App.NewTokenAsync();
        var archive = new SavedImage("team/late:v1").ToArray();
        using var owner = images.App.WithToken(await images.App.NewTokenAsync());
        var id = inPieces ? await new SessionClient(owner).BeginImageAsync() : "";
        var (line, range) = inPieces
            ? ($"PUT {SessionClient.Path}/{id}/files/image.tar", $"Content-Range: bytes 0-{archive.Length - 1}/*\r\n")
            : ("POST /v2/manage/namespaces/team/images", "");
        var before = images.Everything();
        byte[] body =
        [
            .. "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"image.tar\"\r\n\r\n"u8, .. archive, .. "\r\n--b--\r\n"u8,
        ];
        var uri = new Uri(images.App.Url);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(uri.Host, uri.Port, Cancellation);
        await using var stream = tcp.GetStream();
        var arrived = images.Requests.Arrived;
        await stream.WriteAsync(
            Encoding.Latin1.GetBytes(
                $"{line} HTTP/1.1\r\nHost: {uri.Authority}\r\nX-Auth-Token: {token}\r\n{range}Connection: close\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {body.Length}\r\n\r\n"),
            Cancellation);
        await stream.WriteAsync(body.AsMemory(0, 2000), Cancellation);
        await Eventually.TrueAsync("the request has come", TimeSpan.FromSeconds(30), () => images.Requests.Arrived > arrived);

        using (var revoke = new HttpRequestMessage(HttpMethod.Delete, "/v3/auth/tokens"))
        {
            revoke.Headers.Add("X-Subject-Token", token);
            revoke.Headers.Add("X-Auth-Token", token);
            using var revoked = await images.App.Anonymous.SendAsync(revoke, Cancellation);
            await Installation.ShouldBeAsync(revoked, 204);
        }

        images.App.Clock.Advance(TimeSpan.FromSeconds(3));
        await stream.WriteAsync(body.AsMemory(2000), Cancellation);
        using var reader = new StreamReader(stream);
        Assert.StartsWith("HTTP/1.1 401", await reader.ReadToEndAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal(before.Where(static e => !e.Contains("/sessions-", StringComparison.Ordinal)), images.Everything().Where(static e => !e.Contains("/sessions-", StringComparison.Ordinal)));
        if (inPieces)
        {
            Assert.Equal(0, (await new SessionClient(owner).ShowAsync(id)).GetProperty("offset").GetInt64());
        }
    }
}
