using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Stagedoor.Discovery.Log;

/// <summary>What one write wants to change. It is decided on the state that is stored, and applied when it is stored itself.</summary>
internal sealed class Draft
{
    private readonly Func<string, string, int> _pending;

    /// <param name="revision">The revision that the changes get.</param>
    /// <param name="pending">How many new entries of a kind and tenant go into the same commit already.</param>
    public Draft(long revision, Func<string, string, int> pending) => (Revision, _pending) = (revision, pending);

    public long Revision { get; }

    public List<EntryRow> Rows { get; } = [];

    /// <summary>Kind and tenant of each entry that is new.</summary>
    public List<(string Kind, string Tenant)> New { get; } = [];

    /// <summary>How many new entries of a kind the same commit adds to a tenant besides.</summary>
    public int Pending(string kind, string tenant) => _pending(kind, tenant);

    /// <summary>Adds or changes an entry.</summary>
    public void Put<T>(string kind, string tenant, string id, T body, JsonTypeInfo<T> type, bool isNew = false)
    {
        Rows.Add(new() { Kind = kind, Tenant = tenant, Id = id, Revision = Revision, Body = JsonSerializer.Serialize(body, type) });
        if (isNew)
        {
            New.Add((kind, tenant));
        }
    }

    /// <summary>Deletes an entry.</summary>
    public void Delete(string kind, string tenant, string id) => Rows.Add(new() { Kind = kind, Tenant = tenant, Id = id, Revision = Revision });
}
