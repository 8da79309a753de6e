using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Addons.Requests;
using Stagedoor.Addons.Templates;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Instances;

/// <summary>An install or an upgrade.</summary>
internal sealed record InstanceRequest(string? Kind, string? ApiVersion, InstanceRequestMetadata? Metadata, InstanceRequestSpec? Spec);

/// <summary>Its metadata; what else there is of it is not looked at.</summary>
internal sealed record InstanceRequestMetadata(Dictionary<string, string>? Annotations);

/// <summary>What shall be there.</summary>
internal sealed record InstanceRequestSpec
{
    public string? Version { get; init; }

    [JsonPropertyName("clusterID")]
    public string? ClusterId { get; init; }

    public string? AddonTemplateName { get; init; }

    public JsonElement? Values { get; init; }
}

/// <summary>A rollback.</summary>
internal sealed record RollbackRequest
{
    [JsonPropertyName("clusterID")]
    public string? ClusterId { get; init; }
}

/// <summary>An instance as answers have it.</summary>
internal sealed record InstanceView(string Kind, string ApiVersion, InstanceMetadata Metadata, InstanceSpec Spec, InstanceState Status);

/// <summary>Its metadata.</summary>
internal sealed record InstanceMetadata(string Uid, string Name, string? Alias, Dictionary<string, string>? Annotations, string CreationTimestamp, string UpdateTimestamp);

/// <summary>What it is.</summary>
internal sealed record InstanceSpec(
    [property: JsonPropertyName("clusterID")] string ClusterId, string Version, string AddonTemplateName, string AddonTemplateType, string AddonTemplateLogo,
    [property: Schema("""{"type":"array","items":{"type":"string"}}""")] RawJson AddonTemplateLabels, string Description,
    [property: Schema("""{"type":"object"}""")] RawJson Values);

/// <summary>How it is.</summary>
internal sealed record InstanceState(
    string Status, [property: JsonPropertyName("Reason")] string Reason, string Message,
    [property: Schema("""{"type":["array","null"],"items":{"type":"string"}}""")] RawJson TargetVersions, bool IsRollbackable, string? PreviousVersion,
    CurrentVersion CurrentVersion);

/// <summary>The version that is there, without the clusters that it is for, as the service has always answered.</summary>
internal sealed record CurrentVersion(
    string Version, [property: Schema("""{"type":"object"}""")] RawJson Input, bool Stable, [property: Schema("""{"type":"object"}""")] RawJson Translate,
    [property: Schema("""{"type":["array","null"],"items":{"type":"object"}}""")] RawJson SupportVersions, string CreationTimestamp, string UpdateTimestamp)
{
    public static CurrentVersion Of(AddonVersion version) => new(
        version.Version, new(version.Input), version.Stable != 0, new(version.Translate), new("null"), RequestBody.Time(version.CreatedAt), RequestBody.Time(version.UpdatedAt));
}

/// <summary>Several.</summary>
internal sealed record InstanceList(string Kind, string ApiVersion, IReadOnlyList<InstanceView> Items);
