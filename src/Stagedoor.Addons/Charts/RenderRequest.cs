using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Charts;

/// <summary>What a chart is rendered with.</summary>
internal sealed record RenderRequest
{
    public required string ReleaseName { get; init; }

    public required string Namespace { get; init; }

    public int Revision { get; init; } = 1;

    /// <summary>Whether there is a release already.</summary>
    public bool IsUpgrade { get; init; }

    /// <summary>The values of the user, above those of the chart.</summary>
    public required GoMap Values { get; init; }

    public required Capabilities Capabilities { get; init; }

    /// <summary>Asks the cluster what a template looks up; <c>null</c> is an answer for what is not there. Without one every answer is an empty map.</summary>
    public Func<LookupKey, CancellationToken, Task<GoMap?>>? Lookup { get; init; }
}
