using System.Net;
using System.Net.Sockets;
using Stagedoor.Serve;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Serve;

public sealed class StartupProblemTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Data => Path.Combine(_folder.Path, "data");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_busy_port_is_one_line()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var problem = await FailAsync(new() { Data = Data, Urls = $"http://{other.LocalEndpoint}" });

        Assert.Contains("address already in use", problem, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("--urls", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_is_not_ours_is_left_alone()
    {
        Directory.CreateDirectory(Data);
        await File.WriteAllTextAsync(Path.Combine(Data, "thesis.txt"), "precious", TestContext.Current.CancellationToken);

        var problem = await FailAsync(new() { Data = Data });

        Assert.Contains("was not made by stagedoor", problem, StringComparison.Ordinal);
        Assert.Single(Directory.EnumerateFileSystemEntries(Data));
    }

    [Fact]
    public async Task A_file_is_no_data_directory()
    {
        await File.WriteAllTextAsync(Data, "", TestContext.Current.CancellationToken);

        Assert.Contains("is a file", await FailAsync(new() { Data = Data }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_processes_do_not_share_a_data_directory()
    {
        await using var app = await StagedoorApp.StartAsync();

        Assert.Contains("in use by another stagedoor", await FailAsync(new() { Data = app.DataDirectory }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Images:MaxOrganizationsPerAccount", "0", "MaxOrganizationsPerAccount")]
    [InlineData("Images:MaxOrganizationsPerAccount", "many", "MaxOrganizationsPerAccount")]
    [InlineData("Storage:Database", "oracle", "Database")]
    [InlineData("Storage:Blobs", "tape", "Blobs")]
    [InlineData("Images:MaxOrganizationsPerUser", "1", "MaxOrganizationsPerUser")]
    [InlineData("Images:Collector:Interval", "1", "Images:Collector:Interval")]
    [InlineData("Imagse:MaxOrganizationsPerAccount", "1", "Imagse")]
    public async Task A_wrong_setting_is_named(string key, string value, string named)
    {
        var problem = await FailAsync(new() { Data = Data, Overrides = new Dictionary<string, string?> { [key] = value } });

        Assert.Contains(named, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("8080")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("http://127.0.0.1:8080/base")]
    [InlineData("")]
    public async Task An_address_that_cannot_be_listened_on_is_refused(string urls) =>
        Assert.Contains("address to listen on", await FailAsync(new() { Data = Data, Urls = urls }), StringComparison.Ordinal);

    [Fact]
    public async Task Https_without_a_certificate_says_what_is_missing() =>
        Assert.Contains("Tls:Certificate", await FailAsync(new() { Data = Data, Urls = "https://127.0.0.1:0" }), StringComparison.Ordinal);

    [Fact]
    public async Task A_missing_configuration_file_is_named() =>
        Assert.Contains("nowhere.json", await FailAsync(new() { Data = Data, Config = "nowhere.json" }), StringComparison.Ordinal);

    [Fact]
    public async Task A_configuration_file_that_is_not_json_is_named()
    {
        var file = Path.Combine(_folder.Path, "broken.json");
        await File.WriteAllTextAsync(file, "{", TestContext.Current.CancellationToken);

        Assert.Contains("broken.json", await FailAsync(new() { Data = Data, Config = file }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_cannot_be_reached_is_named_without_its_password()
    {
        using var unused = new TcpListener(IPAddress.Loopback, 0);
        unused.Start();
        var port = ((IPEndPoint)unused.LocalEndpoint).Port;
        unused.Stop();

        var problem = await FailAsync(new()
        {
            Data = Data,
            Overrides = new Dictionary<string, string?>
            {
                ["Storage:Database"] = "postgresql",
                ["Storage:PostgreSql"] = $"Host=127.0.0.1;Port={port};Username=u;Password=hushhush;Database=d;Timeout=2",
            },
        });

        Assert.Contains($"127.0.0.1", problem, StringComparison.Ordinal);
        Assert.Contains(port.ToString(System.Globalization.CultureInfo.InvariantCulture), problem, StringComparison.Ordinal);
        Assert.DoesNotContain("hushhush", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/proc/foo", "nothing can be made there")]
    [InlineData("/sys/foo", "permission is denied")]
    public async Task A_folder_that_cannot_be_made_is_named_with_the_way_out(string folder, string reason)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "These folders are Linux's.");

        var problem = await FailAsync(new() { Data = folder });

        Assert.StartsWith($"The data directory {folder} cannot be written: {reason}", problem, StringComparison.Ordinal);
        Assert.EndsWith("or name another with --data.", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_another_machine_is_named_with_the_way_out()
    {
        var problem = await FailAsync(new() { Data = Data, Urls = "http://192.0.2.1:8080" });

        Assert.StartsWith("Cannot listen on http://192.0.2.1:8080: this machine has no such address.", problem, StringComparison.Ordinal);
        Assert.Contains("--urls", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_that_needs_a_right_is_named_with_the_right()
    {
        var refused = new SocketException((int)SocketError.AccessDenied);

        var alone = StartFailure.Explain(refused, ["http://127.0.0.1:8080", "https://0.0.0.0:443"]);
        var wrapped = StartFailure.Explain(new IOException("Failed to bind", refused), ["http://localhost:80"]);

        Assert.StartsWith("Cannot listen on https://0.0.0.0:443: permission is denied. Ports below 1024 need a right", alone, StringComparison.Ordinal);
        Assert.Contains("CAP_NET_BIND_SERVICE", wrapped, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("No space left on device : '/x'", "its disk is full")]
    [InlineData("Read-only file system : '/x'", "mounted read-only")]
    [InlineData("Input/output error", "Input/output error. Check")]
    public void A_disk_that_cannot_be_written_says_why(string message, string reason) =>
        Assert.Contains(reason, StartFailure.Reason(new IOException(message)), StringComparison.Ordinal);

    private static async Task<string> FailAsync(ServeSettings settings)
    {
        var complete = settings.Urls is null ? settings with { Urls = "http://127.0.0.1:0" } : settings;
        var e = await Assert.ThrowsAsync<StartupException>(
            () => StagedoorHost.StartAsync(complete, static _ => { }, TestContext.Current.CancellationToken));
        Assert.DoesNotContain('\n', e.Message);
        return e.Message;
    }
}
