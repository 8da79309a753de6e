using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;

namespace Stagedoor.Images.UploadSessions;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(Empty))]
[JsonSerializable(typeof(CreateSession.Request), TypeInfoPropertyName = "CreateSessionRequest")]
[JsonSerializable(typeof(BegunSessionView))]
[JsonSerializable(typeof(SessionView))]
[JsonSerializable(typeof(AppendSession.Response), TypeInfoPropertyName = "AppendSessionResponse")]
[JsonSerializable(typeof(SubmitManifests.Request), TypeInfoPropertyName = "SubmitManifestsRequest")]
[JsonSerializable(typeof(FinishSession.Request), TypeInfoPropertyName = "FinishSessionRequest")]
[JsonSerializable(typeof(FinishSession.Response), TypeInfoPropertyName = "FinishSessionResponse")]
internal sealed partial class UploadSessionsJson : JsonSerializerContext
{
    /// <summary>As it goes over the wire.</summary>
    public static UploadSessionsJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.SnakeCaseLower, withNulls: true));
}
