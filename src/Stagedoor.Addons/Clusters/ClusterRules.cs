using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Drivers.Processes;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Addons.Clusters;

/// <summary>What a cluster has to be to be registered, and what becomes of its annotations.</summary>
internal sealed class ClusterRules(ClusterSecrets secrets, IEnumerable<IClusterDriver> drivers, IOptions<ProcessOptions> processes)
{
    private const string Driver = "stagedoor.io/driver";
    private const string DriverConfig = "stagedoor.io/driver-config";
    private const string KubeconfigKey = "stagedoor.io/kubeconfig";

    private const int MaxAlias = 128;
    private const int MaxEntries = 100;
    private const int MaxKey = 317;
    private const int MaxLabel = 63;
    private const int MaxAnnotation = 64 * 1024;
    private const int MaxSpec = 256 * 1024;

    // Answered from other tables, or consumed.
    private static readonly string[] s_unkept = [KubeconfigKey, Driver, DriverConfig, "installedAddonInstances"];
    private static readonly string[] s_types = ["VirtualMachine", "ARM64", "BareMetal"];
    private static readonly string[] s_categories = ["CCE", "Turbo", Cluster.Autopilot];

    /// <summary>The cluster that the request describes; what it does not name stays as it was.</summary>
    /// <param name="old">The cluster as it is; for a new one with its id alone.</param>
    /// <param name="request">The request.</param>
    /// <exception cref="ApiException">A field is not what it has to be.</exception>
    public Cluster Apply(Cluster old, ClusterRequest request)
    {
        RequestBody.CheckKind(request.Kind, request.ApiVersion, "Cluster");
        var metadata = request.Metadata ?? throw AddonsError.Invalid("metadata", "is required");
        if (!Cluster.IsValidName(metadata.Name))
        {
            throw AddonsError.Invalid("metadata.name", "4-128 of a-z, 0-9 and '-', beginning with a letter and not ending with '-'");
        }

        if (old.Name.Length > 0 && !string.Equals(old.Name, metadata.Name, StringComparison.Ordinal))
        {
            throw AddonsError.Invalid("metadata.name", $"is {old.Name} and cannot be changed");
        }

        var cluster = WithSpec(old with { Name = metadata.Name }, request.Spec);
        if (metadata.Alias is not null)
        {
            cluster = cluster with { Alias = RequestBody.Short(Storable(metadata.Alias, "metadata.alias"), "metadata.alias", MaxAlias) };
        }

        if (metadata.Labels is { } labels)
        {
            CheckTexts(labels, "metadata.labels", MaxLabel);
            cluster = cluster with { Labels = Json(labels) };
        }

        return metadata.Annotations is { } annotations ? WithAnnotations(cluster, annotations, old.Name.Length == 0) : Checked(cluster);
    }

    /// <summary>The cluster with a version, which its <c>spec</c> says too.</summary>
    public static Cluster WithVersion(Cluster cluster, string version)
    {
        var spec = (JsonObject)JsonNode.Parse(cluster.Spec)!;
        spec["version"] = version;
        return cluster with { Version = version, Spec = spec.ToJsonString(s_relaxed) };
    }

    private static Cluster WithSpec(Cluster cluster, JsonElement? given)
    {
        if (given is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Null) })
        {
            throw AddonsError.Invalid("spec", "has to be a JSON object");
        }

        var spec = (JsonObject)JsonNode.Parse(given is { ValueKind: JsonValueKind.Object } object_ ? object_.GetRawText() : cluster.Spec)!;
        var type = Word(spec, "type", cluster.Type, s_types);
        var category = Word(spec, "category", cluster.Category, s_categories);
        var version = TextOf(spec, "version") is { Length: > 0 } text ? text : cluster.Version;
        if (version.Length > 0 && !Cluster.IsValidVersion(version))
        {
            throw AddonsError.Invalid("spec.version", "has to be a version of Kubernetes, such as v1.28");
        }

        (spec["type"], spec["category"]) = (type, category);
        if (version.Length > 0)
        {
            spec["version"] = version;
        }

        var written = spec.ToJsonString(s_relaxed);
        return written.Length <= MaxSpec
            ? cluster with { Type = type, Category = category, Version = version, Spec = written }
            : throw AddonsError.Invalid("spec", $"has at most {MaxSpec} characters");
    }

    private static readonly JsonSerializerOptions s_relaxed = new() { Encoder = ErrorBody.Json.Encoder };

    private static string Word(JsonObject spec, string name, string without, string[] allowed) => TextOf(spec, name) is not { Length: > 0 } text ? without
        : allowed.Contains(text, StringComparer.Ordinal) ? text
        : throw AddonsError.Invalid($"spec.{name}", $"has to be one of {string.Join(", ", allowed)}");

    private static string? TextOf(JsonObject spec, string name) => spec[name] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() is JsonValueKind.String => value.GetValue<string>(),
        _ => throw AddonsError.Invalid($"spec.{name}", "has to be a text"),
    };

    private Cluster WithAnnotations(Cluster cluster, Dictionary<string, string> annotations, bool isNew)
    {
        CheckTexts(annotations, "metadata.annotations", MaxAnnotation);
        foreach (var install in RegisteredAddons.Keys)
        {
            // An empty list says that nothing is to be installed, which nothing is.
            if (!isNew && annotations.TryGetValue(install, out var list) && !IsEmptyList(list, install))
            {
                throw AddonsError.Invalid($"metadata.annotations[{install}]", "is carried out when a cluster is registered; later install each add-on with POST /api/v3/addons");
            }
        }

        if (annotations.TryGetValue(DriverConfig, out var config))
        {
            var parsed = RequestBody.ParseText(config, $"metadata.annotations[{DriverConfig}]");
            cluster = parsed.ValueKind is JsonValueKind.Object
                ? cluster with { DriverConfig = parsed.GetRawText() }
                : throw AddonsError.Invalid($"metadata.annotations[{DriverConfig}]", "has to be a JSON object");
        }

        if (annotations.TryGetValue(KubeconfigKey, out var kubeconfig))
        {
            try
            {
                var (text, server) = Kubeconfig.Read(kubeconfig);
                cluster = cluster with { Kubeconfig = secrets.Protect(cluster.Id, text), Endpoint = server, Driver = Cluster.Kubernetes };
            }
            catch (FormatException e)
            {
                throw AddonsError.Invalid($"metadata.annotations[{KubeconfigKey}]", Text.Repair(Text.Cut(e.Message, 300)));
            }
        }

        if (annotations.TryGetValue(Driver, out var driver))
        {
            cluster = driver switch
            {
                Cluster.Kubernetes or Cluster.GitOps => cluster with { Driver = driver },

                // One that was registered before stays what it is, whatever can be done with it.
                Cluster.Process when processes.Value.Enabled || (!isNew && cluster.Driver is Cluster.Process) => cluster with { Driver = driver },
                Cluster.Process => throw AddonsError.Invalid(
                    $"metadata.annotations[{Driver}]", "is process, which runs programs of add-ons as the account of the server, and that is turned off here (Addons:Process:Enabled)"),
                _ => throw AddonsError.Invalid($"metadata.annotations[{Driver}]", $"has to be {Cluster.GitOps}, {Cluster.Kubernetes} or {Cluster.Process}"),
            };
        }

        if (config is not null)
        {
            try
            {
                drivers.FirstOrDefault(d => string.Equals(d.Name, cluster.Driver, StringComparison.Ordinal))?.Check((GoMap)JsonText.Read(cluster.DriverConfig)!);
            }
            catch (FormatException e)
            {
                throw AddonsError.Invalid($"metadata.annotations[{DriverConfig}]", Text.Repair(Text.Cut(e.Message, 300)));
            }
        }

        var kept = annotations.Where(a => !s_unkept.Contains(a.Key, StringComparer.Ordinal) && !RegisteredAddons.Keys.Contains(a.Key, StringComparer.Ordinal))
            .Append(new(Driver, cluster.Driver)).ToDictionary(StringComparer.Ordinal);
        return Checked(cluster with { Annotations = Json(kept) });
    }

    private static Cluster Checked(Cluster cluster)
    {
        if (cluster.Driver is Cluster.Kubernetes && cluster.Kubeconfig is null)
        {
            throw AddonsError.Invalid($"metadata.annotations[{KubeconfigKey}]", $"is required where {Driver} is {Cluster.Kubernetes}");
        }

        if (cluster.Driver is Cluster.Process && cluster.DriverConfig is not "{}")
        {
            throw AddonsError.Invalid($"metadata.annotations[{DriverConfig}]", $"has to be {{}} where {Driver} is {Cluster.Process}, whose settings are those of the server");
        }

        return cluster.Driver is not Cluster.Kubernetes && cluster.Version.Length == 0
            ? throw AddonsError.Invalid("spec.version", $"is required where {Driver} is {cluster.Driver}: there is no server to ask")
            : cluster;
    }

    private static bool IsEmptyList(string text, string key)
    {
        var list = RequestBody.ParseText(text.Length == 0 ? "[]" : text, $"metadata.annotations[{key}]");
        return list.ValueKind is JsonValueKind.Array ? list.GetArrayLength() == 0 : throw AddonsError.Invalid($"metadata.annotations[{key}]", "has to be a JSON array");
    }

    private static void CheckTexts(Dictionary<string, string> texts, string field, int most)
    {
        if (texts.Count > MaxEntries)
        {
            throw AddonsError.Invalid(field, $"has at most {MaxEntries} members");
        }

        foreach (var (key, value) in texts)
        {
            if (key.Length is 0 or > MaxKey || !Text.IsStorable(key))
            {
                throw AddonsError.Invalid(field, $"names have 1 to {MaxKey} characters");
            }

            if (value is null || (value.Length > most && key is not KubeconfigKey) || !Text.IsStorable(value))
            {
                throw AddonsError.Invalid($"{field}[{key}]", $"has to be a text of at most {most} characters");
            }
        }
    }

    private static string Storable(string text, string field) => Text.IsStorable(text) ? text : throw AddonsError.Invalid(field, "holds characters that cannot be stored");

    private static string Json(Dictionary<string, string> texts) => JsonSerializer.Serialize(texts, AddonsJson.Wire.DictionaryStringString);
}
