using System.Text.Json;
using Stagedoor.Addons.Requests;

namespace Stagedoor.Addons.Clusters;

/// <summary>A cluster as a request has it.</summary>
internal sealed record ClusterRequest(string? Kind, string? ApiVersion, ClusterRequestMetadata? Metadata, JsonElement? Spec);

/// <summary>Its metadata.</summary>
internal sealed record ClusterRequestMetadata(string? Name, string? Alias, Dictionary<string, string>? Labels, Dictionary<string, string>? Annotations);

/// <summary>A cluster as answers have it.</summary>
internal sealed record ClusterView(string Kind, string ApiVersion, ClusterMetadata Metadata, JsonElement Spec, ClusterStatus Status)
{
    public static ClusterView Of(Cluster cluster, string? installed = null)
    {
        var annotations = Texts(cluster.Annotations) ?? [];
        if (installed is not null)
        {
            annotations["installedAddonInstances"] = installed;
        }

        return new(
            "Cluster",
            "v3",
            new(
                cluster.Id, cluster.Name, cluster.Alias.Length > 0 ? cluster.Alias : null, Texts(cluster.Labels), annotations.Count > 0 ? annotations : null,
                RequestBody.Time(cluster.CreatedAt), RequestBody.Time(cluster.UpdatedAt)),
            JsonSerializer.Deserialize(cluster.Spec, AddonsJson.Wire.JsonElement),
            new(
                cluster.Phase, cluster.Reason.Length > 0 ? cluster.Reason : null, cluster.Message.Length > 0 ? cluster.Message : null,
                cluster.Endpoint.Length > 0 ? [new(cluster.Endpoint, "Internal")] : []));
    }

    private static Dictionary<string, string>? Texts(string json) =>
        JsonSerializer.Deserialize(json, AddonsJson.Wire.DictionaryStringString) is { Count: > 0 } texts ? texts : null;
}

/// <summary>Its metadata.</summary>
internal sealed record ClusterMetadata(
    string Uid, string Name, string? Alias, Dictionary<string, string>? Labels, Dictionary<string, string>? Annotations, string CreationTimestamp, string UpdateTimestamp);

/// <summary>How it is.</summary>
internal sealed record ClusterStatus(string Phase, string? Reason, string? Message, IReadOnlyList<ClusterEndpoint> Endpoints);

/// <summary>Where its API server is.</summary>
internal sealed record ClusterEndpoint(string Url, string Type);

/// <summary>Several.</summary>
internal sealed record ClusterList(string Kind, string ApiVersion, IReadOnlyList<ClusterView> Items);
