using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>What is in the packages that <c>eng/package.sh</c> makes.</summary>
public sealed class PackageFileTests(PackageBuild build) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task There_is_one_for_each_way_to_install()
    {
        var packages = await build.AllAsync();
        var version = VersionOf(packages);

        (await Tool.RunAsync(new ToolCall("sha256sum", ["--check", "--strict", "SHA256SUMS"]) { Folder = packages })).ShouldSucceed();
        var listed = (await File.ReadAllLinesAsync(Path.Combine(packages, "SHA256SUMS"), TestContext.Current.CancellationToken)).Select(static l => l.Split("  ")[1]);

        string[] expected =
        [
            $"stagedoor-{version}-image.tar",
            $"stagedoor-{version}-linux-arm64-framework.tar.gz",
            $"stagedoor-{version}-linux-arm64.tar.gz",
            $"stagedoor-{version}-linux-x64-framework.tar.gz",
            $"stagedoor-{version}-linux-x64.tar.gz",
            $"stagedoor-{version}.cdx.json",
            $"stagedoor_{DebianVersion(version)}_amd64.deb",
            $"stagedoor_{DebianVersion(version)}_arm64.deb",
        ];
        Assert.Equal(expected, listed);
        Assert.Equal([.. expected.Append("SHA256SUMS").Order(StringComparer.Ordinal)], Directory.EnumerateFiles(packages).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("x64", "")]
    [InlineData("arm64", "")]
    [InlineData("x64", "-framework")]
    [InlineData("arm64", "-framework")]
    public async Task An_archive_has_the_program_and_what_a_service_needs(string architecture, string form)
    {
        var packages = await build.AllAsync();
        var name = $"stagedoor-{VersionOf(packages)}-linux-{architecture}{form}";

        var listed = (await Tool.RunAsync("tar", "--list", "--verbose", "--gzip", "--file", Path.Combine(packages, name + ".tar.gz"))).ShouldSucceed();

        Assert.Equal(
            [
                $"drwxr-xr-x 0/0 {name}/",
                $"-rw-r--r-- 0/0 {name}/LICENSE",
                $"-rwxr-xr-x 0/0 {name}/stagedoor",
                $"-rw-r--r-- 0/0 {name}/stagedoor.json",
                $"-rw-r--r-- 0/0 {name}/stagedoor.service",
            ],
            Lines(listed.Output).Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(static w => $"{w[0]} {w[1]} {w[^1]}"));
    }

    [Theory]
    [InlineData("amd64")]
    [InlineData("arm64")]
    public async Task The_Debian_package_has_its_files_in_their_places(string architecture)
    {
        var packages = await build.AllAsync();
        var file = Path.Combine(packages, $"stagedoor_{DebianVersion(VersionOf(packages))}_{architecture}.deb");

        var listed = (await Tool.RunAsync("dpkg-deb", "--contents", file)).ShouldSucceed();
        var field = (await Tool.RunAsync("dpkg-deb", "--field", file, "Architecture")).ShouldSucceed();
        var settings = (await Tool.RunAsync("dpkg-deb", "--info", file, "conffiles")).ShouldSucceed();

        Assert.Equal(architecture, field.Output.Trim());
        Assert.Equal("/etc/stagedoor/stagedoor.json", settings.Output.Trim());
        Assert.Equal(
            """
            -rw-r--r-- root/root ./etc/stagedoor/stagedoor.json
            -rw-r--r-- root/root ./lib/systemd/system/stagedoor.service
            lrwxrwxrwx root/root ./usr/bin/stagedoor -> ../lib/stagedoor/stagedoor
            -rw-r--r-- root/root ./usr/lib/stagedoor/libe_sqlite3.so
            -rwxr-xr-x root/root ./usr/lib/stagedoor/stagedoor
            -rw-r--r-- root/root ./usr/share/doc/stagedoor/changelog.gz
            -rw-r--r-- root/root ./usr/share/doc/stagedoor/copyright
            -rw-r--r-- root/root ./usr/share/lintian/overrides/stagedoor
            -rw-r--r-- root/root ./usr/share/man/man1/stagedoor.1.gz
            """.ReplaceLineEndings("\n"),
            string.Join('\n', Lines(listed.Output).Where(static line => line[0] is not 'd').Select(static line => line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries))
                .Select(static w => $"{w[0]} {w[1]} {w[5]}").OrderBy(static l => l[(l.IndexOf('.', StringComparison.Ordinal))..], StringComparer.Ordinal)));
    }

    [Fact]
    public async Task Debians_own_check_finds_nothing_wrong_with_it()
    {
        Tool.Require("lintian");
        var packages = await build.AllAsync();

        var file = Path.Combine(packages, $"stagedoor_{DebianVersion(VersionOf(packages))}_{PackageBuild.DebianArchitecture}.deb");
        var result = await Tool.RunAsync("lintian", "--allow-root", "--fail-on", "error,warning", file);

        result.ShouldSucceed();
    }

    [Fact]
    public async Task The_service_managers_own_check_accepts_the_unit()
    {
        Tool.Require("systemd-analyze");
        var unit = Path.Combine(_folder.Path, "stagedoor.service");
        var text = await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "eng", "packaging", "stagedoor.service"), TestContext.Current.CancellationToken);
        // Any program will do that is here.
        await File.WriteAllTextAsync(unit, text.Replace("/usr/bin/stagedoor", "/bin/sh", StringComparison.Ordinal).Replace("man:stagedoor(1)", "man:sh(1)", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        var result = (await Tool.RunAsync("systemd-analyze", "verify", "--man=no", unit)).ShouldSucceed();

        Assert.DoesNotContain("stagedoor.service", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_shows_the_unit_as_it_is()
    {
        var unit = await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "eng", "packaging", "stagedoor.service"), TestContext.Current.CancellationToken);
        var page = await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "docs", "install.md"), TestContext.Current.CancellationToken);

        Assert.Contains($"```ini\n{unit}```\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_bill_of_materials_names_version_license_and_hash_of_each_part()
    {
        var packages = await build.AllAsync();
        var file = Path.Combine(packages, $"stagedoor-{VersionOf(packages)}.cdx.json");

        using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));

        Assert.Equal("CycloneDX", document.RootElement.GetProperty("bomFormat").GetString());
        var parts = document.RootElement.GetProperty("components").EnumerateArray().ToList();
        Assert.All(parts, static part =>
        {
            Assert.NotEmpty(part.GetProperty("version").GetString()!);
            Assert.Matches("^[0-9a-f]{64,128}$", part.GetProperty("hashes")[0].GetProperty("content").GetString()!);
        });
        Assert.All(parts.Where(static p => p.GetProperty("purl").GetString()!.StartsWith("pkg:nuget/", StringComparison.Ordinal)), static part => Assert.Single(part.GetProperty("licenses").EnumerateArray()));
        var names = parts.Select(static p => p.GetProperty("name").GetString()!).ToList();
        Assert.All(
            ["Npgsql", "Dapper", "AWSSDK.S3", "Microsoft.NETCore.App.Runtime.linux-x64", "Microsoft.AspNetCore.App.Runtime.linux-arm64", "libssl3", "ca-certificates"],
            name => Assert.Contains(name, names));
        Assert.DoesNotContain(names, static name => name.Contains("Analyzer", StringComparison.Ordinal));
    }

    internal static string VersionOf(string packages)
    {
        var name = Assert.Single(Directory.EnumerateFiles(packages, "*.cdx.json").Select(Path.GetFileName))!;
        return name["stagedoor-".Length..^".cdx.json".Length];
    }

    // What comes before a release is less than it, for Debian too.
    internal static string DebianVersion(string version)
    {
        var at = version.IndexOf('-', StringComparison.Ordinal);
        return at < 0 ? version : $"{version[..at]}~{version[(at + 1)..]}";
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
