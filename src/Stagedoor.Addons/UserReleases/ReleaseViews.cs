using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Addons.Requests;

namespace Stagedoor.Addons.UserReleases;

/// <summary>A release as answers have it. <c>Parameters</c>, <c>Resources</c> and <c>Values</c> are JSON as text; <c>Version</c> is the revision.</summary>
internal sealed record ReleaseView(
    string ChartName, bool ChartPublic, string ChartVersion, string ClusterId, string ClusterName, string CreateAt, string Description, string Name, string Namespace,
    string Parameters, string Resources, string Status, string StatusDescription, string UpdateAt, string Values, int Version);

/// <summary>One of the objects of a release.</summary>
/// <param name="ApiVersion">Its apiVersion.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Namespace">Its namespace; empty where it has none.</param>
/// <param name="Name">Its name.</param>
/// <param name="Ready">Whether it is as it should be; left out where nobody has looked.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Manifest">What it shall be.</param>
internal sealed record ReleaseResource(
    [property: JsonPropertyName("apiVersion")] string ApiVersion, string Kind, string Namespace, string Name, bool? Ready, string? Message, RawJson Manifest);

/// <summary>A release that shall be.</summary>
internal sealed record CreateReleaseRequest(
    string? ChartId, string? Name, string? Namespace, string? Version, string? Description, ReleaseParameters? Parameters, JsonElement? Values);

/// <summary>What a release shall be changed to.</summary>
internal sealed record UpdateReleaseRequest(string? ChartId, string? Action, ReleaseParameters? Parameters, JsonElement? Values);

/// <summary>How a release is made or changed.</summary>
/// <param name="DryRun">It is only rendered.</param>
/// <param name="NameTemplate">The name, where it is not given.</param>
/// <param name="NoHooks">Hooks are not run.</param>
/// <param name="Replace">A release of that name is replaced whose install has failed.</param>
/// <param name="Recreate">Of Helm 2; it changes nothing.</param>
/// <param name="ResetValues">The values are those of the request alone.</param>
/// <param name="ReleaseVersion">The revision to go back to; 0 for the one before.</param>
/// <param name="IncludeHooks">Whether hooks stand among what is shown.</param>
internal sealed record ReleaseParameters(
    bool? DryRun = null, string? NameTemplate = null, bool? NoHooks = null, bool? Replace = null, bool? Recreate = null, bool? ResetValues = null, int? ReleaseVersion = null,
    bool? IncludeHooks = null);
