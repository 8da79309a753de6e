using System.Text.Json;

namespace Stagedoor.Discovery.Log;

/// <summary>One kind of entry: how its rows become memory. Called by one thread at a time; what it changes is read by many.</summary>
internal interface IEntryKind
{
    /// <summary>The kind's name in the database.</summary>
    string Name { get; }

    /// <summary>Entries of a lower rank are applied first and deleted last: an instance needs its microservice.</summary>
    int Rank { get; }

    /// <summary>Takes over a row: new, changed, or deleted when it has no body.</summary>
    /// <exception cref="JsonException">The body cannot be decoded.</exception>
    void Apply(EntryRow row);

    /// <summary>Makes sure that the entry's row is taken over whole the next time, as it failed half-way: what depends on its revision forgets it.</summary>
    void Distrust(string tenant, string id)
    {
    }

    /// <summary>What is in memory now, to find out what a reload has no row for.</summary>
    IEnumerable<(string Tenant, string Id)> Present();
}
