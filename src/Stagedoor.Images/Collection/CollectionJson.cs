using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;

namespace Stagedoor.Images.Collection;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(CollectGarbage.Response), TypeInfoPropertyName = "CollectGarbageResponse")]
internal sealed partial class CollectionJson : JsonSerializerContext
{
    /// <summary>As it goes over the wire.</summary>
    public static CollectionJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.SnakeCaseLower, withNulls: true));
}
