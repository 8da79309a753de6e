using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Why;

[JsonSerializable(typeof(Refused))]
[JsonSerializable(typeof(ExplainRequest.Response), TypeInfoPropertyName = "Explanation")]
[JsonSerializable(typeof(ListRefusals.Response), TypeInfoPropertyName = "LastRefusals")]
internal sealed partial class WhyJson : JsonSerializerContext
{
    /// <summary>Chinese and quotes stay as they are.</summary>
    public static WhyJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.SnakeCaseLower));
}
