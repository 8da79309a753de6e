using System.Xml.Linq;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Architecture;

/// <summary>What is pinned is used: a pin that nobody references ages unseen.</summary>
public sealed class PackageTests
{
    [Fact]
    public void Each_pinned_package_is_referenced_by_a_project()
    {
        var pinned = Names(Path.Combine(Checkout.Root, "Directory.Packages.props"), "PackageVersion").ToList();
        var used = new[] { "src", "tests", "bench" }
            .SelectMany(static folder => Directory.EnumerateFiles(Path.Combine(Checkout.Root, folder), "*.csproj", SearchOption.AllDirectories))
            .Append(Path.Combine(Checkout.Root, "Directory.Build.props"))
            .SelectMany(static file => Names(file, "PackageReference"));

        Assert.NotEmpty(pinned);
        Assert.Empty(pinned.Except(used, StringComparer.Ordinal));
    }

    private static IEnumerable<string> Names(string file, string element) =>
        XDocument.Load(file).Descendants(element).Select(static e => e.Attribute("Include")!.Value);
}
