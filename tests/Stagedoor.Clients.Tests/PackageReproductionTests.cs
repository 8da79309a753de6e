using System.Security.Cryptography;
using System.Text.Json;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>
/// The same commit, checked out at two places, gives the same bytes. The second time this machine's architecture alone is built, and of the archives only
/// the smaller one; the other architecture and archive come out of the same steps.
/// </summary>
public sealed class PackageReproductionTests(PackageBuild build)
{

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Archive_and_Debian_package_are_the_same_bytes()
    {
        var (one, other) = (await build.AllAsync(), await build.AgainAsync());
        var version = PackageFileTests.VersionOf(one);
        string[] names = [$"stagedoor-{version}-linux-{PackageBuild.Architecture}-framework.tar.gz", $"stagedoor_{PackageFileTests.DebianVersion(version)}_{PackageBuild.DebianArchitecture}.deb"];

        foreach (var name in names)
        {
            Assert.Equal((name, await HashAsync(Path.Combine(one, name))), (name, await HashAsync(Path.Combine(other, name))));
        }
    }

    [Fact]
    public async Task The_image_of_an_architecture_is_the_same_bytes()
    {
        Assert.Equal(await ImageAsync(await build.AllAsync()), await ImageAsync(await build.AgainAsync()));
    }

    private static async Task<string> HashAsync(string file)
    {
        await using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, Cancellation));
    }

    // The digest of a manifest is that of all that it names.
    private static async Task<string> ImageAsync(string packages)
    {
        var archive = Path.Combine(packages, $"stagedoor-{PackageFileTests.VersionOf(packages)}-image.tar");
        using var entry = JsonDocument.Parse((await Tool.RunAsync("tar", "-xOf", archive, "index.json")).ShouldSucceed().Output);
        var digest = Assert.Single(entry.RootElement.GetProperty("manifests").EnumerateArray()).GetProperty("digest").GetString()!.Split(':')[1];
        using var index = JsonDocument.Parse((await Tool.RunAsync("tar", "-xOf", archive, $"blobs/sha256/{digest}")).ShouldSucceed().Output);
        return index.RootElement.GetProperty("manifests").EnumerateArray()
            .Single(static m => m.GetProperty("platform").GetProperty("architecture").ValueEquals(PackageBuild.DebianArchitecture))
            .GetProperty("digest").GetString()!;
    }
}
