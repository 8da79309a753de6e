using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Addons.Instances.Inspection;
using Stagedoor.Http;

namespace Stagedoor.Addons.Instances;

[JsonSerializable(typeof(OperationWork))]
[JsonSerializable(typeof(InstanceRequest))]
[JsonSerializable(typeof(RollbackRequest))]
[JsonSerializable(typeof(InstanceView))]
[JsonSerializable(typeof(InstanceList))]
[JsonSerializable(typeof(DiffView))]
[JsonSerializable(typeof(ResourceList))]
[JsonSerializable(typeof(EventList))]
[JsonSerializable(typeof(RevisionList))]
[JsonSerializable(typeof(IReadOnlyList<Requirement>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class InstancesJson : JsonSerializerContext
{
    /// <summary>As it goes over the wire, and into jobs.</summary>
    public static InstancesJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.CamelCase));
}
