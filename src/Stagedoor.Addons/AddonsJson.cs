using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Addons.Clusters;
using Stagedoor.Addons.Templates;
using Stagedoor.Addons.UserCharts;
using Stagedoor.Http;

namespace Stagedoor.Addons;

[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(ClusterRequest))]
[JsonSerializable(typeof(ClusterView))]
[JsonSerializable(typeof(ClusterList))]
[JsonSerializable(typeof(RegisteredAddon))]
[JsonSerializable(typeof(IReadOnlyList<InstalledAddon>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(IReadOnlyList<SupportEntry>))]
[JsonSerializable(typeof(PublishParameters))]
[JsonSerializable(typeof(TemplateView))]
[JsonSerializable(typeof(TemplateList))]
[JsonSerializable(typeof(UpdateTemplateRequest))]
[JsonSerializable(typeof(ChartParameters))]
[JsonSerializable(typeof(ChartView))]
[JsonSerializable(typeof(IReadOnlyList<ChartView>))]
[JsonSerializable(typeof(ChartValuesView))]
[JsonSerializable(typeof(ChartQuotas))]
internal sealed partial class AddonsJson : JsonSerializerContext
{
    /// <summary>As it goes over the wire: a member without a value is left out.</summary>
    public static AddonsJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.CamelCase));
}
