using Stagedoor.Images.Access;
using Stagedoor.Images.Sharing;

namespace Stagedoor.Images.Repositories;

/// <summary>Repositories as the management API shows and lists them.</summary>
internal sealed class RepositoryCatalog(ImagesDb db)
{
    private const int MostAtOnce = 1000;

    /// <summary>What of a repository r and its organization o is read.</summary>
    public const string Columns = """
        r.id, r.organization_id, o.name AS organization, o.domain_name, r.name, r.category, r.description, r.creator_id, r.creator_name, r.size, r.is_public,
        r.num_images, r.num_download, r.domain_id, r.created_at, r.updated_at
        """;

    // Every repository that the user may read in its account; who sees everything is not asked for grants.
    private const string Readable = """
        (r.is_public = 1 OR r.creator_id = @userId OR o.creator_id = @userId
          OR EXISTS (SELECT 1 FROM org_acl a WHERE a.organization_id = r.organization_id AND a.user_id = @userId)
          OR EXISTS (SELECT 1 FROM repo_acl p WHERE p.repository_id = r.id AND p.user_id = @userId))
        """;

    private const string Editable = """
        (r.creator_id = @userId OR o.creator_id = @userId
          OR EXISTS (SELECT 1 FROM org_acl a WHERE a.organization_id = r.organization_id AND a.user_id = @userId AND a.auth >= 3)
          OR EXISTS (SELECT 1 FROM repo_acl p WHERE p.repository_id = r.id AND p.user_id = @userId AND p.auth >= 3))
        """;

    public Task<RepositoryDetails?> FindAsync(long id, CancellationToken cancellationToken) => db.FindAsync<RepositoryDetails>(
        $"SELECT {Columns} FROM repositories r JOIN organizations o ON o.id = r.organization_id WHERE r.id = @id", new { id }, cancellationToken);

    /// <summary>How many repositories meet the conditions, and a page of them.</summary>
    public async Task<(long Total, IReadOnlyList<RepositoryDetails> Page)> ListAsync(
        Caller caller, RepositoryFilter filter, RepositoryOrder order, int offset, int limit, CancellationToken cancellationToken)
    {
        var (where, values) = Where(caller, filter, await FindNamedAsync(caller, filter, cancellationToken));
        values.Add("offset", offset);
        values.Add("limit", limit);
        var page = await db.QueryAsync<RepositoryDetails>(
            $"""
            SELECT {Columns}, {Status(filter)} AS is_shared FROM repositories r JOIN organizations o ON o.id = r.organization_id
            WHERE r.id IN (SELECT r.id FROM {From(where, order.Sql)} WHERE {where} ORDER BY {order.Sql} LIMIT @limit OFFSET @offset) ORDER BY {order.Sql}
            """,
            values,
            cancellationToken);

        // A page that is not full is the last one. Only behind a full one is there more to count.
        var total = page.Count < limit && (page.Count > 0 || offset == 0) ? offset + page.Count
            : await db.FindAsync<long>($"SELECT COUNT(*) FROM {From(where)} WHERE {where}", values, cancellationToken);
        return (total, page);
    }

    /// <summary>Repositories after one of them, in the order of their ids.</summary>
    public async Task<IReadOnlyList<RepositoryDetails>> ListAfterAsync(
        Caller caller, RepositoryFilter filter, long marker, int limit, CancellationToken cancellationToken)
    {
        var (where, values) = Where(caller, filter, await FindNamedAsync(caller, filter, cancellationToken));
        values.Add("marker", marker);
        values.Add("limit", limit);
        return await db.QueryAsync<RepositoryDetails>(
            $"""
            SELECT {Columns}, {Status(filter)} AS is_shared FROM repositories r JOIN organizations o ON o.id = r.organization_id
            WHERE {where} AND r.id > @marker ORDER BY r.id LIMIT @limit
            """,
            values,
            cancellationToken);
    }

    /// <summary>All tags of some repositories, in ASCII order.</summary>
    public async Task<ILookup<long, string>> ListTagsAsync(IEnumerable<RepositoryDetails> repositories, CancellationToken cancellationToken)
    {
        var rows = new List<TagRow>();
        // Some engines take so many parameters and no more.
        foreach (var ids in repositories.Where(static r => r.NumImages > 0).Select(static r => r.Id).Chunk(MostAtOnce))
        {
            rows.AddRange(await db.QueryAsync<TagRow>(
                $"SELECT repository_id, name FROM tags WHERE {db.In("repository_id", nameof(ids))} AND deleted_at IS NULL ORDER BY repository_id, name",
                new { ids },
                cancellationToken));
        }

        return rows.ToLookup(static r => r.RepositoryId, static r => r.Name);
    }

    // The organizations are looked up for the repositories of the page alone, unless which ones those are depends on them.
    private static string From(string where, string order = "") =>
        $"{where} {order}".Contains("o.", StringComparison.Ordinal) ? "repositories r JOIN organizations o ON o.id = r.organization_id" : "repositories r";

    private static string Status(RepositoryFilter filter) => filter.Shared?.Status ?? "CAST(0 AS BIGINT)";

    // The account's own that a part of a name means, unless they are many, or not asked for.
    private Task<long[]?> FindNamedAsync(Caller caller, RepositoryFilter filter, CancellationToken cancellationToken) =>
        filter is { NamePart.Length: > 0, Shared: null or { FromOthers: false } }
            ? RepositoryNames.FindAsync(db, caller.DomainId, filter.NamePart.ToLowerInvariant(), cancellationToken)
            : Task.FromResult<long[]?>(null);

    private (string Where, Dictionary<string, object?> Values) Where(Caller caller, RepositoryFilter filter, long[]? named)
    {
        var fromOthers = filter.Shared is { FromOthers: true };
        var where = new List<string>();
        var values = new Dictionary<string, object?>(StringComparer.Ordinal) { ["domainId"] = caller.DomainId, ["userId"] = caller.UserId };
        if (filter.Shared is { } shared)
        {
            where.Add(shared.Condition);
            values.Add("account", shared.Account);
            values.Add("now", shared.Now);
        }

        if (named is not null)
        {
            // They are the account's: named with them, it has its repositories read one after the other.
            where.Add(db.In("r.id", nameof(named)));
            values.Add(nameof(named), named);
        }
        else if (!fromOthers)
        {
            where.Add("r.domain_id = @domainId");
        }

        if (!fromOthers && (filter.IsEditable ? !Rights.IsAdministrator(caller) : !Rights.SeesEverything(caller)))
        {
            where.Add(filter.IsEditable ? Editable : Readable);
        }

        Add("namespace", filter.Namespace, "o.name = @namespace");
        Add("namespacePart", Pattern(filter.NamespacePart), @"o.name LIKE @namespacePart ESCAPE '\'");
        Add("namePart", named is null ? Pattern(filter.NamePart) : null, @"r.name LIKE @namePart ESCAPE '\'");
        Add("category", filter.Category, "r.category = @category");
        Add("isPublic", filter.IsPublic is { } isPublic ? isPublic ? 1 : 0 : null, "r.is_public = @isPublic");
        return (string.Join(" AND ", where), values);

        void Add(string name, object? value, string condition)
        {
            if (value is not null)
            {
                where.Add(condition);
                values.Add(name, value);
            }
        }
    }

    /// <summary>
    /// What a text in small letters matches that contains the part in any letters, for <c>LIKE … ESCAPE '\'</c>: by itself the operator takes notice of letter case on
    /// one of the engines.
    /// </summary>
    public static string? Pattern(string? part) => part is null ? null
        : "%" + part.ToLowerInvariant().Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal) + "%";

    private sealed record TagRow
    {
        public long RepositoryId { get; init; }

        public string Name { get; init; } = "";
    }
}

/// <summary>Which repositories are asked for; null is all.</summary>
internal sealed record RepositoryFilter
{
    public string? Namespace { get; init; }

    public string? NamespacePart { get; init; }

    public string? NamePart { get; init; }

    public string? Category { get; init; }

    public bool? IsPublic { get; init; }

    /// <summary>Only those that the caller may push to.</summary>
    public bool IsEditable { get; init; }

    /// <summary>Only those that are or were shared.</summary>
    public SharedFilter? Shared { get; init; }
}

/// <summary>The order of a list of repositories.</summary>
internal sealed record RepositoryOrder(string Sql)
{
    /// <summary>What changed last comes first.</summary>
    public static RepositoryOrder Default { get; } = new("r.updated_at DESC, r.id DESC");

    /// <summary>What a list can be ordered by, as the documented spellings have it.</summary>
    public static IReadOnlyCollection<string> Columns { get; } = ["updated_at", "updated_time", "name", "tag_count", "namespace", "is_public"];

    public static RepositoryOrder Of(string? column, bool ascending)
    {
        var sql = column switch
        {
            "updated_at" or "updated_time" => "r.updated_at",
            "name" => "r.name",
            "tag_count" => "r.num_images",
            "namespace" => "o.name",
            "is_public" => "r.is_public",
            _ => null,
        };
        var direction = ascending ? "ASC" : "DESC";
        return sql is null ? Default : new($"{sql} {direction}, r.id {direction}");
    }
}

/// <summary>A repository with its organization.</summary>
internal sealed record RepositoryDetails
{
    public long Id { get; init; }

    public long OrganizationId { get; init; }

    public string Organization { get; init; } = "";

    public string DomainName { get; init; } = "";

    public string Name { get; init; } = "";

    public string Category { get; init; } = "";

    public string Description { get; init; } = "";

    public string CreatorId { get; init; } = "";

    public string CreatorName { get; init; } = "";

    public long Size { get; init; }

    public long IsPublic { get; init; }

    public long NumImages { get; init; }

    public long NumDownload { get; init; }

    public string DomainId { get; init; } = "";

    public long CreatedAt { get; init; }

    public long UpdatedAt { get; init; }

    /// <summary>In lists of shared repositories: whether it still is.</summary>
    public long IsShared { get; init; }
}
