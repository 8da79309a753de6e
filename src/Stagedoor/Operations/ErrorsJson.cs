using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Errors.Pages;
using Stagedoor.Http;

namespace Stagedoor.Operations;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(List<ErrorView>))]
internal sealed partial class ErrorsJson : JsonSerializerContext
{
    /// <summary>Writes Chinese as Chinese.</summary>
    internal static ErrorsJson Readable { get; } = new(WireJson.Named(JsonNamingPolicy.CamelCase, withNulls: true));
}
