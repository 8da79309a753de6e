using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Releases;

/// <summary>What is kept of a revision of a release.</summary>
internal sealed record ReleaseRecord
{
    public required ReleaseKey Key { get; init; }

    public required int Revision { get; init; }

    /// <summary>One of <see cref="ReleaseStatus"/>.</summary>
    public required string Status { get; init; }

    public string Description { get; init; } = "";

    public required DateTimeOffset FirstDeployed { get; init; }

    public required DateTimeOffset LastDeployed { get; init; }

    public string Notes { get; init; } = "";

    /// <summary>The chart, as <see cref="RecordedChart"/> writes it.</summary>
    public required GoMap Chart { get; init; }

    /// <summary>The values of the user.</summary>
    public GoMap Config { get; init; } = [];

    /// <summary>The objects, as they were applied.</summary>
    public required string Manifest { get; init; }

    /// <summary>The custom resource definitions. Helm has no place for those of charts in a chart, so they have one of their own.</summary>
    public IReadOnlyList<RenderedFile> CustomResources { get; init; } = [];

    public IReadOnlyList<RecordedHook> Hooks { get; init; } = [];

    /// <summary>The add-on instance that it belongs to; empty where it is a user's own release.</summary>
    public string OwnerId { get; init; } = "";
}
