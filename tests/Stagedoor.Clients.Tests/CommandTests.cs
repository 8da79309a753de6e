using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>The verbs beside <c>serve</c>, as a shell sees them.</summary>
public sealed class CommandTests : IDisposable
{
    private const string NotFound = "SVCSTG.SWR.4040058";
    private readonly TemporaryFolder _folder = new();

    private string Data => Path.Combine(_folder.Path, "data");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_doctor_looks_at_everything_and_makes_nothing()
    {
        var before = (await RunAsync("doctor", "--data", Data, "--urls", "http://127.0.0.1:0")).ShouldSucceed();
        Assert.False(Directory.Exists(Data));
        Assert.Contains("ok   installation: none yet", before.Output, StringComparison.Ordinal);
        await using var stagedoor = await StagedoorProcess.StartNewAsync();
        await stagedoor.StopAsync();
        var files = Directory.EnumerateFileSystemEntries(stagedoor.DataDirectory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();

        var result = (await RunAsync("doctor", "--data", stagedoor.DataDirectory, "--urls", "http://127.0.0.1:0")).ShouldSucceed();

        Assert.All(
            ["ok   settings: ", "ok   clock: ", "ok   port: ", "ok   data directory: ", "ok   database: ", "ok   blob store: ", "ok   installation: "],
            line => Assert.Contains(line, result.Output, StringComparison.Ordinal));
        Assert.All(["gateway.db", "images.db", "discovery.db"], name => Assert.Contains($"{name} can be read and written", result.Output, StringComparison.Ordinal));
        Assert.EndsWith("All is well.\n", result.Output, StringComparison.Ordinal);
        Assert.Equal(files, Directory.EnumerateFileSystemEntries(stagedoor.DataDirectory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_doctor_names_what_is_wrong_and_what_to_do()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        Directory.CreateDirectory(Data);
        await File.WriteAllTextAsync(Path.Combine(Data, "stagedoor.json"), """{"product":"stagedoor","format":1}""", Cancellation);
        await File.WriteAllTextAsync(Path.Combine(Data, "gateway.db"), new string('x', 8192), Cancellation);

        var result = await RunAsync("doctor", "--data", Data, "--urls", $"http://{other.LocalEndpoint}");

        result.ShouldFail("3 to mend");
        Assert.Contains("BAD  port: ", result.Output, StringComparison.Ordinal);
        Assert.Contains("choose another with --urls", result.Output, StringComparison.Ordinal);
        Assert.Contains("BAD  database: ", result.Output, StringComparison.Ordinal);
        Assert.Contains("restore", result.Output, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("serve")]
    [InlineData("doctor")]
    [InlineData("config")]
    [InlineData("health")]
    [InlineData("backup", "there")]
    [InlineData("admin", "user", "list")]
    [InlineData("admin", "account", "list")]
    public async Task A_variable_without_a_folder_is_told_in_a_line(params string[] line)
    {
        var result = await Tool.RunAsync(StagedoorProcess.Call(line) with
        {
            Folder = _folder.Path,
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["STAGEDOOR__Data"] = "" },
        });

        Assert.InRange(result.ExitCode, 1, 2);
        Assert.Contains("Data is empty", result.Output + result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task The_doctor_asks_a_running_installation()
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync();

        var result = (await RunAsync("doctor", "--data", stagedoor.DataDirectory, "--urls", stagedoor.Url)).ShouldSucceed();

        Assert.Matches($"ok   running: version [^ ]+ at {stagedoor.Url}, process [0-9]+, ready", result.Output);
        Assert.EndsWith("All is well.\n", result.Output, StringComparison.Ordinal);
        var images = Path.Combine(stagedoor.DataDirectory, "images.db");
        File.Move(images, images + ".away");
        (await RunAsync("doctor", "--data", stagedoor.DataDirectory)).ShouldFail("not ready: ");
        File.Move(images + ".away", images);
        Assert.True(stagedoor.IsRunning);
    }

    [Fact]
    public async Task A_folder_that_others_may_look_into_is_a_warning()
    {
        Tool.Require("chmod");
        Directory.CreateDirectory(Data);
        (await Tool.RunAsync("chmod", "755", Data)).ShouldSucceed();

        var result = (await RunAsync("doctor", "--data", Data, "--urls", "http://127.0.0.1:0")).ShouldSucceed();

        Assert.Contains("warn data directory: ", result.Output, StringComparison.Ordinal);
        Assert.Contains("chmod 700", result.Output, StringComparison.Ordinal);
        Assert.EndsWith("All is well, with a warning.\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_part_begins_anew_when_it_is_told_to()
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync();
        await stagedoor.StopAsync();
        string[] doctor = ["doctor", "--data", stagedoor.DataDirectory, "--urls", "http://127.0.0.1:0"];
        (await RunAsync([.. doctor, "--begin-anew", "images", "--yes"])).ShouldFail("is no part that is lost");
        foreach (var file in Directory.EnumerateFiles(stagedoor.DataDirectory, "images.db*"))
        {
            File.Delete(file);
        }

        (await RunAsync(doctor)).ShouldFail("The database of images");
        (await RunAsync([.. doctor, "--begin-anew", "images"])).ShouldSucceed();
        (await RunAsync(doctor)).ShouldFail("The database of images");
        (await RunAsync([.. doctor, "--begin-anew", "images", "--yes"])).ShouldSucceed();

        await stagedoor.StartAsync();
    }

    [Fact]
    public async Task The_store_is_compared_and_repaired_when_it_is_told_to()
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync();
        var image = TestImage.Create(1000);
        using (var registry = stagedoor.NewRegistryClient())
        {
            await registry.PushAsync("repair/app", "v1", image, BlobUpload.Monolithic);
        }

        await stagedoor.StopAsync();
        var blobs = Path.Combine(stagedoor.DataDirectory, "blobs");
        Directory.CreateDirectory(Path.Combine(blobs, "aside/2026-01-01"));
        Directory.Move(Path.Combine(blobs, "images"), Path.Combine(blobs, "aside/2026-01-01/images"));
        string[] repair = ["doctor", "--data", stagedoor.DataDirectory, "--repair-store"];

        var dry = (await RunAsync(repair)).ShouldSucceed();
        Assert.Contains("Nothing was changed", dry.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(blobs, "images")));
        var done = (await RunAsync([.. repair, "--yes"])).ShouldSucceed();

        Assert.DoesNotContain("0 put back", done.Output, StringComparison.Ordinal);
        await stagedoor.StartAsync();
        using var client = stagedoor.NewRegistryClient();
        Assert.Equal(image.Digest, await client.VerifyAsync("repair/app", "v1"));
    }

    [Fact]
    public async Task A_code_is_explained_in_both_languages()
    {
        var english = (await RunAsync("errors", "show", NotFound)).ShouldSucceed();
        var chinese = (await RunAsync("errors", "show", "4040058", "--lang", "zh")).ShouldSucceed();

        Assert.StartsWith($"{NotFound}  HTTP 404 Not Found  (Images)\n", english.Output, StringComparison.Ordinal);
        Assert.Contains("What to do", english.Output, StringComparison.Ordinal);
        Assert.Contains("处理", chinese.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("errors", "show", NotFound)]
    [InlineData("errors", "list")]
    [InlineData("errors", "search", "organization")]
    public async Task A_pipe_gets_no_colours(params string[] arguments)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["TERM"] = "xterm-256color", ["COLORTERM"] = "truecolor" };

        var result = (await Tool.RunAsync(StagedoorProcess.Call(arguments) with { Environment = environment })).ShouldSucceed();

        Assert.Contains(NotFound, result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', result.Output);
    }

    [Fact]
    public async Task Codes_are_listed_and_searched_one_to_a_line()
    {
        var all = (await RunAsync("errors", "list")).ShouldSucceed().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var images = (await RunAsync("errors", "list", "--service", "images")).ShouldSucceed().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var found = (await RunAsync("errors", "search", "organization", "exist")).ShouldSucceed().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.All(all, line => Assert.Equal(4, line.Split('\t').Length));
        Assert.InRange(images.Length, 1, all.Length - 1);
        Assert.Contains(found, line => line.StartsWith(NotFound, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("there is no code", "errors", "show", "SVCSTG.SWR.0")]
    [InlineData("", "errors", "search", "zzzzz")]
    [InlineData("", "errors", "list", "--service", "nothing")]
    [InlineData("--lang", "errors", "list", "--lang", "fr")]
    public async Task What_is_not_there_is_a_failure(string saying, params string[] arguments) => (await RunAsync(arguments)).ShouldFail(saying);

    [Theory]
    [InlineData("account", "create", "acme")]
    [InlineData("account", "list")]
    [InlineData("account", "disable", "stagedoor")]
    [InlineData("reset-password", "stagedoor", "admin")]
    public async Task Without_an_installation_there_is_nothing_to_administer(params string[] arguments)
    {
        var result = await AdminAsync(Data, arguments);

        result.ShouldFail("There is no installation in");
        Assert.StartsWith("stagedoor: ", result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
        Assert.Empty(result.Output);
        Assert.False(File.Exists(Path.Combine(Data, "first-run.json")));
    }

    [Fact]
    public async Task A_first_start_comes_after_a_refused_command_as_ever()
    {
        await using var stagedoor = new StagedoorProcess();
        (await AdminAsync(stagedoor.DataDirectory, "account", "create", "acme")).ShouldFail("There is no installation in");

        await stagedoor.StartAsync();

        Assert.Contains("This first start made an account", stagedoor.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_is_made_shut_out_and_let_in()
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync();
        await stagedoor.StopAsync();

        var made = (await AdminAsync(stagedoor.DataDirectory, "account", "create", "acme")).ShouldSucceed().Output;
        (await AdminAsync(stagedoor.DataDirectory, "account", "create", "acme")).ShouldFail("There is an account 'acme' already.");
        (await AdminAsync(stagedoor.DataDirectory, "account", "create", "7 dwarfs")).ShouldFail("cannot name an account");
        (await AdminAsync(stagedoor.DataDirectory, "account", "disable", "nobody")).ShouldFail("There is no account 'nobody'.");
        (await AdminAsync(stagedoor.DataDirectory, "account", "disable", "acme")).ShouldSucceed();
        var listed = (await AdminAsync(stagedoor.DataDirectory, "account", "list")).ShouldSucceed().Output;
        await stagedoor.StartAsync();
        var shut = await LogInAsync(stagedoor, Field(made, "registry"), LineAfter(made, "registry"));
        await stagedoor.StopAsync();
        (await AdminAsync(stagedoor.DataDirectory, "account", "enable", "acme")).ShouldSucceed();
        await stagedoor.StartAsync();
        var open = await LogInAsync(stagedoor, Field(made, "registry"), LineAfter(made, "registry"));

        Assert.Equal(2, listed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Matches("disabled  [0-9-]{10}  acme", listed);
        Assert.NotEqual(HttpStatusCode.OK, shut);
        Assert.Equal(HttpStatusCode.OK, open);
    }

    [Fact]
    public async Task Config_shows_each_setting_with_its_source_and_no_secret()
    {
        var file = Path.Combine(_folder.Path, "stagedoor.json");
        await File.WriteAllTextAsync(file, """{"Gateway":{"MasterKey":"aHVzaGh1c2hodXNoaHVzaGh1c2hodXNoaHVzaGh1c2g=","TokenHours":12}}""", Cancellation);
        var call = StagedoorProcess.Call("config", "--config", file, "--data", Data) with
        {
            Environment = new Dictionary<string, string> { ["STAGEDOOR__Images__MaxTagsPerRepository"] = "7" },
        };

        var shown = (await Tool.RunAsync(call)).ShouldSucceed().Output;

        Assert.Matches($"(?m)^Data +{Data} +option --data$", shown);
        Assert.Matches($"(?m)^Gateway:TokenHours +12 +file {file}$", shown);
        Assert.Matches("(?m)^Images:MaxTagsPerRepository +7 +variable STAGEDOOR__Images__MaxTagsPerRepository$", shown);
        Assert.Matches(@"(?m)^Gateway:MasterKey +\*{8} ", shown);
        Assert.Matches("(?m)^Images:UploadHours +24 +default$", shown);
        Assert.DoesNotContain("aHVzaGh1", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_in_addresses_are_shown_nowhere()
    {
        var call = StagedoorProcess.Call("config", "--data", Data) with
        {
            Environment = new Dictionary<string, string>
            {
                ["STAGEDOOR__Discovery__Quotas__Url"] = "http://user:hush@quota:9000",
                ["STAGEDOOR__ExternalUrl"] = "http://user:hush@stage.example",
                ["STAGEDOOR__Urls"] = "http://user:hush@127.0.0.1:8080",
                ["STAGEDOOR__Discovery__Listen"] = "http://user:hush@127.0.0.1:30100",
                ["STAGEDOOR__Storage__Blobs"] = "https://user:hush@s3.example",
                ["STAGEDOOR__Storage__Database"] = "Host=db;Password=hush",
                ["STAGEDOOR__Images"] = "http://user:hush@nowhere",
            },
        };

        var shown = await Tool.RunAsync(call);
        var started = await Tool.RunAsync(StagedoorProcess.Call("serve", "--data", Data) with { Environment = call.Environment });

        Assert.Matches(@"(?m)^Discovery:Quotas:Url +http://\*{8}@quota:9000 ", shown.Output);
        started.ShouldFail("STAGEDOOR__ExternalUrl is 'http://********@stage.example'; it is http:// or https:// with a host, no user and no path");
        foreach (var text in (string[])[shown.Output, shown.Error, started.Output, started.Error])
        {
            Assert.DoesNotContain("hush", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Config_shows_programs_the_same()
    {
        var call = StagedoorProcess.Call("config", "show", "--json", "--changed") with
        {
            Environment = new Dictionary<string, string> { ["STAGEDOOR__Gateway__MasterKey"] = "aHVzaGh1c2hodXNoaHVzaGh1c2hodXNoaHVzaGh1c2g=", ["STAGEDOOR__Images__UploadHours"] = "12" },
        };

        var shown = (await Tool.RunAsync(call)).Output;

        Assert.DoesNotContain("aHVzaGh1", shown, StringComparison.Ordinal);
        Assert.Equal(
            """[{"key":"Gateway:MasterKey","value":"********","source":"variable","from":"STAGEDOOR__Gateway__MasterKey","isSecret":true},{"key":"Images:UploadHours","value":"12","source":"variable","from":"STAGEDOOR__Images__UploadHours","isSecret":false}]""",
            JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>(shown)));
    }

    [Fact]
    public async Task Config_is_checked_without_a_look_at_the_data_folder()
    {
        Directory.CreateDirectory(Data);
        await File.WriteAllTextAsync(Path.Combine(Data, "thesis.txt"), "precious", Cancellation);
        var call = StagedoorProcess.Call("config", "check", "--data", Data) with
        {
            Environment = new Dictionary<string, string> { ["STAGEDOOR__Images__UploadHours"] = "0", ["STAGEDOOR__Imagse__UploadHours"] = "1" },
        };

        (await RunAsync("config", "check", "--data", Data)).ShouldSucceed();
        var checkedNow = await Tool.RunAsync(call);

        Assert.Equal((1, "2 settings are wrong.\n"), (checkedNow.ExitCode, checkedNow.Output));
        Assert.Contains("stagedoor: STAGEDOOR__Images__UploadHours is '0'; it must be a whole number from 1 to 720.\n", checkedNow.Error, StringComparison.Ordinal);
        Assert.Contains("stagedoor: STAGEDOOR__Imagse__UploadHours does not exist. Did you mean Images:UploadHours?", checkedNow.Error, StringComparison.Ordinal);
        Assert.Equal(["thesis.txt"], Directory.EnumerateFileSystemEntries(Data).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Config_prints_the_schema_of_the_file() => Assert.Equal(
        await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "docs", "settings.schema.json"), Cancellation),
        (await RunAsync("config", "schema")).ShouldSucceed().Output);

    [Fact]
    public async Task Config_of_changes_is_content_with_none()
    {
        var none = await Tool.RunAsync(StagedoorProcess.Call("config", "--changed"));
        var noneOfThese = await Tool.RunAsync(StagedoorProcess.Call("config", "--changed", "Images"));
        var noSuch = await Tool.RunAsync(StagedoorProcess.Call("config", "--changed", "NoSuchSetting"));

        Assert.Contains("every setting is at its default", none.ShouldSucceed().Error, StringComparison.Ordinal);
        Assert.Contains("every setting is at its default", noneOfThese.ShouldSucceed().Error, StringComparison.Ordinal);
        noSuch.ShouldFail("no setting has such a name");
    }

    [Fact]
    public async Task Config_tells_what_a_start_would_refuse_and_variables_that_do_nothing()
    {
        var call = StagedoorProcess.Call("config", "--urls", "8080", "Urls") with
        {
            Environment = new Dictionary<string, string> { ["STAGEDOOR_URLS"] = "http://127.0.0.1:1" },
        };

        var result = await Tool.RunAsync(call);

        result.ShouldFail("'8080' in --urls is no address to listen on");
        Assert.Contains("STAGEDOOR_URLS sets nothing: write STAGEDOOR__Urls", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_password_is_replaced()
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync();
        var (account, user, old) = (stagedoor.FirstRun.Domain, stagedoor.FirstRun.User, stagedoor.FirstRun.Password);
        await stagedoor.StopAsync();

        var password = (await AdminAsync(stagedoor.DataDirectory, "reset-password", account, user)).ShouldSucceed().Output.Trim();
        (await AdminAsync(stagedoor.DataDirectory, "reset-password", account, "nobody")).ShouldFail("There is no user 'nobody'");
        await stagedoor.StartAsync();

        Assert.Equal(HttpStatusCode.Created, await TokenAsync(stagedoor, account, user, password));
        Assert.Equal(HttpStatusCode.Unauthorized, await TokenAsync(stagedoor, account, user, old));
    }

    [Fact]
    public async Task A_running_installation_is_not_administered_behind_its_back()
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync();

        (await AdminAsync(stagedoor.DataDirectory, "account", "list")).ShouldFail("in use by another stagedoor");
    }

    [Fact]
    public async Task The_audit_log_is_verified_and_a_change_in_it_is_found()
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync();
        using (var client = stagedoor.NewRegistryClient())
        {
            await client.PushAsync("audit/app", "v1", TestImage.Opaque(100), BlobUpload.Monolithic);
        }

        Assert.Equal(0, await stagedoor.StopAsync());
        Assert.Contains("as they were written", (await AdminAsync(stagedoor.DataDirectory, "audit", "verify")).ShouldSucceed().Output, StringComparison.Ordinal);
        new Sabotage(Path.Combine(stagedoor.DataDirectory, "gateway.db")).Execute("UPDATE audit_record SET user_name = 'somebody'");

        (await AdminAsync(stagedoor.DataDirectory, "audit", "verify")).ShouldFail("was changed");
    }

    private static Task<ToolResult> RunAsync(params IEnumerable<string> arguments) => Tool.RunAsync(StagedoorProcess.Call(arguments));

    private static Task<ToolResult> AdminAsync(string data, params IEnumerable<string> arguments) => RunAsync(["admin", .. arguments, "--data", data]);

    private static string Field(string printed, string name) =>
        printed.Split('\n').Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Trim();

    private static string LineAfter(string printed, string name) =>
        printed.Split('\n').SkipWhile(line => !line.StartsWith(name, StringComparison.Ordinal)).Skip(1).First().Trim();

    private static async Task<HttpStatusCode> LogInAsync(StagedoorProcess stagedoor, string user, string key)
    {
        using var client = stagedoor.NewHttpClient();
        client.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{user}:{key}")));
        using var response = await client.GetAsync("/v2/", Cancellation);
        return response.StatusCode;
    }

    private static async Task<HttpStatusCode> TokenAsync(StagedoorProcess stagedoor, string account, string user, string password)
    {
        using var client = stagedoor.NewHttpClient();
        var named = new { name = user, password, domain = new { name = account } };
        using var response = await client.PostAsJsonAsync(
            "/v3/auth/tokens", new { auth = new { identity = new { methods = new[] { "password" }, password = new { user = named } } } }, Cancellation);
        return response.StatusCode;
    }
}
