using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Discovery.Schemas;

/// <summary>What an upload of contracts comes to, with and without the lock.</summary>
internal sealed record ContractChange
{
    private static readonly ContractChange s_none = new();

    /// <summary>Why nothing of it is done.</summary>
    public ApiException? Refusal { get; private init; }

    /// <summary>Contracts to store.</summary>
    public IReadOnlyList<KeyValuePair<string, Contract>> Stored { get; private init; } = [];

    /// <summary>Ids of contracts to remove.</summary>
    public IReadOnlyList<string> Removed { get; private init; } = [];

    /// <summary>The ids that the microservice declares afterwards; null when they stay.</summary>
    public IReadOnlyList<string>? Declared { get; private init; }

    /// <summary>How many more ids there are afterwards.</summary>
    public int Growth { get; private init; }

    /// <summary>How many ids a microservice has, declared or stored.</summary>
    public static int CountOf(ServiceNode service)
    {
        var declared = service.Body.Schemas ?? [];
        return declared.Count + service.Contracts.Keys.Count(id => !declared.Contains(id, StringComparer.Ordinal));
    }

    /// <summary>One contract is put in its place.</summary>
    public static ContractChange One(ServiceNode service, string id, Contract sent, bool isLocked)
    {
        var isDeclared = service.Body.Schemas?.Contains(id, StringComparer.Ordinal) is true;
        if (service.Contracts.TryGetValue(id, out var stored))
        {
            if (isLocked ? IsSettled(stored, sent) : IsSame(stored, sent))
            {
                return s_none;
            }

            // One that was stored without its digest may be completed.
            if (isLocked && (sent.Summary is null || stored.Summary is not null))
            {
                return new() { Refusal = new(DiscoveryCodes.SchemaChangeRefused, $"schema[{id}] is stored with other content; {service.Key} is locked") };
            }
        }

        return isLocked && !isDeclared && service.Body.Schemas is { Count: > 0 }
            ? Undeclared(service, [id])
            : new()
            {
                Stored = [new(id, sent)],
                Declared = isDeclared ? null : [.. service.Body.Schemas ?? [], id],
                Growth = isDeclared || stored is not null ? 0 : 1,
            };
    }

    /// <summary>A set of contracts takes the place of what is there; under the lock it only adds what is missing.</summary>
    public static ContractChange All(ServiceNode service, IReadOnlyDictionary<string, Contract> sent, bool isLocked)
    {
        var declared = service.Body.Schemas ?? [];
        if (isLocked && declared.Count > 0)
        {
            var unknown = sent.Keys.Where(id => !declared.Contains(id, StringComparer.Ordinal)).ToList();
            return unknown.Count > 0 ? Undeclared(service, unknown) : new() { Stored = [.. Missing(service, sent)] };
        }

        var growth = sent.Count - CountOf(service);
        var isSameSet = declared.Count == sent.Count && declared.All(sent.ContainsKey);
        return isLocked
            ? new() { Stored = [.. Missing(service, sent)], Declared = [.. sent.Keys], Growth = growth }
            : new()
            {
                Stored = [.. sent.Where(p => !service.Contracts.TryGetValue(p.Key, out var stored) || stored != p.Value)],
                Removed = [.. service.Contracts.Keys.Where(id => !sent.ContainsKey(id))],
                Declared = isSameSet ? null : [.. sent.Keys],
                Growth = growth,
            };
    }

    private static IEnumerable<KeyValuePair<string, Contract>> Missing(ServiceNode service, IReadOnlyDictionary<string, Contract> sent) =>
        sent.Where(p => !service.Contracts.TryGetValue(p.Key, out var stored) || stored.Summary is null);

    private static ContractChange Undeclared(ServiceNode service, IReadOnlyList<string> ids) => new()
    {
        Refusal = new(DiscoveryCodes.SchemaNotDefined, $"{service.Key} is locked and does not declare schema[{string.Join(", ", ids)}]"),
    };

    private static bool IsSame(Contract stored, Contract sent) =>
        string.Equals(stored.Schema, sent.Schema, StringComparison.Ordinal)
        && (sent.Summary is null || string.Equals(stored.Summary, sent.Summary, StringComparison.Ordinal));

    // Replicas that start together all upload the same; the digest alone says so as well.
    private static bool IsSettled(Contract stored, Contract sent) =>
        stored.Summary is null
            ? IsSame(stored, sent)
            : string.Equals(stored.Summary, sent.Summary, StringComparison.Ordinal) || string.Equals(stored.Schema, sent.Schema, StringComparison.Ordinal);
}
