using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;

namespace Stagedoor.Addons.Instances;

[JsonSerializable(typeof(OperationWork))]
internal sealed partial class InstancesJson : JsonSerializerContext
{
    /// <summary>As it goes over the wire, and into jobs.</summary>
    public static InstancesJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.CamelCase));
}
