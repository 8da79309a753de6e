using System.Text.Json;
using Microsoft.Extensions.Options;
using Stagedoor.Discovery.Instances;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Rules;
using Stagedoor.Discovery.Tags;
using Stagedoor.Http;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Microservices;

/// <summary>What a registration may bring along: tags, rules and instances. The microservice stays when a part of them is refused.</summary>
internal sealed class RegistrationParts(
    RegistryReader reader, TagWriter tags, RuleWriter rules, InstanceWriter instances, IOptions<DiscoveryOptions> options)
{
    /// <summary>Applies all parts, and says what was refused.</summary>
    public async Task<IReadOnlyList<string>> ApplyAsync(
        Tenant tenant, string serviceId, RegisterMicroservice.Request request, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        if (request.Tags is { Count: > 0 } tagMap)
        {
            await TryAsync("tags", () => tags.ReplaceAsync(tenant, serviceId, tagMap, cancellationToken));
        }

        if (options.Value.Rules && request.Rules is { Count: > 0 } sent)
        {
            await TryAsync("rules", () => rules.AddAsync(tenant, serviceId, sent, cancellationToken));
        }

        var count = request.Instances?.Count ?? 0;
        for (var i = 0; i < count; i++)
        {
            var instance = request.Instances![i];
            await TryAsync($"instances[{i}]", async () => await instances.RegisterAsync(
                tenant,
                await reader.RequireServiceAsync(tenant, serviceId),
                Check(instance),
                cancellationToken));
        }

        return problems;

        async Task TryAsync(string part, Func<Task> apply)
        {
            try
            {
                await apply();
            }
            catch (ApiException e) when (e.Status < 500)
            {
                problems.Add($"{part}: {e.Error.Message}, {e.Detail}");
            }
        }
    }

    // As large as an instance may be that comes alone: it is a part of every answer to its consumers.
    private static Instance Check(Instance? instance) =>
        instance is null ? throw DiscoveryError.Invalid("instance", "an object, not null")
        : JsonSerializer.SerializeToUtf8Bytes(instance, DiscoveryJson.Wire.Instance).Length > RegisterInstance.MaxBody
            ? throw DiscoveryError.Invalid("instance", $"at most {RegisterInstance.MaxBody} bytes")
        : instance;
}
