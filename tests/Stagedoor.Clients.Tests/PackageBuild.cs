using System.Runtime.InteropServices;
using Stagedoor.Clients.Tests;
using Stagedoor.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(PackageBuild))]

namespace Stagedoor.Clients.Tests;

/// <summary>
/// The packages of what is checked out, made once by <c>eng/package.sh</c> in clones of it, when a test asks for them. Those of a folder that
/// <c>STAGEDOOR_PACKAGES</c> names are tested instead, as they are.
/// </summary>
public sealed class PackageBuild : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(20);
    private readonly TemporaryFolder _folder = new();
    private readonly Lock _turn = new();
    private Task<string>? _all;
    private Task<string>? _again;

    /// <summary>This machine's architecture, as the packages of archives are called by it.</summary>
    public static string Architecture => RuntimeInformation.OSArchitecture is System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "x64";

    /// <summary>The same, as Debian and images call it.</summary>
    public static string DebianArchitecture => Architecture is "x64" ? "amd64" : Architecture;

    /// <summary>The folder with all packages.</summary>
    public Task<string> AllAsync()
    {
        Require();
        lock (_turn)
        {
            return _all ??= Environment.GetEnvironmentVariable("STAGEDOOR_PACKAGES") is { Length: > 0 } made ? Task.FromResult(made) : MakeAsync("one");
        }
    }

    /// <summary>The folder of a second run at another path, with what takes the least time of this machine's architecture.</summary>
    public async Task<string> AgainAsync()
    {
        // One after the other: the second run uses the libraries that the first has downloaded.
        await AllAsync();
        Task<string> again;
        lock (_turn)
        {
            again = _again ??= MakeAsync("another/deeper", "--arch", Architecture, "framework", "deb", "image", "sbom");
        }

        return await again;
    }

    public void Dispose() => _folder.Dispose();

    private static void Require()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Packages are made on Linux.");
        Tool.Require("git", "jq", "dpkg-deb", "apt-get");
    }

    private async Task<string> MakeAsync(string name, params string[] arguments)
    {
        // With what is changed and not committed, as far as git knows the files.
        var changed = (await Tool.RunAsync("git", "-C", Checkout.Root, "stash", "create")).Output.Trim();
        var commit = changed.Length > 0 ? changed : "HEAD";
        var clone = Path.Combine(_folder.Path, name);
        var revision = (await Tool.RunAsync("git", "-C", Checkout.Root, "rev-parse", commit)).ShouldSucceed().Output.Trim();
        (await Tool.RunAsync("git", "clone", "--quiet", "--shared", "--no-checkout", Checkout.Root, clone)).ShouldSucceed();
        (await Tool.RunAsync("git", "-C", clone, "checkout", "--quiet", "--detach", revision)).ShouldSucceed();
        var work = Path.Combine(clone, "artifacts", "packages-work");
        var libraries = Path.Combine(Checkout.Root, "artifacts", "packages-work", "libraries");
        Directory.CreateDirectory(work);
        Directory.CreateDirectory(libraries);
        Directory.CreateSymbolicLink(Path.Combine(work, "libraries"), libraries);

        var made = await PackageAsync(clone, arguments);
        if (made.ExitCode != 0 && made.Error.Contains("--newest-libraries", StringComparison.Ordinal))
        {
            made = await PackageAsync(clone, ["--newest-libraries", .. arguments]);
        }

        made.ShouldSucceed();
        TestContext.Current.TestOutputHelper?.WriteLine(made.Error);
        return Path.Combine(clone, "artifacts", "packages");
    }

    private static Task<ToolResult> PackageAsync(string clone, string[] arguments) =>
        Tool.RunAsync(new ToolCall("bash", [Path.Combine(clone, "eng", "package.sh"), .. arguments]) { Folder = clone, Timeout = s_patience });
}
