using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;

namespace Stagedoor.Images.Retention;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(Empty))]
[JsonSerializable(typeof(RetentionRequest))]
[JsonSerializable(typeof(RetentionView))]
[JsonSerializable(typeof(RetentionPreview))]
[JsonSerializable(typeof(RetentionRule))]
[JsonSerializable(typeof(IReadOnlyList<RetentionRule>))]
[JsonSerializable(typeof(IReadOnlyList<RetentionView>))]
[JsonSerializable(typeof(CreateRetention.Response), TypeInfoPropertyName = "CreateRetentionResponse")]
[JsonSerializable(typeof(ListRetentionHistories.Response), TypeInfoPropertyName = "ListRetentionHistoriesResponse")]
internal sealed partial class RetentionJson : JsonSerializerContext
{
    /// <inheritdoc cref="ImagesJson.Wire"/>
    public static RetentionJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.SnakeCaseLower, withNulls: true));
}
