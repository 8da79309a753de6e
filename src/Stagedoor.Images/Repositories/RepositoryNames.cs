using Stagedoor.Storage;

namespace Stagedoor.Images.Repositories;

/// <summary>
/// The index by which repositories are found by a part of their names: for each name what it ends with, from each of its characters on. A part of a name is the
/// beginning of one of these. Whoever adds or deletes a repository does so in the same transaction.
/// </summary>
internal static class RepositoryNames
{
    // With more than that a page is soon full of them, and names are compared one after the other until it is.
    private const int Most = 1000;

    // Comes after whatever a name has, so that all that begins with a part stands before the part and this.
    private const string Last = "\U0010FFFF";

    /// <summary>Enters a repository that is there.</summary>
    public static Task AddAsync(DbSession session, long id) => session.ExecuteAsync(
        """
        WITH RECURSIVE places (place) AS (SELECT 1 UNION ALL SELECT place + 1 FROM places WHERE place < @longest)
        INSERT INTO repository_name_ends (domain_id, ending, repository_id)
        SELECT r.domain_id, substr(r.name, p.place), r.id FROM repositories r JOIN places p ON p.place <= length(r.name) WHERE r.id = @id
        """,
        new { id, longest = RepositoryName.MaxRepositoryLength });

    /// <summary>Takes out a repository that is still there, or there is nothing to do.</summary>
    public static async Task RemoveAsync(ImagesDb db, DbSession session, long id)
    {
        if (await session.FindAsync<Named>("SELECT domain_id, name FROM repositories WHERE id = @id", new { id }) is { DomainId: var domainId, Name: var name })
        {
            string[] ends = [.. Enumerable.Range(0, name.Length).Select(at => name[at..])];
            await session.ExecuteAsync(
                $"DELETE FROM repository_name_ends WHERE domain_id = @domainId AND {db.In("ending", nameof(ends))} AND repository_id = @id", new { domainId, ends, id });
        }
    }

    /// <summary>The account's repositories whose names contain the part, in small letters; null when they are too many to name.</summary>
    public static async Task<long[]?> FindAsync(ImagesDb db, string domainId, string part, CancellationToken cancellationToken)
    {
        var found = await db.QueryAsync<long>(
            "SELECT repository_id FROM repository_name_ends WHERE domain_id = @domainId AND ending >= @part AND ending < @end LIMIT @limit",
            new { domainId, part, end = part + Last, limit = Most + 1 },
            cancellationToken);
        return found.Count > Most ? null : [.. found.Distinct()];
    }

    private sealed record Named
    {
        public string DomainId { get; init; } = "";

        public string Name { get; init; } = "";
    }
}
