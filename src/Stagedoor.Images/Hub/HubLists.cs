using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Hub;

/// <summary>Lists of public repositories that the operator keeps.</summary>
internal sealed class HubLists(ImagesDb db, HubStore hub, TimeProvider clock)
{
    /// <summary>The longest name of a list.</summary>
    public const int MaxNameLength = 64;

    private static readonly System.Buffers.SearchValues<char> s_allowed = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");
    private static readonly string[] s_fixed = ["official", "recommended"];

    /// <summary>Whether a list can have this name.</summary>
    public static bool IsValidName(string name) => name.Length is > 0 and <= MaxNameLength && char.IsAsciiLetterLower(name[0])
        && !name.AsSpan().ContainsAnyExcept(s_allowed);

    /// <summary>Whether the list is always there.</summary>
    public static bool IsFixed(string name) => Array.IndexOf(s_fixed, name) >= 0;

    public async Task<bool> ExistsAsync(string list, CancellationToken cancellationToken) =>
        await db.FindAsync<long>("SELECT COUNT(*) FROM hub_lists WHERE name = @list", new { list }, cancellationToken) > 0;

    /// <summary>A page of a list, what was put there last first. What is not public any more is not in it.</summary>
    public Task<(long Total, IReadOnlyList<RepositoryDetails> Page)> ListAsync(string list, int offset, int limit, CancellationToken cancellationToken) => hub.PageAsync(
        $"{HubStore.From} JOIN hub_items i ON i.repository_id = r.id",
        "i.list = @list AND r.is_public = 1",
        "i.created_at DESC, r.id DESC",
        new { list, offset, limit },
        offset,
        cancellationToken);

    /// <summary>Makes a list, unless it is there.</summary>
    public Task AddAsync(string list, CancellationToken cancellationToken) => db.ExecuteAsync(
        "INSERT INTO hub_lists (name, created_at) VALUES (@list, @now) ON CONFLICT (name) DO NOTHING", new { list, now = Now }, cancellationToken);

    /// <summary>Removes a list with what is in it; false when there is none.</summary>
    public Task<bool> DeleteAsync(string list, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            // First, so that whoever puts something there waits, and finds the list gone.
            if (await session.ExecuteAsync("DELETE FROM hub_lists WHERE name = @list", new { list }) == 0)
            {
                return false;
            }

            await session.ExecuteAsync("DELETE FROM hub_items WHERE list = @list", new { list });
            return true;
        },
        cancellationToken);

    /// <summary>Puts a repository on a list, where it stays in its place if it is there; false when there is no such list.</summary>
    public Task<bool> AddItemAsync(string list, long repositoryId, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            // Holds the list.
            if (await session.ExecuteAsync("UPDATE hub_lists SET created_at = created_at WHERE name = @list", new { list }) == 0)
            {
                return false;
            }

            await session.ExecuteAsync(
                "INSERT INTO hub_items (list, repository_id, created_at) VALUES (@list, @repositoryId, @now) ON CONFLICT (list, repository_id) DO NOTHING",
                new { list, repositoryId, now = Now });
            return true;
        },
        cancellationToken);

    /// <summary>Takes a repository off a list, public or not; false when it is not on it.</summary>
    public async Task<bool> DeleteItemAsync(string list, string organization, string repository, CancellationToken cancellationToken) => await db.ExecuteAsync(
        """
        DELETE FROM hub_items WHERE list = @list AND repository_id IN (
            SELECT r.id FROM repositories r JOIN organizations o ON o.id = r.organization_id WHERE o.name = @organization AND r.name = @repository)
        """,
        new { list, organization, repository },
        cancellationToken) > 0;

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();
}
