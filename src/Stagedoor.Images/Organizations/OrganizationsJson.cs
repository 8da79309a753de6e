using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;

namespace Stagedoor.Images.Organizations;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(Empty))]
[JsonSerializable(typeof(UpdateNamespace.Request), TypeInfoPropertyName = "UpdateNamespaceRequest")]
[JsonSerializable(typeof(ShowNamespaceSettings.Response), TypeInfoPropertyName = "ShowNamespaceSettingsResponse")]
internal sealed partial class OrganizationsJson : JsonSerializerContext
{
    /// <summary>As it goes over the wire.</summary>
    public static OrganizationsJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.SnakeCaseLower, withNulls: true));
}
