using System.Text.Json;
using System.Text.RegularExpressions;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Plain HTTP from the command line, as the documentation shows it.</summary>
public sealed partial class CurlTests(StagedoorProcess stagedoor) : IClassFixture<StagedoorProcess>, IDisposable
{
    private static readonly string[] s_methods = ["password"];
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_password_is_exchanged_for_a_token_that_opens_the_other_services()
    {
        var run = stagedoor.FirstRun;
        var body = JsonSerializer.Serialize(new
        {
            auth = new
            {
                identity = new
                {
                    methods = s_methods,
                    password = new { user = new { name = run.User, password = run.Password, domain = new { name = run.Domain } } },
                },
                scope = new { project = new { name = run.Project } },
            },
        });

        var issued = await CurlAsync("-i", "-H", "Content-Type: application/json", "--data", body, $"{stagedoor.Url}/v3/auth/tokens");
        var token = Header(issued, "X-Subject-Token");
        var listed = await CurlAsync("-i", "-H", $"X-Auth-Token: {token}", $"{stagedoor.Url}/v2/manage/namespaces");
        var refused = await CurlAsync("-i", "-H", "X-Auth-Token: made-up", $"{stagedoor.Url}/v2/manage/namespaces");

        Assert.Equal([201, 200, 401], [Status(issued), Status(listed), Status(refused)]);
    }

    [Fact]
    public async Task The_challenge_leads_to_a_registry_token()
    {
        var challenged = await CurlAsync("-i", $"{stagedoor.Url}/v2/");
        var challenge = ChallengePattern().Match(Header(challenged, "WWW-Authenticate"));

        var issued = await CurlAsync(
            "-u", stagedoor.Credentials, "--get", "--data-urlencode", $"service={challenge.Groups["service"].Value}",
            "--data-urlencode", "scope=repository:curl/app:pull,push", challenge.Groups["realm"].Value);
        using var json = JsonDocument.Parse(issued);
        var welcomed = await CurlAsync(
            "-i", "-H", $"Authorization: Bearer {json.RootElement.GetProperty("token").GetString()}", $"{stagedoor.Url}/v2/");

        Assert.Equal([401, 200], [Status(challenged), Status(welcomed)]);
        Assert.StartsWith(stagedoor.Url, challenge.Groups["realm"].Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("100-199", 206, 100, 100)]
    [InlineData("1048570-", 206, 1_048_570, 6)]
    [InlineData("-50", 206, 1_048_526, 50)]
    [InlineData("1048500-99999999", 206, 1_048_500, 76)]
    [InlineData("1048576-", 416, 0, 0)]
    public async Task A_part_of_a_blob_is_fetched(string range, int status, int offset, int length)
    {
        var image = TestImage.Opaque(1_048_576);
        var (digest, content) = image.Blobs.Single(b => b.Value.Length == 1_048_576);
        using var registry = stagedoor.NewRegistryClient();
        await registry.PushBlobAsync("curl/ranges", digest, content, BlobUpload.Monolithic);
        var file = Path.Combine(_folder.Path, "part");

        var headers = await CurlAsync(
            "-u", stagedoor.Credentials, "-r", range, "-o", file, "-D", "-", $"{stagedoor.Url}/v2/curl/ranges/blobs/{digest}");

        Assert.Equal(status, Status(headers));
        if (status == 206)
        {
            Assert.Equal($"bytes {offset}-{offset + length - 1}/1048576", Header(headers, "Content-Range"));
            Assert.Equal(content[offset..(offset + length)], await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task An_upload_that_asks_first_is_told_to_continue()
    {
        var (file, digest) = await BlobAsync();

        var started = await CurlAsync("-i", "-u", stagedoor.Credentials, "-X", "POST", $"{stagedoor.Url}/v2/curl/expect/blobs/uploads/");
        var location = new Uri(new(stagedoor.Url), Header(started, "Location")).ToString();
        var sent = await RunAsync(
            "-v", "-u", stagedoor.Credentials, "--expect100-timeout", "20", "-H", "Expect: 100-continue", "-H", "Content-Type: application/octet-stream",
            "-T", file, $"{location}{(location.Contains('?', StringComparison.Ordinal) ? '&' : '?')}digest={digest}");

        Assert.Contains("< HTTP/1.1 100 Continue", sent.Error, StringComparison.Ordinal);
        Assert.Contains("< HTTP/1.1 201 Created", sent.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upload_that_asks_first_is_refused_before_it_is_sent()
    {
        var (file, digest) = await BlobAsync();

        var sent = await RunAsync(
            "-v", "-X", "POST", "--expect100-timeout", "20", "-H", "Expect: 100-continue", "-H", "Content-Type: application/octet-stream",
            "-T", file, $"{stagedoor.Url}/v2/curl/expect/blobs/uploads/?digest={digest}");

        Assert.Contains("< HTTP/1.1 401 Unauthorized", sent.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("100 Continue", sent.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    [GeneratedRegex("""^Bearer realm="(?<realm>[^"]+)",\s*service="(?<service>[^"]+)"(,|$)""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ChallengePattern();

    private static async Task<ToolResult> RunAsync(params IEnumerable<string> arguments)
    {
        Tool.Require("curl");
        return (await Tool.RunAsync("curl", ["-sS", "--max-time", "60", .. arguments])).ShouldSucceed();
    }

    private static async Task<string> CurlAsync(params IEnumerable<string> arguments) => (await RunAsync(arguments)).Output;

    private static int Status(string response) => int.Parse(response.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);

    private static string Header(string response, string name) =>
        response.Split('\n').Select(l => l.Trim()).First(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))[(name.Length + 1)..].Trim();

    private async Task<(string File, string Digest)> BlobAsync()
    {
        var content = TestImage.Tar(2_000_000);
        var file = Path.Combine(_folder.Path, "blob");
        await File.WriteAllBytesAsync(file, content, TestContext.Current.CancellationToken);
        return (file, RegistryClient.DigestOf(content));
    }
}
