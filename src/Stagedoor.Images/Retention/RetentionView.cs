using System.Text.Json.Serialization;

namespace Stagedoor.Images.Retention;

/// <summary>A rule of a repository as the API shows it.</summary>
/// <remarks>
/// DryRun: What it would delete now; only where that was asked for.
/// </remarks>
internal sealed record RetentionView(
    long Id,
    string Algorithm,
    IReadOnlyList<RetentionRule> Rules,
    string Scope,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RetentionPreview? DryRun)
{
    public static RetentionView Of(RetentionRow row, RetentionPreview? dryRun = null) => new(row.Id, row.Algorithm, RetentionRule.Read(row.Rules), "", dryRun);
}

/// <summary>What a rule would do.</summary>
/// <remarks>
/// Total: How many tags would go.
/// Tags: The first of them, in the order in which they would go.
/// KeptTotal: How many would go, were they not exempt or in use.
/// Kept: The first of them.
/// </remarks>
internal sealed record RetentionPreview(long Total, IReadOnlyList<PreviewedTag> Tags, long KeptTotal, IReadOnlyList<PreviewedTag> Kept);

/// <summary>A tag that would go, or why it would not.</summary>
internal sealed record PreviewedTag(string Tag, string Digest, string Updated, string Reason);
