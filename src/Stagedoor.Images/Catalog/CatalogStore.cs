using Stagedoor.Images.Access;

namespace Stagedoor.Images.Catalog;

/// <summary>Names of repositories that somebody may read, in ASCII order.</summary>
/// <remarks>
/// Each reason for which somebody may read a repository has a query of its own, which reads no more than a page behind <c>last</c> from an index; what
/// they find is merged. A single query with all reasons in its condition would look at every repository of an account for a user who sees only a few.
/// </remarks>
internal sealed class CatalogStore(ImagesDb db, TimeProvider clock)
{
    private const int MostOrganizations = 64;

    private const string Shared =
        "id IN (SELECT repository_id FROM share_domains WHERE domain_id = @domainId AND (expires_at IS NULL OR expires_at > @now))";

    /// <summary>The names after <paramref name="last"/>, at most so many.</summary>
    /// <param name="caller">Who asks; null for somebody without credentials, who sees what is public.</param>
    /// <param name="last">The name that the page before ended with; empty for the first.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="cancellationToken">Ends the queries.</param>
    public async Task<IReadOnlyList<string>> ListAsync(Caller? caller, string last, int count, CancellationToken cancellationToken)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        found.UnionWith(await ListAsync("is_public = 1", caller, last, count, cancellationToken));
        if (caller is not null)
        {
            found.UnionWith(await ListAsync(Shared, caller, last, count, cancellationToken));
        }

        if (caller is not null && Rights.SeesEverything(caller))
        {
            found.UnionWith(await ListAsync("domain_id = @domainId", caller, last, count, cancellationToken));
        }
        else if (caller is not null)
        {
            found.UnionWith(await ListAsync("creator_id = @userId AND domain_id = @domainId", caller, last, count, cancellationToken));
            found.UnionWith(await ListAsync(
                "domain_id = @domainId AND id IN (SELECT repository_id FROM repo_acl WHERE user_id = @userId)", caller, last, count, cancellationToken));
            found.UnionWith(await ListGrantedAsync(caller, last, count, cancellationToken));
        }

        return [.. found.Take(count)];
    }

    // The repositories of one organization stand together in the order of names, so that a page ends in one of the first organizations behind `last`:
    // they are looked through some at a time, more with each step, since the next ones may be empty.
    private async Task<IReadOnlyList<string>> ListGrantedAsync(Caller caller, string last, int count, CancellationToken cancellationToken)
    {
        const string Organizations = """
            SELECT o.id FROM organizations o LEFT JOIN org_acl a ON a.organization_id = o.id AND a.user_id = @userId
            WHERE o.domain_id = @domainId AND (o.creator_id = @userId OR a.auth IS NOT NULL) AND o.name || '/' >= @from
            ORDER BY o.name || '/'
            """;

        var slash = last.IndexOf('/', StringComparison.Ordinal);
        var granted = await db.QueryAsync<long>(
            Organizations, new { userId = caller.UserId, domainId = caller.DomainId, from = slash < 0 ? last : last[..(slash + 1)] }, cancellationToken);
        var sql = $"SELECT path FROM repositories WHERE {db.In("organization_id", "organizations")} AND path > @last ORDER BY path LIMIT @left";
        var names = new List<string>();
        for (var (at, step) = (0, 1); at < granted.Count && names.Count < count; at += step, step = Math.Min(step * 2, MostOrganizations))
        {
            names.AddRange(await db.QueryAsync<string>(
                sql, new { organizations = granted.Skip(at).Take(step).ToArray(), last, left = count - names.Count }, cancellationToken));
        }

        return names;
    }

    private Task<IReadOnlyList<string>> ListAsync(string condition, Caller? caller, string last, int count, CancellationToken cancellationToken) =>
        db.QueryAsync<string>(
            $"SELECT path FROM repositories WHERE {condition} AND path > @last ORDER BY path LIMIT @count",
            new { userId = caller?.UserId, domainId = caller?.DomainId, now = clock.GetUtcNow().ToUnixTimeMilliseconds(), last, count },
            cancellationToken);
}
