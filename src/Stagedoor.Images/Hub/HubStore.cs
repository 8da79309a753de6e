using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Hub;

/// <summary>Repositories that everybody may pull from, whosever they are.</summary>
internal sealed class HubStore(ImagesDb db)
{
    public const string From = "FROM repositories r JOIN organizations o ON o.id = r.organization_id";

    /// <summary>The public repository of a name; null when there is none, or it is not public.</summary>
    public Task<RepositoryDetails?> FindAsync(string organization, string repository, CancellationToken cancellationToken) => db.FindAsync<RepositoryDetails>(
        $"SELECT {RepositoryCatalog.Columns} {From} WHERE o.name = @organization AND r.name = @repository AND r.is_public = 1",
        new { organization, repository },
        cancellationToken);

    /// <summary>How many public repositories meet the conditions, and a page of them: what changed last comes first.</summary>
    public Task<(long Total, IReadOnlyList<RepositoryDetails> Page)> ListAsync(
        string? namePart, string? category, int offset, int limit, CancellationToken cancellationToken)
    {
        var condition = "r.is_public = 1" + (namePart is null ? "" : @" AND r.path LIKE @name ESCAPE '\'") + (category is null ? "" : " AND r.category = @category");
        return PageAsync(
            From, condition, "r.updated_at DESC, r.id DESC", new { name = RepositoryCatalog.Pattern(namePart), category, offset, limit }, offset, cancellationToken);
    }

    /// <summary>A page of repositories, and how many there are.</summary>
    /// <param name="from">Where they come from: repositories as r with organizations as o, and what else there is.</param>
    /// <param name="condition">Which of them.</param>
    /// <param name="order">In which order.</param>
    /// <param name="values">Of the parameters, with <c>@offset</c> and <c>@limit</c>.</param>
    /// <param name="offset">How many are passed over.</param>
    /// <param name="cancellationToken">Ends the queries.</param>
    public async Task<(long Total, IReadOnlyList<RepositoryDetails> Page)> PageAsync(
        string from, string condition, string order, object values, int offset, CancellationToken cancellationToken)
    {
        var total = await db.FindAsync<long>($"SELECT COUNT(*) {from} WHERE {condition}", values, cancellationToken);
        return (total, total <= offset ? [] : await db.QueryAsync<RepositoryDetails>(
            $"SELECT {RepositoryCatalog.Columns} {from} WHERE {condition} ORDER BY {order} LIMIT @limit OFFSET @offset", values, cancellationToken));
    }
}
