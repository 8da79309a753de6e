using Microsoft.AspNetCore.Http;

namespace Stagedoor.Images.Manifests;

/// <summary>What a push says must hold of the manifest that it replaces: <c>If-Match</c> and <c>If-None-Match</c> (RFC 9110 section 13.1).</summary>
/// <param name="Match">The first; empty for none.</param>
/// <param name="NoneMatch">The second; empty for none.</param>
internal readonly record struct Precondition(string Match, string NoneMatch)
{
    public static Precondition Of(HttpRequest request) => new(request.Headers.IfMatch.ToString(), request.Headers.IfNoneMatch.ToString());

    /// <summary>Whether it holds for what is there now.</summary>
    /// <param name="digest">What the reference points to; null for nothing.</param>
    public bool Holds(string? digest) =>
        (string.IsNullOrEmpty(Match) || (digest is not null && EntityTags.MatchStrongly(Match, digest)))
        && (string.IsNullOrEmpty(NoneMatch) || digest is null || !EntityTags.Match(NoneMatch, digest));
}
