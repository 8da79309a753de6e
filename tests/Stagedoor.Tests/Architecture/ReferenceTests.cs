using System.Xml.Linq;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Architecture;

/// <summary>Compares the project references with the table that the design allows.</summary>
public sealed class ReferenceTests
{
    // A project that is not here needs a decision first: docs/adr.
    private static readonly Dictionary<string, string[]> s_allowed = new(StringComparer.Ordinal)
    {
        ["Core"] = [],
        ["Errors"] = [],
        ["Storage"] = [],
        ["Storage.Sqlite"] = ["Storage"],
        ["Storage.PostgreSql"] = ["Storage"],
        ["Storage.FileSystem"] = ["Storage"],
        ["Storage.S3"] = ["Storage"],
        ["Identity"] = ["Core", "Storage"],
        ["Content"] = ["Core", "Storage"],
        ["Background"] = ["Core", "Storage"],
        ["Http"] = ["Core", "Errors", "Storage", "Background"],
        ["Gateway"] = ["Http", "Identity"],
        ["Iam"] = ["Http", "Identity", "Content", "Background"],
        ["Images"] = ["Http", "Identity", "Content", "Background"],
        ["Discovery"] = ["Http", "Identity", "Content", "Background"],
        ["Monitoring"] = ["Http", "Identity", "Content", "Background"],
        ["Tracing"] = ["Http", "Identity", "Content", "Background"],
        ["Addons"] = ["Http", "Identity", "Content", "Background"],
        ["Console"] = ["Core", "Errors"],
    };

    // Decided, and not begun.
    private static readonly string[] s_planned = ["Console"];

    public static TheoryData<string> Projects =>
        [.. Directory.EnumerateFiles(Path.Combine(Checkout.Root, "src"), "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_the_table_allows(string project)
    {
        var name = Path.GetFileNameWithoutExtension(project);
        var references = XDocument.Load(project).Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value))
            .ToList();

        if (name == "Stagedoor")
        {
            return;
        }

        var allowed = s_allowed[name["Stagedoor.".Length..]].Select(a => "Stagedoor." + a);
        Assert.Empty(references.Except(allowed, StringComparer.Ordinal));
    }

    [Fact]
    public void The_table_holds_the_projects_that_there_are() => Assert.Empty(
        s_allowed.Keys.Except(s_planned, StringComparer.Ordinal)
            .Except(Projects.Select(static p => Path.GetFileNameWithoutExtension(p.Data)["Stagedoor".Length..].TrimStart('.')), StringComparer.Ordinal));

    [Fact]
    public void The_executable_is_made_of_all_of_them_and_only_it_names_an_engine()
    {
        var names = ProductAssemblies.All.ToDictionary(ProductAssemblies.NameOf, static a => a, StringComparer.Ordinal);

        Assert.Empty(s_allowed.Keys.Except(s_planned, StringComparer.Ordinal).Except(names.Keys, StringComparer.Ordinal));
        Assert.All(names.Where(static n => n.Key is not ""), static n => Assert.DoesNotContain(
            n.Value.GetReferencedAssemblies(), static r => r.Name!.StartsWith("Stagedoor.Storage.", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = File.ReadAllText(Path.Combine(Checkout.Root, "Stagedoor.slnx"));

        var missing = new[] { "src", "tests", "bench" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Checkout.Root, folder), "*.csproj", SearchOption.AllDirectories))
            .Select(p => Path.GetRelativePath(Checkout.Root, p).Replace('\\', '/'))
            .Where(p => !solution.Contains($"\"{p}\"", StringComparison.Ordinal));

        Assert.Empty(missing);
    }
}
