using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;

namespace Stagedoor.Addons.Prechecks;

[JsonSerializable(typeof(PrecheckRequest))]
[JsonSerializable(typeof(PrecheckView))]
[JsonSerializable(typeof(PrecheckTaskList))]
[JsonSerializable(typeof(IReadOnlyList<Risk>))]
internal sealed partial class PrecheckJson : JsonSerializerContext
{
    /// <summary>As it goes over the wire, and into the database.</summary>
    public static PrecheckJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.CamelCase));
}
