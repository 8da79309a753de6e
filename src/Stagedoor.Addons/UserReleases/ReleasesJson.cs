using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;

namespace Stagedoor.Addons.UserReleases;

[JsonSerializable(typeof(ReleaseWork))]
[JsonSerializable(typeof(CreateReleaseRequest))]
[JsonSerializable(typeof(UpdateReleaseRequest))]
[JsonSerializable(typeof(ReleaseParameters))]
[JsonSerializable(typeof(ReleaseView))]
[JsonSerializable(typeof(IReadOnlyList<ReleaseView>))]
[JsonSerializable(typeof(IReadOnlyList<ReleaseResource>))]
internal sealed partial class ReleasesJson : JsonSerializerContext
{
    /// <summary>As it goes over the wire: a member without a value is left out.</summary>
    public static ReleasesJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.SnakeCaseLower));
}
