using System.Text.RegularExpressions;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>What a person reads on the terminal when the registry refuses: the cause, the way out, the code, its page and the request.</summary>
public sealed partial class PrintedErrorTests(PrintedErrorTests.Fixture fixture, DockerDaemon docker) : IClassFixture<PrintedErrorTests.Fixture>, IClassFixture<DockerDaemon>
{
    private static readonly (string Command, string Reference, bool LoggedIn, string Fact, string Code)[] s_refusals =
    [
        ("push", "app:1", true, "write HOST/ORGANIZATION/REPOSITORY:TAG, 'app' has no organization", "4001028"),
        ("push", "third/app:1", true, "quota exceeded: 2 of 2 organizations", "4000097"),
        ("push", "third/app:1", true, "the setting is Images:MaxOrganizationsPerAccount", "4000097"),
        ("push", "first/third:1", true, "quota exceeded: 2 of 2 repositories", "5007019"),
        ("push", "first/app:2", true, "quota exceeded: 1 of 1 tags", "4000099"),
        ("pull", "first/app:absent", true, "manifest unknown: absent", "4041056"),
        ("pull", "first/absent:1", true, "repository name not known to registry: first/absent", "4040010"),
        ("pull", "absent/app:1", true, "organization not known to registry", "4041061"),
        ("pull", "first/app:1", false, "log in with PROJECT@ACCESSKEY as the user and the login key", "4010000"),
    ];

    public static TheoryData<string, string, bool, string, string> Refusals
    {
        get
        {
            var table = new TheoryData<string, string, bool, string, string>();
            foreach (var (command, reference, loggedIn, fact, code) in s_refusals)
            {
                table.Add(command, reference, loggedIn, fact, code);
            }

            return table;
        }
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Skopeo_prints_the_cause_and_the_way_out(string command, string reference, bool loggedIn, string fact, string code)
    {
        Tool.Require("skopeo");
        var remote = $"docker://{fixture.Stagedoor.Host}/{reference}";
        string[] credentials = loggedIn ? ["--creds", fixture.Stagedoor.Credentials] : ["--no-creds"];
        string[] arguments = command is "pull"
            ? ["inspect", "--tls-verify=false", .. credentials, remote]
            : ["copy", "--dest-tls-verify=false", "--dest-creds", fixture.Stagedoor.Credentials, fixture.Source, remote];

        Check(await Tool.RunAsync("skopeo", arguments), fact, code);
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Podman_prints_the_cause_and_the_way_out(string command, string reference, bool loggedIn, string fact, string code)
    {
        Tool.Require("podman");
        Assert.SkipUnless((await PodmanAsync("images")).ExitCode == 0, "podman does not work for this user");
        string[] credentials = loggedIn ? ["--creds", fixture.Stagedoor.Credentials] : [];
        var remote = $"{fixture.Stagedoor.Host}/{reference}";
        if (command is "push")
        {
            (await PodmanAsync("import", "--quiet", fixture.Archive, remote)).ShouldSucceed();
        }

        Check(await PodmanAsync([command, "--tls-verify=false", .. credentials, remote]), fact, code);
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Docker_prints_the_cause_and_the_way_out(string command, string reference, bool loggedIn, string fact, string code)
    {
        Assert.SkipWhen(docker.Absence is not null, docker.Absence ?? "");
        var host = fixture.Stagedoor.Host;
        (await docker.DockerAsync(loggedIn
            ? new("docker", ["login", "--username", fixture.Stagedoor.FirstRun.RegistryUser, "--password-stdin", host]) { Input = fixture.Stagedoor.FirstRun.RegistryKey }
            : new("docker", ["logout", host]))).ShouldSucceed();
        if (command is "push")
        {
            (await docker.DockerAsync(new("docker", ["import", fixture.Archive, $"{host}/{reference}"]))).ShouldSucceed();
        }

        Check(await docker.DockerAsync(new("docker", [command, $"{host}/{reference}"])), fact, code);
    }

    [Fact]
    public async Task A_wrong_password_is_told_by_docker()
    {
        Assert.SkipWhen(docker.Absence is not null, docker.Absence ?? "");
        foreach (var user in (string[])["admin", fixture.Stagedoor.FirstRun.RegistryUser])
        {
            var result = await docker.DockerAsync(
                new("docker", ["login", "--username", user, "--password-stdin", fixture.Stagedoor.Host]) { Input = "wrong" });
            Check(result, "user and password are not PROJECT@ACCESSKEY and its login key", "4000031");
        }
    }

    private static void Check(ToolResult result, string fact, string code)
    {
        result.ShouldFail(fact);
        result.ShouldFail($"SVCSTG.SWR.{code}");
        result.ShouldFail($"/errors/{code}");
        Assert.Matches(RequestPattern(), $"{result.Error}\n{result.Output}");
    }

    private Task<ToolResult> PodmanAsync(params IReadOnlyList<string> arguments) => Tool.RunAsync(new ToolCall(
        "podman",
        [
            "--root", Path.Combine(fixture.Folder, "root"), "--runroot", Path.Combine(fixture.Folder, "run"), "--storage-driver", "vfs",
            "--cgroup-manager", "cgroupfs", "--events-backend", "none", .. arguments,
        ])
    {
        Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["REGISTRY_AUTH_FILE"] = Path.Combine(fixture.Folder, "auth.json") },
    });

    [GeneratedRegex("request [0-9a-f]{32}", RegexOptions.NonBacktracking)]
    private static partial Regex RequestPattern();

    /// <summary>An installation that is full: two organizations, two repositories, one tag in each.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        private readonly TemporaryFolder _folder = new();

        public StagedoorProcess Stagedoor { get; } = new();

        public string Folder => _folder.Path;

        /// <summary>An image to push, as skopeo names it.</summary>
        public string Source { get; private set; } = "";

        /// <summary>A root file system to import into docker and podman.</summary>
        public string Archive => Path.Combine(Folder, "root.tar");

        public async ValueTask InitializeAsync()
        {
            await Stagedoor.StartAsync(
                ("Images__AutoCreateOrganization", "true"),
                ("Images__MaxOrganizationsPerAccount", "2"),
                ("Images__MaxRepositoriesPerAccount", "2"),
                ("Images__MaxTagsPerRepository", "1"));
            using var registry = Stagedoor.NewRegistryClient();
            await registry.PushAsync("first/app", "1", TestImage.Create(100), BlobUpload.Monolithic);
            await registry.PushAsync("second/app", "1", TestImage.Create(100), BlobUpload.Monolithic);
            var layout = await OciLayout.CreateAsync(Path.Combine(Folder, "source"));
            await layout.AddAsync("v1", TestImage.Create(1000));
            Source = layout.Reference("v1");
            await File.WriteAllTextAsync(Path.Combine(Folder, "auth.json"), "{}", TestContext.Current.CancellationToken);
            await File.WriteAllBytesAsync(Archive, TestImage.Tar(10_000), TestContext.Current.CancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            await Stagedoor.DisposeAsync();
            _folder.Dispose();
        }
    }
}
