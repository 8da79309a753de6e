using System.Text.Json.Serialization;
using Stagedoor.Addons.Requests;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.UserCharts;

/// <summary>A chart as answers have it. <c>Values</c> is JSON as text; empty where JSON cannot say what values.yaml does.</summary>
internal sealed record ChartView(
    string Id, string Name, string Values, string Translate, string Instruction, string Version, string Description, string Source,
    [property: JsonPropertyName("icon_url")] string IconUrl, bool Public, [property: JsonPropertyName("chart_url")] string ChartUrl,
    [property: JsonPropertyName("create_at")] string CreateAt, [property: JsonPropertyName("update_at")] string UpdateAt)
{
    /// <summary>What a chart is; <c>Public</c> are those of the cloud itself, of which there are none.</summary>
    public static ChartView Of(UserChart chart) => new(
        chart.Id, chart.Name, chart.ChartValues ?? "", chart.Translate, chart.Instruction, chart.Version, chart.Description, chart.Source, chart.IconUrl, false,
        $"/v2/charts/{chart.Id}/archive", RequestBody.Time(chart.CreatedAt), RequestBody.Time(chart.UpdatedAt));
}

/// <summary>The values of a chart.</summary>
internal sealed record ChartValuesView([property: Schema("""{"type":"object"}""")] RawJson Values);

/// <summary>How many charts there may be.</summary>
internal sealed record ChartQuotas(ChartQuotaList Quotas);

/// <summary>The quotas.</summary>
internal sealed record ChartQuotaList(IReadOnlyList<ChartQuota> Resources);

/// <summary>A quota, and what is used of it.</summary>
internal sealed record ChartQuota(string Type, long Quota, long Used);

/// <summary>What an upload says beside its package.</summary>
internal sealed record ChartParameters
{
    public bool Override { get; init; }

    [JsonPropertyName("skip_lint")]
    public bool SkipLint { get; init; }

    public string? Source { get; init; }

    public bool? Visible { get; init; }
}
