namespace Stagedoor.Images.Sharing;

/// <summary>A share as the API shows it.</summary>
/// <param name="Namespace">The organization.</param>
/// <param name="Repository">What of it is shared.</param>
/// <param name="AccessDomain">With which account.</param>
/// <param name="Permit">What that may do: <c>read</c>.</param>
/// <param name="Deadline">Until when: <c>forever</c> or a time.</param>
/// <param name="Description">What somebody has said about it.</param>
/// <param name="CreatorId">Who has shared it.</param>
/// <param name="CreatorName">The user's name.</param>
/// <param name="Created">When it was shared.</param>
/// <param name="Updated">When that was changed.</param>
/// <param name="Status">Whether the deadline is still to come.</param>
internal sealed record Share(
    string Namespace,
    string Repository,
    string AccessDomain,
    string Permit,
    string Deadline,
    string Description,
    string CreatorId,
    string CreatorName,
    string Created,
    string Updated,
    bool Status)
{
    /// <summary>The only permission that another account can have.</summary>
    public const string Read = "read";

    /// <summary>The most characters of a description.</summary>
    public const int MaxDescription = 1_000;
}
