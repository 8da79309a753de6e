namespace Stagedoor.Errors.Tests;

/// <summary>The checked-out repository that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string GoldenFolder => Path.Combine(Root, "tests", "Stagedoor.Errors.Tests", "Golden");

    public static string ErrorDocs => Path.Combine(Root, "docs", "errors");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Stagedoor.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"{AppContext.BaseDirectory} does not lie in a checkout of Stagedoor.");
    }
}
