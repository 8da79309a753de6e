using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;

namespace Stagedoor.Images.Triggers;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(Empty))]
[JsonSerializable(typeof(CreateTrigger.Request), TypeInfoPropertyName = "CreateTriggerRequest")]
[JsonSerializable(typeof(UpdateTrigger.Request), TypeInfoPropertyName = "UpdateTriggerRequest")]
[JsonSerializable(typeof(TriggerView))]
[JsonSerializable(typeof(IReadOnlyList<TriggerView>))]
[JsonSerializable(typeof(TriggerJob.Work))]
internal sealed partial class TriggersJson : JsonSerializerContext
{
    /// <summary>As it goes over the wire.</summary>
    public static TriggersJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.SnakeCaseLower, withNulls: true));
}
