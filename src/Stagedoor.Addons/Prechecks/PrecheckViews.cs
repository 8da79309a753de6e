using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Addons.Requests;

namespace Stagedoor.Addons.Prechecks;

/// <summary>Asks for looks at add-ons.</summary>
internal sealed record PrecheckRequest(string? Kind, string? ApiVersion, PrecheckSpec? Spec);

/// <summary>Which, in which cluster.</summary>
internal sealed record PrecheckSpec
{
    [JsonPropertyName("clusterID")]
    public string? ClusterId { get; init; }

    public IReadOnlyList<PrecheckAddon>? AddonList { get; init; }
}

/// <summary>One of them.</summary>
internal sealed record PrecheckAddon
{
    public string? AddonTemplateName { get; init; }

    [JsonPropertyName("addonInstanceID")]
    public string? AddonInstanceId { get; init; }

    public string? TargetVersion { get; init; }

    public string? Type { get; init; }

    public JsonElement? Values { get; init; }
}

/// <summary>What was asked for, and how far it is.</summary>
internal sealed record PrecheckView(string Kind, string ApiVersion, PrecheckSpec Spec, PrecheckState Status)
{
    public static PrecheckView Of(PrecheckSpec spec, IReadOnlyList<Precheck> begun) => new(
        "AddonCheck",
        "v3",
        spec,
        new(begun.Any(static p => p.Status is PrecheckStatus.Running) ? PrecheckStatus.Running : PrecheckStatus.Init, [.. begun.Select(PrecheckItem.Of)]));
}

/// <summary>How far it is.</summary>
internal sealed record PrecheckState(string Phase, IReadOnlyList<PrecheckItem> ItemsStatus);

/// <summary>How far one add-on is.</summary>
internal sealed record PrecheckItem(string Name, string Kind, string Group, string Level, string Phase, string Message)
{
    public static PrecheckItem Of(Precheck precheck) => new(precheck.Template, "Risk", "AddonCheck", "Info", precheck.Status, precheck.Message);
}

/// <summary>Several looks.</summary>
internal sealed record PrecheckTaskList(string Kind, string ApiVersion, PageInfo PageInfo, IReadOnlyList<PrecheckTask> Items);

/// <summary>How many they are.</summary>
internal sealed record PageInfo(int CurrentCount);

/// <summary>A look.</summary>
internal sealed record PrecheckTask(PrecheckTaskMetadata Metadata, PrecheckTaskSpec Spec, PrecheckTaskStatus Status)
{
    public static PrecheckTask Of(Precheck precheck) => new(
        new(
            precheck.Type, precheck.Id, precheck.Template, precheck.Template, precheck.InstanceId, RequestBody.Time(precheck.CreatedAt),
            precheck.IsFinished ? RequestBody.Time(precheck.ExpiresAt) : null),
        new(precheck.TargetVersion.Length > 0 ? precheck.TargetVersion : null),
        new(precheck.Status, precheck.Message, JsonSerializer.Deserialize(precheck.Risks, PrecheckJson.Wire.IReadOnlyListRisk) ?? []));
}

/// <summary>What it looks at. When it expires is said of one that is done.</summary>
internal sealed record PrecheckTaskMetadata(
    string Type, [property: JsonPropertyName("taskID")] string TaskId, string AddonTemplateName, string AddonInstanceName, [property: JsonPropertyName("addonInstanceID")] string AddonInstanceId,
    string CreateTimeStamp, string? ExpireTimeStamp);

/// <summary>Where the upgrade leads to.</summary>
internal sealed record PrecheckTaskSpec(string? AddonTargetVersion);

/// <summary>What was found.</summary>
internal sealed record PrecheckTaskStatus(string Status, string Message, IReadOnlyList<Risk> RiskList);
