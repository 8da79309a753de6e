using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>The executable's start and end, as a shell or a service manager sees them.</summary>
public sealed class StartupTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Data => Path.Combine(_folder.Path, "data");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_first_start_leaves_the_keys_with_its_owner_alone()
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync();
        var file = Path.Combine(stagedoor.DataDirectory, "first-run.json");

        using var keys = JsonDocument.Parse(await File.ReadAllBytesAsync(file, Cancellation));

        Assert.Equal(
            "url domain domainId project projectId user userId password accessKey secretKey registryUser registryKey",
            string.Join(' ', keys.RootElement.EnumerateObject().Select(p => p.Name)));
        Assert.Equal(stagedoor.Url, keys.RootElement.GetProperty("url").GetString());
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task It_stops_when_asked_and_starts_again_with_the_same_keys()
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync();
        var (url, key) = (stagedoor.Url, stagedoor.FirstRun.AccessKey);

        Assert.Equal(0, await stagedoor.StopAsync());
        await stagedoor.StartAsync();

        Assert.Equal((url, key), (stagedoor.Url, stagedoor.FirstRun.AccessKey));
        using var registry = stagedoor.NewRegistryClient();
        using var response = await registry.SendAsync(HttpMethod.Get, "/v2/", null);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_busy_port_is_named()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        await ShouldRefuseAsync("address already in use", Serve(Data, $"http://{other.LocalEndpoint}"));
    }

    [Fact]
    public async Task A_data_directory_that_cannot_be_made_is_named() =>
        await ShouldRefuseAsync("/proc/stagedoor cannot be written", Serve("/proc/stagedoor"));

    [Fact]
    public async Task A_data_directory_of_someone_else_is_left_alone()
    {
        Directory.CreateDirectory(Data);
        await File.WriteAllTextAsync(Path.Combine(Data, "thesis.txt"), "precious", Cancellation);

        await ShouldRefuseAsync("was not made by stagedoor", Serve(Data));

        Assert.Single(Directory.EnumerateFileSystemEntries(Data));
    }

    [Fact]
    public async Task A_second_process_on_the_same_data_is_refused()
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync();

        await ShouldRefuseAsync("in use by another stagedoor", Serve(stagedoor.DataDirectory));

        Assert.True(stagedoor.IsRunning);
    }

    [Theory]
    [InlineData("STAGEDOOR__Images__MaxOrganizationsPerAccount", "0", "MaxOrganizationsPerAccount")]
    [InlineData("STAGEDOOR__Images__MaxOrganizationsPerAccount", "many", "MaxOrganizationsPerAccount")]
    [InlineData("STAGEDOOR__Storage__Database", "oracle", "Database")]
    [InlineData("STAGEDOOR__Imagse__AutoCreateOrganization", "false", "Imagse")]
    public async Task A_wrong_setting_is_named(string variable, string value, string named) =>
        await ShouldRefuseAsync(named, Serve(Data) with { Environment = new Dictionary<string, string>(StringComparer.Ordinal) { [variable] = value } });

    [Fact]
    public async Task A_wrong_address_is_named() => await ShouldRefuseAsync("'8080' in --urls is no address", Serve(Data, "8080"));

    [Fact]
    public async Task A_certificate_that_is_not_there_is_named() => await ShouldRefuseAsync(
        "nowhere.pem",
        Serve(Data, "https://127.0.0.1:0") with
        {
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["STAGEDOOR__Tls__Certificate"] = Path.Combine(_folder.Path, "nowhere.pem"),
                ["STAGEDOOR__Tls__Key"] = Path.Combine(_folder.Path, "nowhere.key"),
            },
        });

    [Theory]
    [InlineData("serve --dta x", "stagedoor serve has no option --dta. Did you mean --data?")]
    [InlineData("serve --port=1", "stagedoor serve has no option --port. There are:")]
    [InlineData("sevre", "Did you mean stagedoor serve?")]
    [InlineData("dashboard", "There are: serve, admin")]
    [InlineData("admin acount list", "Did you mean stagedoor admin account?")]
    [InlineData("doctor now", "stagedoor doctor does not know what to do with 'now'")]
    [InlineData("errors list --service imagez", "images")]
    [InlineData("errors show", "CODE")]
    [InlineData("serve --data", "--data")]
    [InlineData("errors show nothing", "stagedoor errors search WORDS")]
    [InlineData("errors show 40000970", "there is no code")]
    [InlineData("errors search zzzz", "no error has the words 'zzzz'")]
    public async Task A_wrong_line_is_answered_with_the_right_one(string line, string told)
    {
        var result = await Tool.RunAsync(StagedoorProcess.Call(line.Split(' ')));

        result.ShouldFail(told);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("", "serve")]
    [InlineData("help", "serve")]
    [InlineData("help serve", "--urls")]
    [InlineData("help admin account", "create")]
    [InlineData("admin", "account")]
    [InlineData("errors", "search")]
    public async Task Who_asks_for_help_in_whatever_way_gets_it(string line, string shown)
    {
        var result = (await Tool.RunAsync(StagedoorProcess.Call(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))).ShouldSucceed();

        Assert.Contains(shown, result.Output, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }

    [Theory]
    [InlineData("quota", "en")]
    [InlineData("smartctl", "en")]
    [InlineData("磁盘", "en")]
    [InlineData("canonicalRequest clock", "en")]
    public async Task A_search_shows_the_words_that_it_found(string words, string language)
    {
        var result = (await Tool.RunAsync(StagedoorProcess.Call(["errors", "search", .. words.Split(' '), "--lang", language]))).ShouldSucceed();

        Assert.All(
            result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            hit => Assert.All(words.Split(' '), word => Assert.Contains(word, hit, StringComparison.OrdinalIgnoreCase)));
    }

    [Fact]
    public async Task Help_lists_the_verbs_and_the_options()
    {
        var root = (await Tool.RunAsync(StagedoorProcess.Call("--help"))).ShouldSucceed();
        var serve = (await Tool.RunAsync(StagedoorProcess.Call("serve", "--help"))).ShouldSucceed();

        Assert.Contains("serve", root.Output, StringComparison.Ordinal);
        Assert.All(["--data", "--urls", "--config"], option => Assert.Contains(option, serve.Output, StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Dispose();

    private static ToolCall Serve(string data, string urls = "http://127.0.0.1:0") => StagedoorProcess.Call("serve", "--data", data, "--urls", urls);

    /// <summary>It ends at once, with one line that says this.</summary>
    private static async Task ShouldRefuseAsync(string saying, ToolCall call)
    {
        var result = (await Tool.RunAsync(call)).ShouldFail(saying);
        // Lines of the log begin with the time.
        var told = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static line => !char.IsAsciiDigit(line[0])).ToList();
        Assert.True(told is [['s', 't', 'a', 'g', 'e', 'd', 'o', 'o', 'r', ':', ..]], result.ToString());
        Assert.Empty(result.Output);
    }
}
