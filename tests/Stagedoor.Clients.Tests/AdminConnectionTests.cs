using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>What verbs say to a server that is away, is none, or does not let them in: one line and the exit code of docs/access.md.</summary>
public sealed class AdminConnectionTests(StagedoorProcess stagedoor) : IClassFixture<StagedoorProcess>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Nowhere => Path.Combine(_folder.Path, "nowhere");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_server_that_is_away_is_code_3()
    {
        (await AskAsync($"http://127.0.0.1:{FreePort()}")).ShouldEndWith(3, "cannot be reached");
        (await AskAsync("http://stagedoor.invalid:8080")).ShouldEndWith(3, "http://stagedoor.invalid:8080 ");
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_code_3_after_the_time_that_was_given()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        (await AskAsync($"http://{silent.LocalEndpoint}", "--timeout", "1")).ShouldEndWith(3, "does not answer within 1 s");
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<p>hello</p>\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{\"version\":\"1.0\"}")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=none\r\nContent-Length: 17\r\n\r\n{\"version\":\"1.0\"}")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")]
    public async Task What_is_not_Stagedoor_is_code_3_and_sees_no_credential(string answer)
    {
        var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var heard = AnswerAsync(other, answer);

        (await AskAsync($"http://{other.LocalEndpoint}")).ShouldEndWith(3, "is not Stagedoor");

        Assert.DoesNotContain("Authorization", await heard, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\n\u001b]0;P\u0007 red\r\n")]
    [InlineData("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://x/\u001b]0;P\u0007\r\nContent-Length: 0\r\n\r\n")]
    public async Task What_a_stranger_says_does_not_move_the_cursor(string answer)
    {
        var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var heard = AnswerAsync(other, answer);

        var result = (await AskAsync($"http://{other.LocalEndpoint}")).ShouldEndWith(3, "]0;P");

        Assert.DoesNotContain(result.Error.TrimEnd('\n'), char.IsControl);
        await heard;
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n{0}")]
    [InlineData("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://elsewhere.example/{0}\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 400 Bad Request\r\nX-Stagedoor-Error-Code: X\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{{\"error_msg\":\"\\u001b]0;shown\\u0007\\u202e\"}}")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n{0}")]
    public async Task Nothing_that_a_server_says_moves_the_cursor(string answer)
    {
        var text = string.Format(CultureInfo.InvariantCulture, answer, "\u001b]0;shown\u0007");
        foreach (var verb in (string[][])[["admin", "user", "list", "--access-key", "AK", "--secret-key-file", "-", "--server"], ["health", "--url"]])
        {
            var other = new TcpListener(IPAddress.Loopback, 0);
            other.Start();
            var call = StagedoorProcess.Call([.. verb, $"http://{other.LocalEndpoint}"]) with { Input = "secret" };
            var heard = AnswerAsync(other, text);

            var said = await Tool.RunAsync(call);

            await heard;
            Assert.DoesNotContain($"{said.Output}{said.Error}", static c => (char.IsControl(c) && c is not '\n') || c is '\u202e');
        }
    }

    [Fact]
    public async Task An_answer_without_end_is_read_up_to_16_MiB()
    {
        using var endless = new EndlessAnswer("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");

        (await AskAsync(endless.Url)).ShouldEndWith(3, "answers with more than 16 MiB");
        (await Tool.RunAsync(StagedoorProcess.Call("health", "--url", endless.Url))).ShouldEndWith(1, "answers with more than 16 MiB");
        (await AskAsync(endless.Url, "--ca", "/dev/zero")).ShouldEndWith(2, "more than 1 MiB");
    }

    [Fact]
    public async Task This_machine_is_asked_without_a_proxy()
    {
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        var through = Through(proxy);

        (await Tool.RunAsync(StagedoorProcess.Call("admin", "user", "list", "--data", stagedoor.DataDirectory) with { Environment = through })).ShouldSucceed();
        (await Tool.RunAsync(StagedoorProcess.Call("health", "--data", stagedoor.DataDirectory) with { Environment = through })).ShouldSucceed();
        (await Tool.RunAsync(StagedoorProcess.Call("doctor", "--data", stagedoor.DataDirectory) with { Environment = through })).ShouldSucceed();
        (await Tool.RunAsync(StagedoorProcess.Call("health", "--url", "http://stagedoor.invalid:8080") with { Environment = through })).ShouldEndWith(1, "does not answer");

        Assert.False(proxy.Pending());
    }

    [Fact]
    public async Task A_proxy_hears_nothing_of_what_is_said_in_the_clear()
    {
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();

        var call = StagedoorProcess.Call("admin", "user", "list", "--server", "http://stagedoor.invalid:8080", "--access-key", "AK", "--secret-key-file", "-", "--timeout", "5");
        (await Tool.RunAsync(call with { Input = "secret", Environment = Through(proxy) })).ShouldEndWith(3, "http://stagedoor.invalid:8080 ");

        Assert.False(proxy.Pending());
    }

    [Fact]
    public async Task A_proxy_that_refuses_is_named()
    {
        var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        var through = Through(proxy);
        var heard = AnswerAsync(proxy, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");

        var call = StagedoorProcess.Call("admin", "user", "list", "--server", "https://stagedoor.invalid", "--access-key", "AK", "--secret-key-file", "-");
        (await Tool.RunAsync(call with { Input = "secret", Environment = through })).ShouldEndWith(3, "https_proxy");

        Assert.StartsWith("CONNECT stagedoor.invalid:443 ", await heard, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AK\r\nX-Evil: 1", "secret")]
    [InlineData("AK, SignedHeaders=", "secret")]
    [InlineData("\u00c4K", "secret")]
    [InlineData("AK", "sec\r\nret")]
    [InlineData("AK", "sec ret")]
    public async Task A_key_that_can_be_none_is_code_2(string accessKey, string secretKey)
    {
        var call = StagedoorProcess.Call("admin", "user", "list", "--server", stagedoor.Url) with { Environment = Keys(accessKey, secretKey) };

        (await Tool.RunAsync(call)).ShouldEndWith(2, " has a character in it that ");
    }

    [Fact]
    public async Task Ends_of_lines_behind_keys_do_not_count()
    {
        var keys = Keys($"{stagedoor.FirstRun.AccessKey}\r\n", $"{stagedoor.FirstRun.SecretKey}\r\n");

        (await Tool.RunAsync(StagedoorProcess.Call("admin", "user", "list", "--server", stagedoor.Url) with { Environment = keys })).ShouldSucceed();
    }

    [Fact]
    public async Task A_wrong_key_is_code_4()
    {
        var call = StagedoorProcess.Call("admin", "user", "list", "--server", stagedoor.Url, "--access-key", stagedoor.FirstRun.AccessKey, "--secret-key-file", "-") with { Input = "wrong\n" };

        (await Tool.RunAsync(call)).ShouldEndWith(4, "APIGW.0301");
    }

    [Fact]
    public async Task Who_may_not_is_told_with_code_5_the_page_and_the_request()
    {
        var user = await stagedoor.NewUserAsync("plain");

        var result = (await stagedoor.AdminAsAsync(user, "user", "create", "friend")).ShouldEndWith(5, $"{stagedoor.Url}/errors/IAM.0003");

        Assert.Matches("request [0-9a-f]{32}", result.Error);
    }

    [Fact]
    public async Task An_operation_that_the_server_does_not_have_is_told_with_both_versions()
    {
        await using var smaller = await StagedoorProcess.StartNewAsync(("Modules", "discovery"));

        (await smaller.AdminAsync("org", "list")).ShouldEndWith(1, "has no GET /v2/manage/namespaces");
        (await smaller.AdminAsync("user", "create", "ana", "--push", "team")).ShouldEndWith(1, "has no GET /v2/manage/namespaces/team");
        // What does not need it works.
        await smaller.NewUserAsync("ana");
        (await smaller.AdminAsync("user", "show", "ana")).ShouldSucceed();
        (await smaller.AdminAsync("user", "delete", "ana", "--yes")).ShouldSucceed();
    }

    [Fact]
    public async Task A_line_that_says_too_little_or_too_much_is_code_2()
    {
        (await Tool.RunAsync(StagedoorProcess.Call("admin", "user", "list", "--data", Nowhere))).ShouldEndWith(2, "Who asks?");
        (await Tool.RunAsync(StagedoorProcess.Call("admin", "user", "list", "--data", Nowhere, "--access-key", "AK"))).ShouldEndWith(2, "--secret-key-file");
        (await AskAsync(stagedoor.Url, "--as", "admin")).ShouldEndWith(2, "two ways to say who asks");
        (await AskAsync("127.0.0.1:8080")).ShouldEndWith(2, "is no server's address");
        (await stagedoor.AdminAsync("user", "list", "--as", "admin")).ShouldEndWith(2, "no terminal to ask for a password");
        Assert.Equal(2, (await stagedoor.AdminAsync("user", "create")).ShouldFail("needs NAME").ExitCode);
        Assert.Equal(2, (await stagedoor.AdminAsync("user", "list", "--timeout", "0")).ShouldFail("1 to 3600").ExitCode);
        Assert.False(Directory.Exists(Nowhere));
    }

    [Fact]
    public async Task A_certificate_of_its_own_is_taken_when_its_file_is_named_or_it_is_told_to()
    {
        Tool.Require("openssl");
        var (certificate, key) = (Path.Combine(_folder.Path, "server.pem"), Path.Combine(_folder.Path, "server.key"));
        await TestCertificate.IssueAsync(certificate, key, "stagedoor");
        await using var secure = new StagedoorProcess { Urls = "https://127.0.0.1:0" };
        await secure.StartAsync(("Tls__Certificate", certificate), ("Tls__Key", key));
        var other = Path.Combine(_folder.Path, "other.pem");
        await TestCertificate.IssueAsync(other, Path.Combine(_folder.Path, "other.key"), "other");

        (await secure.AdminAsync("user", "list")).ShouldEndWith(3, "--ca");
        (await secure.AdminAsync("user", "list", "--ca", other)).ShouldEndWith(3, "does not trust");
        (await secure.AdminAsync("user", "list", "--ca", key)).ShouldEndWith(2, "");
        (await secure.AdminAsync("user", "list", "--ca", certificate)).ShouldSucceed();
        (await secure.AdminAsync("user", "list", "--insecure")).ShouldSucceed();
        (await secure.AdminAsync("user", "list", "--server", $"http://{secure.Host}")).ShouldEndWith(3, "https");
        (await secure.AdminAsync("user", "list", "--server", $"https://{stagedoor.Host}")).ShouldEndWith(3, "Try http://");
    }

    [Theory]
    [InlineData("it has no subjectAltName", "keyUsage=digitalSignature")]
    [InlineData("does not trust", "subjectAltName=IP:127.0.0.1", "extendedKeyUsage=clientAuth")]
    public async Task A_certificate_that_is_none_of_a_server_is_refused_also_when_its_authority_is_named(string saying, params string[] extensions)
    {
        Tool.Require("openssl");
        var (certificate, key) = (Path.Combine(_folder.Path, "server.pem"), Path.Combine(_folder.Path, "server.key"));
        await TestCertificate.IssueAsync(certificate, key, "127.0.0.1", extensions);
        await using var secure = new StagedoorProcess { Urls = "https://127.0.0.1:0" };
        await secure.StartAsync(("Tls__Certificate", certificate), ("Tls__Key", key));

        (await secure.AdminAsync("user", "list", "--ca", certificate)).ShouldEndWith(3, saying);
    }

    [Fact]
    public async Task The_key_that_asks_is_taken_away_only_when_that_is_meant()
    {
        await using var own = await StagedoorProcess.StartNewAsync();
        var key = own.FirstRun.AccessKey;

        (await own.AdminAsync("key", "disable", key)).ShouldEndWith(2, "is the key that asks");
        (await own.AdminAsync("key", "delete", key)).ShouldEndWith(2, "Nothing was changed; with --yes");
        (await own.AdminAsync("key", "enable", key)).ShouldSucceed();
        (await own.AdminAsync("key", "disable", key, "--yes")).ShouldSucceed();
        (await own.AdminAsync("key", "list")).ShouldEndWith(4, key);
    }

    [Fact]
    public async Task What_the_server_asks_of_its_own_services_goes_through_no_proxy()
    {
        using var proxy = new TcpListener(System.Net.IPAddress.Loopback, 0);
        proxy.Start();
        var quota = new TcpListener(System.Net.IPAddress.Loopback, 0);
        quota.Start();
        var address = $"http://{quota.LocalEndpoint}";
#pragma warning disable CA2025 // It is awaited below, before the listener is disposed of.
        var asked = AnswerAsync(quota, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\nConnection: close\r\n\r\n{\"allowed\":true}");
#pragma warning restore CA2025
        await using var server = new StagedoorProcess();
        server.SetEnvironment(Through(proxy));
        await server.StartAsync(("Discovery:Quotas:Url", address));

        using var engine = Backups.Engine(server.Url, server.FirstRun);
        await Backups.RegisterAsync(engine, "direct");

        Assert.StartsWith("POST /v1/quota/apply HTTP/1.1", await asked, StringComparison.Ordinal);
        Assert.False(proxy.Pending());
    }

    [Fact]
    public async Task Variables_of_verbs_are_no_stray_settings()
    {
        var call = StagedoorProcess.Call("config", "Data", "--data", Nowhere) with
        {
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["STAGEDOOR_SERVER"] = "x", ["STAGEDOOR_ACCESS_KEY"] = "x", ["STAGEDOOR_SECRET_KEY"] = "x" },
        };

        Assert.DoesNotContain("sets nothing", (await Tool.RunAsync(call)).ShouldSucceed().Error, StringComparison.Ordinal);
    }

    private static Task<ToolResult> AskAsync(string url, params IEnumerable<string> more) =>
        Tool.RunAsync(StagedoorProcess.Call(["admin", "user", "list", "--server", url, "--access-key", "AK", "--secret-key-file", "-", .. more]) with { Input = "secret" });

    // The listener is good for one connection, and closed with it.
    private static async Task<string> AnswerAsync(TcpListener listener, string answer)
    {
        using var owned = listener;
        using var connection = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        await using var stream = connection.GetStream();
        var buffer = new byte[4096];
        var count = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), TestContext.Current.CancellationToken);
        return Encoding.ASCII.GetString(buffer, 0, count);
    }

    private static Dictionary<string, string> Through(TcpListener proxy)
    {
        var url = $"http://{proxy.LocalEndpoint}";
        return new(StringComparer.Ordinal) { ["http_proxy"] = url, ["https_proxy"] = url, ["all_proxy"] = url, ["no_proxy"] = "other.invalid", ["NO_PROXY"] = "other.invalid" };
    }

    private static Dictionary<string, string> Keys(string accessKey, string secretKey) =>
        new(StringComparer.Ordinal) { ["STAGEDOOR_ACCESS_KEY"] = accessKey, ["STAGEDOOR_SECRET_KEY"] = secretKey };

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
