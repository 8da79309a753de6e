using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Releases;

/// <summary>For what a plan is made.</summary>
internal sealed record ReleaseOrder
{
    public required ReleaseKey Key { get; init; }

    public required int Revision { get; init; }

    public required Chart Chart { get; init; }

    /// <summary>The values of the user.</summary>
    public required GoMap Config { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>When the first revision was made; <c>null</c> where this is it.</summary>
    public DateTimeOffset? FirstDeployed { get; init; }

    /// <summary>The add-on instance that it belongs to; empty where it is a user's own release.</summary>
    public string OwnerId { get; init; } = "";

    public string Description { get; init; } = "";

    /// <inheritdoc cref="ReleasePlan.Conflicts"/>
    public string Conflicts { get; init; } = "overwrite";
}
