using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Each package of this machine's architecture, installed and started as it is meant to be, and the main job done with it: an image pushed and pulled.</summary>
public sealed partial class PackageRunTests(PackageBuild build) : IDisposable
{
    private const string State = "/var/lib/stagedoor";
    private const string Settings = "/etc/stagedoor";

    // One of this process's own, so that the real ports can be used.
    private static readonly string s_host = string.Create(CultureInfo.InvariantCulture, $"127.{77 + (Environment.ProcessId % 100)}.{Environment.ProcessId / 256 % 256}.{(Environment.ProcessId % 254) + 1}");
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("-framework")]
    public async Task The_file_of_an_archive_serves(string form)
    {
        var packages = await build.AllAsync();
        var name = $"stagedoor-{PackageFileTests.VersionOf(packages)}-linux-{PackageBuild.Architecture}{form}";
        (await Tool.RunAsync("tar", "-C", _folder.Path, "-xzf", Path.Combine(packages, name + ".tar.gz"))).ShouldSucceed();
        var data = Path.Combine(_folder.Path, "data");
        await using var stagedoor = new StagedoorProcess
        {
            DataDirectory = data,
            Program = [Path.Combine(_folder.Path, name, "stagedoor"), "serve", "--data", data, "--urls", "http://127.0.0.1:0"],
            Before = $"export HOME='{_folder.Path}'",
        };

        await stagedoor.StartAsync();

        await DoTheMainJobAsync(stagedoor, name);
    }

    [Fact]
    public async Task The_Debian_package_installs_serves_upgrades_and_goes()
    {
        Tool.Require("dpkg", "setpriv", "prlimit");
        Assert.SkipUnless(Environment.UserName is "root", "Only root installs packages.");
        Assert.SkipWhen(
            Directory.Exists(State) || Directory.Exists(Settings) || (await Tool.RunAsync("getent", "passwd", "stagedoor")).ExitCode == 0,
            "There is a stagedoor on this machine already, and this test would remove it.");
        var packages = await build.AllAsync();
        var file = Path.Combine(packages, $"stagedoor_{PackageFileTests.DebianVersion(PackageFileTests.VersionOf(packages))}_{PackageBuild.DebianArchitecture}.deb");
        try
        {
            await DpkgAsync("--install", file);
            Assert.Equal($"700 stagedoor stagedoor {State}", await StatAsync(State));
            Assert.Equal($"640 root stagedoor {Settings}/stagedoor.json", await StatAsync($"{Settings}/stagedoor.json"));
            (await Tool.RunAsync("stagedoor", "config", "--config", $"{Settings}/stagedoor.json")).ShouldSucceed();
            var version = (await Tool.RunAsync("stagedoor", "--version")).ShouldSucceed().Output;
            Assert.StartsWith(PackageFileTests.VersionOf(packages), version, StringComparison.Ordinal);
            await using (var stagedoor = await ServiceAsync())
            {
                stagedoor.Set(("Urls", $"http://{s_host}:80"), ("Discovery:Listen", "30100"));
                await stagedoor.StartAsync();
                await DoTheMainJobAsync(stagedoor, "the Debian package");
                Assert.Equal(0, await stagedoor.StopAsync());
            }

            // A setting of the owner's stays, and what was pushed as well.
            await File.AppendAllTextAsync($"{Settings}/stagedoor.json", "// mine\n", Cancellation);
            await DpkgAsync("--install", file);
            Assert.EndsWith("// mine\n", await File.ReadAllTextAsync($"{Settings}/stagedoor.json", Cancellation), StringComparison.Ordinal);
            await using (var stagedoor = await ServiceAsync())
            {
                stagedoor.Set(("Urls", $"http://{s_host}:80"));
                await stagedoor.StartAsync();
                using var registry = stagedoor.NewRegistryClient();
                Assert.Equal(["v1"], await registry.ListTagsAsync("packages/main-job"));
                Assert.Equal(0, await stagedoor.StopAsync());
            }

            await DpkgAsync("--remove", "stagedoor");
            Assert.Null(Tool.Find("stagedoor"));
            Assert.True(File.Exists($"{State}/first-run.json"));
            Assert.True(File.Exists($"{Settings}/stagedoor.json"));
        }
        finally
        {
            await DpkgAsync("--purge", "stagedoor");
        }

        Assert.False(Directory.Exists(State));
        Assert.False(Directory.Exists(Settings));
        Assert.NotEqual(0, (await Tool.RunAsync("getent", "passwd", "stagedoor")).ExitCode);
        Assert.NotEqual(0, (await Tool.RunAsync("getent", "group", "stagedoor")).ExitCode);
    }

    [Fact]
    public async Task The_image_is_pushed_into_a_server_pulled_and_serves_itself()
    {
        Tool.Require("skopeo", "unshare", "chroot");
        Assert.SkipUnless(Environment.UserName is "root", "Only root unpacks an image with its owners, and starts what is in it.");
        var packages = await build.AllAsync();
        var version = PackageFileTests.VersionOf(packages);
        await using var registry = await StagedoorProcess.StartNewAsync();
        (await Tool.RunAsync(
            "skopeo", "--insecure-policy", "copy", "--all", "--preserve-digests", "--dest-tls-verify=false", "--dest-creds", registry.Credentials,
            $"oci-archive:{packages}/stagedoor-{version}-image.tar", $"docker://{registry.Host}/packages/stagedoor:{version}")).ShouldSucceed();
        using var index = JsonDocument.Parse((await Tool.RunAsync(
            "skopeo", "inspect", "--raw", "--tls-verify=false", "--creds", registry.Credentials, $"docker://{registry.Host}/packages/stagedoor:{version}")).ShouldSucceed().Output);
        Assert.Equal(
            ["amd64", "arm64"],
            index.RootElement.GetProperty("manifests").EnumerateArray().Select(static m => m.GetProperty("platform").GetProperty("architecture").GetString()).Order(StringComparer.Ordinal));

        var root = Path.Combine(_folder.Path, "root");
        var config = await UnpackAsync(registry, version, root);

        Assert.Equal("65532:65532", config.GetProperty("User").GetString());
        Assert.True(config.GetProperty("Volumes").TryGetProperty("/data", out _));
        Assert.Equal(["16686/tcp", "30100/tcp", "4317/tcp", "4318/tcp", "8080/tcp", "9411/tcp"], config.GetProperty("ExposedPorts").EnumerateObject().Select(static p => p.Name).Order(StringComparer.Ordinal));
        Assert.Equal("CMD /usr/bin/stagedoor health", Words(config.GetProperty("Healthcheck").GetProperty("Test")));
        Assert.Equal($"700 UNKNOWN UNKNOWN {root}/data", await StatAsync($"{root}/data"));
        var variables = config.GetProperty("Env").EnumerateArray().Select(static v => v.GetString()!).ToList();
        Directory.CreateDirectory($"{root}/proc");
        Directory.CreateDirectory($"{root}/dev");
        // With what every runtime of containers gives: /proc and /dev.
        var enter = $"mount --rbind /proc '{root}/proc' && mount --rbind /dev '{root}/dev' && exec {Tool.Find("chroot")} --userspec={config.GetProperty("User").GetString()} '{root}' \"$@\"";
        string[] inside =
        [
            "env", "-i", .. variables, $"STAGEDOOR__Urls=http://{s_host}:8081", .. ListenerSettings.OffInEnvironment().Select(static v => $"{v.Key}={v.Value}"),
            Tool.Find("unshare")!, "--mount", "/bin/sh", "-c", enter, "image",
        ];
        await using (var stagedoor = new StagedoorProcess
        {
            DataDirectory = $"{root}/data",
            Program = [.. inside, .. Words(config.GetProperty("Entrypoint")).Split(' '), .. Words(config.GetProperty("Cmd")).Split(' ')],
        })
        {
            await stagedoor.StartAsync();
            await DoTheMainJobAsync(stagedoor, "the image");
            (await Tool.RunAsync(inside[0], [.. inside[1..], "/usr/bin/stagedoor", "health", "--ready"])).ShouldSucceed();
            Assert.Equal(0, await stagedoor.StopAsync());
        }

        Assert.NotEqual(0, (await Tool.RunAsync(inside[0], [.. inside[1..], "/usr/bin/stagedoor", "health"])).ExitCode);
    }

    private static string Words(JsonElement list) => string.Join(' ', list.EnumerateArray().Select(static w => w.GetString()));

    // The unit's command line, with its user, variables, limits and rights, as far as they can be had without systemd.
    private static async Task<StagedoorProcess> ServiceAsync()
    {
        var unit = await File.ReadAllTextAsync("/lib/systemd/system/stagedoor.service", Cancellation);
        var wanted = int.Parse(Directives(unit, "LimitNOFILE").Single(), CultureInfo.InvariantCulture);
        var allowed = (await Tool.RunAsync("sh", "-c", "ulimit -Hn")).ShouldSucceed().Output.Trim();
        var descriptors = allowed is "unlimited" ? wanted : Math.Min(wanted, int.Parse(allowed, CultureInfo.InvariantCulture));
        string[] command =
        [
            "env", .. Directives(unit, "Environment"), "HOME=/var/lib/stagedoor",
            "prlimit", string.Create(CultureInfo.InvariantCulture, $"--nofile={descriptors}"),
            "setpriv", $"--reuid={Directives(unit, "User").Single()}", $"--regid={Directives(unit, "Group").Single()}", "--init-groups", "--no-new-privs",
            "--inh-caps=-all,+net_bind_service", "--ambient-caps=-all,+net_bind_service", "--bounding-set=-all,+net_bind_service",
            .. Directives(unit, "ExecStart").Single().Split(' '),
        ];
        return new() { DataDirectory = State, Program = command };
    }

    private static IEnumerable<string> Directives(string unit, string name) =>
        Directive().Matches(unit).Where(m => m.Groups["name"].Value == name).Select(static m => m.Groups["value"].Value);

    private async Task<JsonElement> UnpackAsync(StagedoorProcess registry, string version, string root)
    {
        var layout = Path.Combine(_folder.Path, "pulled");
        (await Tool.RunAsync(
            "skopeo", "--insecure-policy", "copy", "--src-tls-verify=false", "--src-creds", registry.Credentials,
            $"docker://{registry.Host}/packages/stagedoor:{version}", $"oci:{layout}:one")).ShouldSucceed();
        using var manifest = await BlobAsync(layout, await OciLayout.Read(layout).DigestOfAsync("one"));
        Directory.CreateDirectory(root);
        foreach (var layer in manifest.RootElement.GetProperty("layers").EnumerateArray())
        {
            (await Tool.RunAsync(
                "tar", "--numeric-owner", "--same-owner", "--preserve-permissions", "-C", root, "-xzf",
                Path.Combine(layout, "blobs", "sha256", layer.GetProperty("digest").GetString()!.Split(':')[1]))).ShouldSucceed();
        }

        using var config = await BlobAsync(layout, manifest.RootElement.GetProperty("config").GetProperty("digest").GetString()!);
        return config.RootElement.GetProperty("config").Clone();
    }

    private static async Task<JsonDocument> BlobAsync(string layout, string digest) =>
        JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(layout, "blobs", "sha256", digest.Split(':')[1]), Cancellation));

    private static async Task<string> StatAsync(string path) => (await Tool.RunAsync("stat", "-c", "%a %U %G %n", path)).ShouldSucceed().Output.Trim();

    private static async Task DpkgAsync(params string[] arguments) => (await Tool.RunAsync(new ToolCall("dpkg", arguments)
    {
        Environment = new Dictionary<string, string> { ["DEBIAN_FRONTEND"] = "noninteractive" },
    })).ShouldSucceed();

    private async Task DoTheMainJobAsync(StagedoorProcess stagedoor, string what)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what} served after {stagedoor.StartTime.TotalMilliseconds:0} ms"));
        Tool.Require("skopeo");
        var image = TestImage.Create(10_000, 300_000);
        var source = await OciLayout.CreateAsync(Path.Combine(_folder.Path, "source"));
        await source.AddAsync("v1", image);
        var target = Path.Combine(_folder.Path, "target");
        var login = Path.Combine(_folder.Path, "login.json");
        (await Tool.RunAsync(new ToolCall("skopeo", ["login", "--tls-verify=false", "--authfile", login, "-u", stagedoor.FirstRun.RegistryUser, "--password-stdin", stagedoor.Host])
        {
            Input = stagedoor.FirstRun.RegistryKey,
        })).ShouldSucceed();

        (await Tool.RunAsync("skopeo", "--insecure-policy", "copy", "--authfile", login, "--dest-tls-verify=false", source.Reference("v1"), $"docker://{stagedoor.Host}/packages/main-job:v1")).ShouldSucceed();
        (await Tool.RunAsync("skopeo", "--insecure-policy", "copy", "--authfile", login, "--src-tls-verify=false", $"docker://{stagedoor.Host}/packages/main-job:v1", $"oci:{target}:v1")).ShouldSucceed();

        Assert.Equal(image.Digest, await OciLayout.Read(target).DigestOfAsync("v1"));
    }

    [GeneratedRegex(@"^(?<name>[A-Za-z]+)=(?<value>.*)$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Directive();
}
