using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Discovery.Finding;
using Stagedoor.Discovery.Governance;
using Stagedoor.Discovery.Health;
using Stagedoor.Discovery.Instances;
using Stagedoor.Discovery.Microservices;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Relations;
using Stagedoor.Discovery.Rules;
using Stagedoor.Discovery.Schemas;
using Stagedoor.Discovery.Tags;
using Stagedoor.Discovery.Watching;
using Stagedoor.Http;

namespace Stagedoor.Discovery;

/// <summary>What the registry reads and writes: names in any case coming in, camel case and nothing empty going out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    PropertyNameCaseInsensitive = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Microservice))]
[JsonSerializable(typeof(Instance))]
[JsonSerializable(typeof(Contract))]
[JsonSerializable(typeof(Rule))]
[JsonSerializable(typeof(Edge))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(RegisterMicroservice.Request), TypeInfoPropertyName = "RegisterMicroserviceRequest")]
[JsonSerializable(typeof(RegisterMicroservice.Response), TypeInfoPropertyName = "RegisterMicroserviceResponse")]
[JsonSerializable(typeof(ListMicroservices.Response), TypeInfoPropertyName = "ListMicroservicesResponse")]
[JsonSerializable(typeof(ShowMicroservice.Response), TypeInfoPropertyName = "ShowMicroserviceResponse")]
[JsonSerializable(typeof(PropertiesRequest))]
[JsonSerializable(typeof(DeleteMicroservices.Request), TypeInfoPropertyName = "DeleteMicroservicesRequest")]
[JsonSerializable(typeof(DeleteMicroservices.Response), TypeInfoPropertyName = "DeleteMicroservicesResponse")]
[JsonSerializable(typeof(RegisterInstance.Request), TypeInfoPropertyName = "RegisterInstanceRequest")]
[JsonSerializable(typeof(RegisterInstance.Response), TypeInfoPropertyName = "RegisterInstanceResponse")]
[JsonSerializable(typeof(ShowInstance.Response), TypeInfoPropertyName = "ShowInstanceResponse")]
[JsonSerializable(typeof(FindInstances.Response), TypeInfoPropertyName = "FindInstancesResponse")]
[JsonSerializable(typeof(FindInstancesBatch.Request), TypeInfoPropertyName = "FindInstancesBatchRequest")]
[JsonSerializable(typeof(FindInstancesBatch.Response), TypeInfoPropertyName = "FindInstancesBatchResponse")]
[JsonSerializable(typeof(DumpRegistry.Response), TypeInfoPropertyName = "DumpRegistryResponse")]
[JsonSerializable(typeof(SetInstanceStatuses.Request), TypeInfoPropertyName = "SetInstanceStatusesRequest")]
[JsonSerializable(typeof(WatchEvent))]
[JsonSerializable(typeof(EngineHealth.VersionResponse))]
[JsonSerializable(typeof(EngineHealth.HealthResponse))]
[JsonSerializable(typeof(EngineHealth.ReadinessResponse))]
[JsonSerializable(typeof(HeartbeatSet.Request), TypeInfoPropertyName = "HeartbeatSetRequest")]
[JsonSerializable(typeof(HeartbeatSet.Response), TypeInfoPropertyName = "HeartbeatSetResponse")]
[JsonSerializable(typeof(ListSchemas.Response), TypeInfoPropertyName = "ListSchemasResponse")]
[JsonSerializable(typeof(ShowSchema.Response), TypeInfoPropertyName = "ShowSchemaResponse")]
[JsonSerializable(typeof(PutSchema.Request), TypeInfoPropertyName = "PutSchemaRequest")]
[JsonSerializable(typeof(PutSchemas.Request), TypeInfoPropertyName = "PutSchemasRequest")]
[JsonSerializable(typeof(ShowExistence.Response), TypeInfoPropertyName = "ShowExistenceResponse")]
[JsonSerializable(typeof(ListTags.Response), TypeInfoPropertyName = "ListTagsResponse")]
[JsonSerializable(typeof(ReplaceTags.Request), TypeInfoPropertyName = "ReplaceTagsRequest")]
[JsonSerializable(typeof(AddRules.Request), TypeInfoPropertyName = "AddRulesRequest")]
[JsonSerializable(typeof(AddRules.Response), TypeInfoPropertyName = "AddRulesResponse")]
[JsonSerializable(typeof(ListRules.Response), TypeInfoPropertyName = "ListRulesResponse")]
[JsonSerializable(typeof(ListProviders.Response), TypeInfoPropertyName = "ListProvidersResponse")]
[JsonSerializable(typeof(ListConsumers.Response), TypeInfoPropertyName = "ListConsumersResponse")]
[JsonSerializable(typeof(GovernMicroservices.Response), TypeInfoPropertyName = "GovernMicroservicesResponse")]
[JsonSerializable(typeof(GovernMicroservice.Response), TypeInfoPropertyName = "GovernMicroserviceResponse")]
[JsonSerializable(typeof(GovernApps.Response), TypeInfoPropertyName = "GovernAppsResponse")]
[JsonSerializable(typeof(GovernStatistics.Response), TypeInfoPropertyName = "GovernStatisticsResponse")]
[JsonSerializable(typeof(GovernRelations.Response), TypeInfoPropertyName = "GovernRelationsResponse")]
[JsonSerializable(typeof(ListAlarms.Response), TypeInfoPropertyName = "ListAlarmsResponse")]
[JsonSerializable(typeof(ListClusters.Response), TypeInfoPropertyName = "ListClustersResponse")]
[JsonSerializable(typeof(DependenciesRequest))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(Statistics.InstanceCount), TypeInfoPropertyName = "StatisticsInstanceCount")]
[JsonSerializable(typeof(ServiceDetail.InstanceCount), TypeInfoPropertyName = "ServiceDetailInstanceCount")]
internal sealed partial class DiscoveryJson : JsonSerializerContext
{
    /// <summary>As it goes over the wire and into the database: <c>can't</c> and 组织 stay as they are.</summary>
    public static DiscoveryJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.CamelCase, inAnyCase: true));
}
