using Microsoft.AspNetCore.Http;
using Stagedoor.Discovery.Finding;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Log.Entries;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Microservices;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Requests;
using Stagedoor.Http;
using Stagedoor.Http.Tenants;
using MicroserviceName = Stagedoor.Discovery.Relations.DependenciesRequest.MicroserviceName;

namespace Stagedoor.Discovery.Relations;

/// <summary>Stores dependencies that someone declares. A consumer that asks for a provider gets its edge without this.</summary>
internal sealed class DependencyWriter(RegistryReader reader, RegistryWriter writer, SharedServices shared)
{
    private const int MaxDependencies = 100;

    /// <summary>Adds the edges of all consumers, or none.</summary>
    /// <param name="tenant">Whose microservices they are.</param>
    /// <param name="request">The dependencies.</param>
    /// <param name="isWhole">What is not among them goes.</param>
    /// <exception cref="ApiException">The request is not well-formed, or a consumer does not exist.</exception>
    public async Task<IResult> WriteAsync(Tenant tenant, DependenciesRequest request, bool isWhole)
    {
        var wanted = new Dictionary<string, HashSet<Edge>>(StringComparer.Ordinal);
        foreach (var dependency in Check(request))
        {
            var consumer = await FindConsumerAsync(tenant, dependency.Consumer);
            if (!wanted.TryAdd(consumer.Id, [.. (dependency.Providers ?? []).Select(p => EdgeTo(consumer, p))]))
            {
                throw DiscoveryError.Invalid("dependencies", $"each consumer once; {consumer.Key} is there twice");
            }
        }

        var scopes = wanted.Keys.SelectMany<string, Scope>(id => [Scope.InService(tenant.Key, id), Scope.Named($"edges {tenant.Key} {id}")]);
        return await writer.WriteAsync<IResult>([.. scopes], draft =>
        {
            foreach (var id in wanted.Keys)
            {
                if (reader.FindKnown(tenant, id) is null)
                {
                    return reader.Missing(tenant, id, "consumer");
                }
            }

            foreach (var (id, edges) in wanted)
            {
                var known = reader.FindKnown(tenant, id)!.Edges;
                if (edges.Count + (isWhole ? 0 : known.Keys.Count(e => !edges.Contains(e))) > Dependencies.MaxEdges)
                {
                    return DiscoveryError.Invalid("providers", $"at most {Dependencies.MaxEdges} of one consumer, known ones counted");
                }
            }

            foreach (var (id, edges) in wanted)
            {
                Put(draft, reader.FindKnown(tenant, id)!, edges, isWhole);
            }

            return EmptyAnswer.Value;
        });
    }

    private static void Put(Draft draft, ServiceNode consumer, HashSet<Edge> edges, bool isWhole)
    {
        foreach (var edge in isWhole ? consumer.Edges.Keys.Where(e => !edges.Contains(e)) : [])
        {
            draft.Delete(EntryNames.Edge, consumer.Tenant.Key, EdgeEntries.IdOf(consumer.Id, edge));
        }

        // Also one that is known already: it may wait to be stored.
        foreach (var edge in edges)
        {
            Dependencies.Put(draft, consumer, edge);
        }
    }

    private static IReadOnlyList<DependenciesRequest.Dependency> Check(DependenciesRequest request) =>
        request.Dependencies is { Count: > 0 and <= MaxDependencies } dependencies && dependencies.All(static d => d is not null)
            ? dependencies
            : throw DiscoveryError.Invalid("dependencies", $"1 to {MaxDependencies}");

    /// <exception cref="ApiException">It does not exist, or its key is none.</exception>
    private async Task<ServiceNode> FindConsumerAsync(Tenant tenant, MicroserviceName? name)
    {
        var lookup = Lookup.Of(name?.Environment ?? "", name?.AppId ?? "", name?.ServiceName ?? "", name?.Version ?? "", "");
        if (!lookup.Rule.IsExact)
        {
            throw DiscoveryError.Invalid("consumer.version", "one version, not a rule");
        }

        var provider = await reader.FindProviderAsync(tenant.Key, new(lookup.Environment, lookup.AppId, lookup.ServiceName));
        return provider?.View().Select(lookup.Rule).FirstOrDefault()
            ?? throw DiscoveryError.MicroserviceNotFound($"consumer {lookup.AppId}/{lookup.ServiceName}/{lookup.Rule} not found");
    }

    /// <exception cref="ApiException">It is no name of a provider.</exception>
    private Edge EdgeTo(ServiceNode consumer, MicroserviceName? name)
    {
        var environment = consumer.Key.Environment;
        if (name?.ServiceName is Edge.Everything)
        {
            return new(consumer.Tenant.Key, environment, "", Edge.Everything, "");
        }

        var lookup = Lookup.Of("", name?.AppId ?? "", name?.ServiceName ?? "", name?.Version ?? "", "");
        return shared.IsShared(lookup.AppId, lookup.ServiceName)
            ? new(Tenant.Default.Key, "", lookup.AppId, lookup.ServiceName, lookup.Rule.Text)
            : new(consumer.Tenant.Key, environment, lookup.AppId, lookup.ServiceName, lookup.Rule.Text);
    }
}
