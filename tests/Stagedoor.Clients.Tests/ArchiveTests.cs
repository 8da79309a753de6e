using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Archives as tools write them, uploaded to a real process, and what is left when that is killed.</summary>
public sealed class ArchiveTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly StagedoorProcess _stagedoor = new();
    private readonly TemporaryFolder _folder = new();
    private HttpClient _client = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _stagedoor.StartAsync();
        await LogInAsync();
        using var made = await _client.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = "archives" }, Cancellation);
        Assert.Equal(201, (int)made.StatusCode);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _stagedoor.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("docker-archive", "archives/saved:v1")]
    [InlineData("docker-archive", "saved:v1")]
    [InlineData("oci-archive", "archives/saved:v1")]
    [InlineData("oci-archive", "v1")]
    public async Task What_skopeo_has_written_is_stored_and_copied_out_again(string kind, string name)
    {
        Tool.Require("skopeo");
        var image = TestImage.Create(20_000, 300_000);
        var layout = await OciLayout.CreateAsync(Path.Combine(_folder.Path, "source"));
        await layout.AddAsync("v1", image);
        var file = Path.Combine(_folder.Path, "image.tar");
        (await Tool.RunAsync("skopeo", "copy", "-q", layout.Reference("v1"), $"{kind}:{file}:{name}")).ShouldSucceed();

        var digest = await UploadAsync(file, "saved");

        var target = await OciLayout.CreateAsync(Path.Combine(_folder.Path, "target"));
        (await Tool.RunAsync(
            "skopeo", "copy", "-q", "--src-tls-verify=false", "--src-creds", _stagedoor.Credentials, $"docker://{_stagedoor.Host}/archives/saved:v1", target.Reference("v1"))).ShouldSucceed();
        Assert.NotEmpty(await target.VerifyAsync());
        Assert.Equal(digest, await UploadAsync(file, "saved"));
        if (kind is "oci-archive")
        {
            Assert.Equal(image.Digest, digest);
        }
    }

    [Fact]
    public async Task A_session_goes_on_after_a_kill_and_nothing_half_written_is_left()
    {
        var archive = RandomNumberGenerator.GetBytes(3_000_000);
        var id = await BeginAsync();
        using (var appended = await AppendAsync(id, archive, 0, 1_000_000))
        {
            Assert.Equal(200, (int)appended.StatusCode);
        }

        // A form and a piece that are on their way when it is killed.
        const string Part = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"image.tar\"\r\n\r\n";
        using var form = await SendAsync("POST /v2/manage/namespaces/archives/images", "", Part, archive.AsMemory(0, 500_000));
        using var piece = await SendAsync($"PUT /v2/manage/sessions/{id}/files/image.tar", "Content-Range: bytes 1000000-2999999/3000000\r\n", Part, archive.AsMemory(1_000_000, 700_000));
        var staged = Path.Combine(_stagedoor.DataDirectory, "blobs", "uploads", "sessions-" + id);
        await Eventually.TrueAsync("something of the piece is staged", s_patience, () => new FileInfo(staged).Length > 1_000_000);
        var spool = Path.Combine(_stagedoor.DataDirectory, "spool");
        await Eventually.TrueAsync("the form is read", s_patience, () => Directory.Exists(spool));

        await _stagedoor.KillAsync();
        Assert.Empty(Directory.EnumerateFiles(spool));
        await _stagedoor.StartAsync();
        await LogInAsync();

        var shown = await _client.GetFromJsonAsync<JsonElement>($"/v2/manage/sessions/{id}", Cancellation);
        Assert.Equal(("uploading", 1_000_000), (shown.GetProperty("status").GetString(), shown.GetProperty("offset").GetInt32()));

        // The turn of the request that died lasts for some seconds more.
        await Eventually.TrueAsync("the piece is taken", s_patience, async () =>
        {
            using var appended = await AppendAsync(id, archive, 1_000_000, 2_000_000);
            return (int)appended.StatusCode == 200;
        });
        Assert.Equal(archive, await File.ReadAllBytesAsync(staged, Cancellation));
        using var deleted = await _client.DeleteAsync($"/v2/manage/sessions/{id}", Cancellation);
        Assert.Equal(204, (int)deleted.StatusCode);
        Assert.False(File.Exists(staged));
    }

    private async Task LogInAsync()
    {
        var run = _stagedoor.FirstRun;
        _client = _stagedoor.NewHttpClient();
        using var response = await _client.PostAsJsonAsync(
            "/v3/auth/tokens",
            new
            {
                auth = new
                {
                    identity = new { methods = new[] { "password" }, password = new { user = new { name = run.User, password = run.Password, domain = new { name = run.Domain } } } },
                    scope = new { project = new { name = run.Project } },
                },
            },
            Cancellation);
        Assert.Equal(201, (int)response.StatusCode);
        _client.DefaultRequestHeaders.Add("X-Auth-Token", response.Headers.GetValues("X-Subject-Token").Single());
    }

    private async Task<string> UploadAsync(string file, string repository)
    {
        await using var content = File.OpenRead(file);
        using var form = new MultipartFormDataContent { { new StringContent(repository), "repository" }, { new StreamContent(content), "file", "image.tar" } };
        using var response = await _client.PostAsync("/v2/manage/namespaces/archives/images", form, Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)response.StatusCode == 201, text);
        var stored = JsonDocument.Parse(text).RootElement[0].GetProperty("images")[0];
        Assert.Equal((repository, "v1"), (stored.GetProperty("repository").GetString(), stored.GetProperty("tag").GetString()));
        return stored.GetProperty("digest").GetString()!;
    }

    private async Task<string> BeginAsync()
    {
        using var begun = await _client.PostAsJsonAsync("/v2/manage/sessions", new { type = "image", @namespace = "archives", file_name = "image.tar" }, Cancellation);
        Assert.Equal(201, (int)begun.StatusCode);
        return (await begun.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("session_id").GetString()!;
    }

    private async Task<HttpResponseMessage> AppendAsync(string id, byte[] archive, int first, int length)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(archive, first, length), "file", "image.tar" } };
        form.Headers.TryAddWithoutValidation("Content-Range", $"bytes {first}-{first + length - 1}/*");
        return await _client.PutAsync($"/v2/manage/sessions/{id}/files/image.tar", form, Cancellation);
    }

    // A request whose body does not come to its end.
    private async Task<TcpClient> SendAsync(string line, string headers, string part, ReadOnlyMemory<byte> content)
    {
        var uri = new Uri(_stagedoor.Url);
        var tcp = new TcpClient();
        await tcp.ConnectAsync(uri.Host, uri.Port, Cancellation);
        var token = _client.DefaultRequestHeaders.GetValues("X-Auth-Token").Single();
        var head = $"{line} HTTP/1.1\r\nHost: {uri.Authority}\r\nX-Auth-Token: {token}\r\n{headers}Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 2000500\r\n\r\n{part}";
        await tcp.GetStream().WriteAsync(Encoding.Latin1.GetBytes(head), Cancellation);
        await tcp.GetStream().WriteAsync(content, Cancellation);
        return tcp;
    }
}
