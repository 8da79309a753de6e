namespace Stagedoor.Testing;

/// <summary>Where the sources are.</summary>
public static class Checkout
{
    /// <summary>The folder of <c>Stagedoor.slnx</c>.</summary>
    public static string Root { get; } = Find(new(AppContext.BaseDirectory));

    private static string Find(DirectoryInfo? folder) =>
        folder is null ? throw new InvalidOperationException($"No Stagedoor.slnx above {AppContext.BaseDirectory}.")
        : File.Exists(Path.Combine(folder.FullName, "Stagedoor.slnx")) ? folder.FullName
        : Find(folder.Parent);
}
