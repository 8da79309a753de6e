using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;

namespace Stagedoor.Images.Sharing;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(Empty))]
[JsonSerializable(typeof(NewShareRequest))]
[JsonSerializable(typeof(ShareRequest))]
[JsonSerializable(typeof(IReadOnlyList<Share>))]
[JsonSerializable(typeof(ShowAccessDomain.Response), TypeInfoPropertyName = "ShowAccessDomainResponse")]
internal sealed partial class SharingJson : JsonSerializerContext
{
    /// <summary>As it goes over the wire.</summary>
    public static SharingJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.SnakeCaseLower, withNulls: true));
}
