using System.Diagnostics.CodeAnalysis;

namespace Stagedoor.Gateway.Signing;

/// <summary>The one path that a request is routed, authorized and forwarded by, or why there is none.</summary>
/// <param name="Path">The path, decoded once. A permitted encoded slash stays <c>%2F</c>: it separates nothing.</param>
/// <param name="Problem">What is wrong with the target.</param>
/// <param name="IsQueryProblem">Whether the path is good and only the query is not.</param>
/// <param name="IsTextProblem">Its escapes are well formed and no UTF-8.</param>
internal readonly record struct NormalizedTarget(string? Path, string? Problem, bool IsQueryProblem = false, bool IsTextProblem = false)
{
    [MemberNotNullWhen(true, nameof(Path))]
    [MemberNotNullWhen(false, nameof(Problem))]
    public bool IsValid => Path is not null;
}
