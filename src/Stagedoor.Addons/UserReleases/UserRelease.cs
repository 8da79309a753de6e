using System.Globalization;
using System.Text.RegularExpressions;
using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Releases;
using Stagedoor.Background.Jobs;

namespace Stagedoor.Addons.UserReleases;

/// <summary>A release of a chart that was asked for here.</summary>
internal sealed partial record UserRelease
{
    public string Id { get; init; } = "";

    public string DomainId { get; init; } = "";

    public string ProjectId { get; init; } = "";

    public string ClusterId { get; init; } = "";

    public string Namespace { get; init; } = "";

    public string Name { get; init; } = "";

    /// <summary>What is under way, one of <see cref="InstanceOperation"/>; empty for nothing.</summary>
    public string Operation { get; init; } = "";

    /// <summary>One of <see cref="ReleaseStatus"/>: that of the latest revision.</summary>
    public string Status { get; init; } = "";

    public string Message { get; init; } = "";

    /// <summary>The revision that is there, or shall be.</summary>
    public long Revision { get; init; }

    /// <summary>Counts the operations that were begun and ended: whoever works for an older one can change nothing any more.</summary>
    public long Generation { get; init; }

    public long CreatedAt { get; init; }

    public long UpdatedAt { get; init; }

    /// <summary>The job that works for the operation that is under way: without it nothing is changed. No part of the release.</summary>
    public Job? Job { get; init; }

    public bool IsBusy => Operation.Length > 0;

    public ReleaseKey Key => new(Namespace, Name);

    /// <summary>What the job of the operation is found by.</summary>
    public string WorkKey => string.Create(CultureInfo.InvariantCulture, $"{Id}/{Generation}");

    /// <summary>Whether a release may be called so: Helm's rule.</summary>
    public static bool IsValidName(string name) => name.Length is > 0 and <= 53 && NamePattern().IsMatch(name);

    /// <summary>Whether Kubernetes takes it for a namespace.</summary>
    public static bool IsValidNamespace(string name) => name.Length is > 0 and <= 63 && LabelPattern().IsMatch(name);

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", RegexOptions.NonBacktracking)]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.NonBacktracking)]
    private static partial Regex LabelPattern();
}

/// <summary>One of the states that a release was brought to.</summary>
internal sealed record UserRevision
{
    public string ReleaseId { get; init; } = "";

    public long Number { get; init; }

    /// <summary>The chart that it was made of; empty where that is not known.</summary>
    public string ChartId { get; init; } = "";

    public string ChartName { get; init; } = "";

    public string ChartVersion { get; init; } = "";

    /// <summary>What was asked for beside the values, as JSON.</summary>
    public string Parameters { get; init; } = "{}";

    public string ValuesJson { get; init; } = "{}";

    /// <summary>The record of the release (<see cref="ReleaseCodec"/>).</summary>
    public string Record { get; init; } = "";

    public string Description { get; init; } = "";

    /// <summary>One of <see cref="ReleaseStatus"/>.</summary>
    public string Status { get; init; } = "";

    public long CreatedAt { get; init; }
}

/// <summary>What a job of a release has to know.</summary>
/// <param name="ReleaseId">The release.</param>
/// <param name="Generation">Which operation of it.</param>
/// <param name="RunsHooks">Whether its hooks are run.</param>
/// <param name="After">The key of the operation that was under way before, and must have ended.</param>
internal sealed record ReleaseWork(string ReleaseId, long Generation, bool RunsHooks, string? After);
