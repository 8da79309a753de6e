using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;

namespace Stagedoor.Images.Sync;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(Empty))]
[JsonSerializable(typeof(SyncRequest))]
[JsonSerializable(typeof(SyncProgress))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(IReadOnlyList<ListImageAutoSyncReposDetails.Rule>), TypeInfoPropertyName = "SyncRepos")]
[JsonSerializable(typeof(IReadOnlyList<ShowSyncJob.Copy>), TypeInfoPropertyName = "SyncJobs")]
[JsonSerializable(typeof(IReadOnlyList<ListSyncRegions.Region>), TypeInfoPropertyName = "SyncRegions")]
internal sealed partial class SyncJson : JsonSerializerContext
{
    /// <summary>As it goes over the wire.</summary>
    public static SyncJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.CamelCase, withNulls: true));
}
