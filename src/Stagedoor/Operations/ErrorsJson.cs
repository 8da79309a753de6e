using System.Text.Json.Serialization;
using Stagedoor.Errors.Pages;

namespace Stagedoor.Operations;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(List<ErrorView>))]
internal sealed partial class ErrorsJson : JsonSerializerContext;
