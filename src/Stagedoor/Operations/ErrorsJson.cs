using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Errors.Pages;

namespace Stagedoor.Operations;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(List<ErrorView>))]
internal sealed partial class ErrorsJson : JsonSerializerContext
{
    /// <summary>Writes Chinese as Chinese.</summary>
    internal static ErrorsJson Readable { get; } = new(new(JsonSerializerOptions.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
