using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;

namespace Stagedoor.Images.Untagged;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(IReadOnlyList<ListManifests.Item>))]
internal sealed partial class UntaggedJson : JsonSerializerContext
{
    /// <summary>As it goes over the wire.</summary>
    public static UntaggedJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.SnakeCaseLower, withNulls: true));
}
