using Stagedoor.Images.Access;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Hub;

/// <summary>Looks for words in the names of what somebody may read.</summary>
/// <remarks>
/// Each reason for which somebody may read a repository has a query of its own, which finds names in an index and nothing else; the rows are read of those that are on
/// the page alone.
/// </remarks>
internal sealed class SearchStore(ImagesDb db, TimeProvider clock)
{
    // More words than a name can have in it cannot all be there.
    private const int MostWords = 16;

    // In ASCII order, as the names of repositories are.
    private string PackagePath => db.Engine is "postgresql" ? "(o.name || '/' || p.name COLLATE \"C\")" : "(o.name || '/' || p.name)";

    /// <summary>The words of a text that is looked for; null when no name has all of them.</summary>
    public static IReadOnlyList<string>? WordsOf(string text)
    {
        string[] words = [.. text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal)];
        return words.Length <= MostWords && Array.TrueForAll(words, static w => w.Length <= Organizations.Organization.MaxNameLength + RepositoryName.MaxRepositoryLength + 1 && Text.IsStorable(w))
            ? words
            : null;
    }

    /// <summary>How much has all the words in its name, and a page of it in the order of names.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="type"><c>image</c> or <c>app</c>; null for both.</param>
    /// <param name="words">The words.</param>
    /// <param name="offset">How many are passed over.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Ends the queries.</param>
    public async Task<(long Total, IReadOnlyList<Found> Page)> FindAsync(
        Caller caller, string? type, IReadOnlyList<string> words, int offset, int limit, CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["domainId"] = caller.DomainId,
            ["userId"] = caller.UserId,
            ["now"] = clock.GetUtcNow().ToUnixTimeMilliseconds(),
            ["offset"] = offset,
            ["limit"] = limit,
        };
        for (var i = 0; i < words.Count; i++)
        {
            values.Add($"word{i}", RepositoryCatalog.Pattern(words[i]));
        }

        var images = type is "app" ? [] : ReasonsOf(caller).Select(reason => $"SELECT 'image' AS type, r.id, r.path FROM repositories r WHERE {reason}{Named("r.path")}");
        var packages = type is "image" ? [] : (string[])
        [
            $"SELECT 'app' AS type, p.id, {PackagePath} AS path FROM packages p JOIN organizations o ON o.id = p.organization_id WHERE {PackagesOf(caller)}{Named(PackagePath)}",
        ];
        var found = string.Join(" UNION ", images.Concat(packages));
        var total = await db.FindAsync<long>($"SELECT COUNT(*) FROM ({found}) AS found", values, cancellationToken);
        return (total, total <= offset ? [] : await db.QueryAsync<Found>(
            $"""
            SELECT page.type, o.name AS organization, COALESCE(r.name, p.name) AS name, COALESCE(r.description, p.description) AS description,
                o.domain_name, COALESCE(s.name, '') AS repository
            FROM (SELECT type, id, path FROM ({found}) AS found ORDER BY path, type LIMIT @limit OFFSET @offset) AS page
            LEFT JOIN repositories r ON page.type = 'image' AND r.id = page.id
            LEFT JOIN packages p ON page.type = 'app' AND p.id = page.id
            LEFT JOIN package_repos s ON s.id = p.package_repo_id
            JOIN organizations o ON o.id = COALESCE(r.organization_id, p.organization_id)
            ORDER BY page.path, page.type
            """,
            values,
            cancellationToken));

        string Named(string column) => string.Concat(Enumerable.Range(0, words.Count).Select(i => $@" AND LOWER({column}) LIKE @word{i} ESCAPE '\'"));
    }

    private static string PackagesOf(Caller caller) => Rights.SeesEverything(caller)
        ? "(p.is_public = 1 OR o.domain_id = @domainId)"
        : """
        (p.is_public = 1 OR (o.domain_id = @domainId AND (
            o.creator_id = @userId OR EXISTS (SELECT 1 FROM org_acl a WHERE a.organization_id = o.id AND a.user_id = @userId))))
        """;

    private static IEnumerable<string> ReasonsOf(Caller caller)
    {
        yield return "r.is_public = 1";
        yield return "r.id IN (SELECT repository_id FROM share_domains WHERE domain_id = @domainId AND (expires_at IS NULL OR expires_at > @now))";
        if (Rights.SeesEverything(caller))
        {
            yield return "r.domain_id = @domainId";
            yield break;
        }

        yield return "r.creator_id = @userId AND r.domain_id = @domainId";
        yield return "r.domain_id = @domainId AND r.id IN (SELECT repository_id FROM repo_acl WHERE user_id = @userId)";
        yield return """
            r.organization_id IN (
                SELECT o.id FROM organizations o LEFT JOIN org_acl a ON a.organization_id = o.id AND a.user_id = @userId
                WHERE o.domain_id = @domainId AND (o.creator_id = @userId OR a.auth IS NOT NULL))
            """;
    }
}

/// <summary>Something whose name has the words.</summary>
internal sealed record Found
{
    /// <summary><c>image</c> or <c>app</c>.</summary>
    public string Type { get; init; } = "";

    public string Organization { get; init; } = "";

    public string Name { get; init; } = "";

    public string Description { get; init; } = "";

    public string DomainName { get; init; } = "";

    /// <summary>The repository that a package is in; empty for an image.</summary>
    public string Repository { get; init; } = "";

    /// <summary>Where it is at a host.</summary>
    public string Path(string host) => Type is "app"
        ? $"{host}/swr/v2/domains/{DomainName}/namespaces/{Organization}/repositories/{Repository}/packages/{Name}"
        : $"{host}/{Organization}/{Name}";
}
