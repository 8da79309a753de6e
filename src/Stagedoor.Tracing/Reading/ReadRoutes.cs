namespace Stagedoor.Tracing.Reading;

/// <summary>Where the reading interfaces are: as their readers expect them, and the same behind the project's id for those whose credential is for that one.</summary>
internal static class ReadRoutes
{
    /// <summary>What a path begins with, and what the name of its operation ends with.</summary>
    public static IReadOnlyList<(string Path, string Name)> Prefixes { get; } = [("", ""), ($"/p/{{{ReaderAdmission.PathParameter}}}", "OfProject")];
}
