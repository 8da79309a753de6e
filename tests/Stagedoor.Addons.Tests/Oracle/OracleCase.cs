using Stagedoor.Testing;

namespace Stagedoor.Addons.Tests.Oracle;

/// <summary>One template of the files in <c>Oracle/Cases</c>, with the values of <c>Oracle/values.yaml</c>.</summary>
internal sealed record OracleCase(string File, int Number, string Template, bool IsStrict)
{
    private const string StrictMark = "#strict\n";

    public static string Folder { get; } = Path.Combine(Checkout.Root, "tests", "Stagedoor.Addons.Tests", "Oracle");

    public static string Values { get; } = System.IO.File.ReadAllText(Path.Combine(Folder, "values.yaml"));

    public static IReadOnlyList<string> Files { get; } =
        [.. Directory.EnumerateFiles(Path.Combine(Folder, "Cases"), "*.txt").Select(static f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal)];

    public static List<OracleCase> Read(string file) =>
        [.. System.IO.File.ReadAllText(Path.Combine(Folder, "Cases", file + ".txt")).TrimEnd('\n').Split("\n%%\n").Select((text, i) => text.StartsWith(StrictMark, StringComparison.Ordinal)
            ? new OracleCase(file, i + 1, text[StrictMark.Length..], true) : new OracleCase(file, i + 1, text, false))];
}
