using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Requests;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Templates;

/// <summary>A template as answers have it.</summary>
internal sealed record TemplateView(string Kind, string ApiVersion, TemplateMetadata Metadata, TemplateSpec Spec)
{
    public static TemplateView Of(AddonTemplate template, IEnumerable<AddonVersion> versions) => new(
        "Addon",
        "v3",
        new(template.Name, template.Name, template.Alias.Length > 0 ? template.Alias : null, RequestBody.Time(template.CreatedAt), RequestBody.Time(template.UpdatedAt)),
        new(
            template.Type, template.Require != 0, new(template.Labels), template.LogoUrl, template.ReadmeUrl, template.Description,
            [.. versions.Select(static v => (Row: v, Number: ChartVersion.Parse(v.Version))).OrderByDescending(static v => v.Number)
                .ThenByDescending(static v => v.Row.Version, StringComparer.Ordinal).Select(static v => VersionView.Of(v.Row))]));
}

/// <summary>Its metadata.</summary>
internal sealed record TemplateMetadata(string Uid, string Name, string? Alias, string CreationTimestamp, string UpdateTimestamp);

/// <summary>What it is.</summary>
internal sealed record TemplateSpec(
    string Type, bool Require, [property: Schema("""{"type":"array","items":{"type":"string"}}""")] RawJson Labels, [property: JsonPropertyName("logoURL")] string LogoUrl,
    [property: JsonPropertyName("readmeURL")] string ReadmeUrl, string Description, IReadOnlyList<VersionView> Versions);

/// <summary>A version.</summary>
internal sealed record VersionView(
    string Version, [property: Schema(VersionView.AnyObject)] RawJson Input, bool Stable, [property: Schema(VersionView.AnyObject)] RawJson Translate,
    [property: Schema("""{"type":"array","items":{"type":"object"}}""")] RawJson SupportVersions, string CreationTimestamp, string UpdateTimestamp)
{
    private const string AnyObject = """{"type":"object"}""";

    public static VersionView Of(AddonVersion version) => new(
        version.Version, new(version.Input), version.Stable != 0, new(version.Translate), new(version.SupportVersions), RequestBody.Time(version.CreatedAt),
        RequestBody.Time(version.UpdatedAt));
}

/// <summary>Several.</summary>
internal sealed record TemplateList(string Kind, string ApiVersion, IReadOnlyList<TemplateView> Items);

/// <summary>What a publication says beside its package.</summary>
internal sealed record PublishParameters
{
    public bool Override { get; init; }

    [JsonPropertyName("skip_lint")]
    public bool SkipLint { get; init; }

    public bool? Stable { get; init; }

    public IReadOnlyList<string>? Labels { get; init; }

    public bool? Require { get; init; }

    public IReadOnlyList<SupportEntry>? SupportVersions { get; init; }

    public JsonElement? Input { get; init; }

    public JsonElement? Translate { get; init; }
}

/// <summary>A change of a template.</summary>
internal sealed record UpdateTemplateRequest(string? Kind, string? ApiVersion, UpdateTemplateSpec? Spec);

/// <summary>What is changed; what is not named stays.</summary>
internal sealed record UpdateTemplateSpec
{
    public bool? Require { get; init; }

    public IReadOnlyList<string>? Labels { get; init; }

    public string? Description { get; init; }

    [JsonPropertyName("logoURL")]
    public string? LogoUrl { get; init; }

    [JsonPropertyName("readmeURL")]
    public string? ReadmeUrl { get; init; }

    public IReadOnlyList<UpdateVersion>? Versions { get; init; }
}

/// <summary>What is changed of a version.</summary>
internal sealed record UpdateVersion(string? Version, bool? Stable, IReadOnlyList<SupportEntry>? SupportVersions, JsonElement? Translate);
