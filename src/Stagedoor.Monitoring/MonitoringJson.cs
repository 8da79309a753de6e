using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;

namespace Stagedoor.Monitoring;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(QueryMetrics.Response), TypeInfoPropertyName = "QueryMetricsResponse")]
[JsonSerializable(typeof(ServiceList))]
[JsonSerializable(typeof(UploadMetric.Taken), TypeInfoPropertyName = "UploadMetricTaken")]
[JsonSerializable(typeof(GetSeries.Response), TypeInfoPropertyName = "GetSeriesResponse")]
[JsonSerializable(typeof(Topology))]
internal sealed partial class MonitoringJson : JsonSerializerContext
{
    /// <summary>As it goes over the wire: text as it is, and nothing for what is not known.</summary>
    public static MonitoringJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.CamelCase));
}
