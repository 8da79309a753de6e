using System.Buffers;

namespace Stagedoor.Tracing.Queries;

/// <summary>The project in the paths of the query API.</summary>
internal static class ProjectId
{
    /// <summary>What the original's examples have for the caller's own project.</summary>
    public const string Zero = "0";

    private const int Length = 32;

    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789abcdef");

    /// <summary>Whether it is the id of a project, by its form: 32 lower-case hexadecimal digits.</summary>
    public static bool IsWellFormed(string id) => id.Length == Length && !id.AsSpan().ContainsAnyExcept(s_digits);
}
