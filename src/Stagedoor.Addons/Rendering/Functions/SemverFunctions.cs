using Stagedoor.Addons.Charts;

namespace Stagedoor.Addons.Rendering.Functions;

/// <summary>Versions.</summary>
internal static class SemverFunctions
{
    public static void AddTo(FunctionTable.Builder all) => all
        .Add("semver", "s", static a => ChartVersion.Parse((string)a[0]!) ?? throw Invalid())
        .Add("semverCompare", "ss", static a =>
            (VersionRange.Parse((string)a[0]!) ?? throw new FunctionException($"improper constraint: {a[0]}"))
            .Contains(ChartVersion.Parse((string)a[1]!) ?? throw Invalid()));

    private static FunctionException Invalid() => new("Invalid Semantic Version");
}
