using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;

namespace Stagedoor.Images.LoginCommands;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(DockerConfig))]
[JsonSerializable(typeof(CreateDockerConfig.Request), TypeInfoPropertyName = "CreateDockerConfigRequest")]
internal sealed partial class LoginCommandJson : JsonSerializerContext
{
    /// <inheritdoc cref="ImagesJson.Wire"/>
    public static LoginCommandJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.SnakeCaseLower, withNulls: true));
}
