using System.Diagnostics.CodeAnalysis;

namespace Stagedoor.Gateway.Signing;

/// <summary>The one path that a request is routed, authorized and forwarded by, or why there is none.</summary>
/// <param name="Path">The path, decoded once. A permitted encoded slash stays <c>%2F</c>: it separates nothing.</param>
/// <param name="Problem">What is wrong with the target.</param>
internal readonly record struct NormalizedTarget(string? Path, string? Problem)
{
    [MemberNotNullWhen(true, nameof(Path))]
    [MemberNotNullWhen(false, nameof(Problem))]
    public bool IsValid => Path is not null;
}
