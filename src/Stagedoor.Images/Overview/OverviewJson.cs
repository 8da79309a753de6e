using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;

namespace Stagedoor.Images.Overview;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(ListQuotas.Response), TypeInfoPropertyName = "ListQuotasResponse")]
[JsonSerializable(typeof(ShowShareFeatureGates.Response), TypeInfoPropertyName = "FeatureGatesResponse")]
[JsonSerializable(typeof(ShowDomainOverview.Response), TypeInfoPropertyName = "OverviewResponse")]
[JsonSerializable(typeof(IReadOnlyList<ShowDomainResourceReports.Day>))]
[JsonSerializable(typeof(CheckAgency.Response), TypeInfoPropertyName = "AgencyResponse")]
internal sealed partial class OverviewJson : JsonSerializerContext
{
    /// <inheritdoc cref="ImagesJson.Wire"/>
    public static OverviewJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.SnakeCaseLower, withNulls: true));
}
