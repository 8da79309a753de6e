using Stagedoor.Storage;

namespace Stagedoor.Images.Packages;

/// <summary>
/// Changes of what is in a repository of packages. They wait for one another at its row, so that each decides on what is really there; each that is done is
/// counted there, by which it shows whether the meta file is out of date.
/// </summary>
internal sealed class PackageChanges(ImagesDb db, TimeProvider clock)
{
    private const string Unchanged = "unchanged";

    // Whoever waits longer is told so, and may try again.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    public long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Makes a change, unless the repository is gone. What it wrote stays only when it is done.</summary>
    public Task<PackageChange> RunAsync(long repositoryId, Func<DbSession, Task<PackageChange>> change, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            // No key of it is changed, so that bytes are stored for it meanwhile.
            if (!await HoldAsync(session, repositoryId, db.ForNoKeyUpdate))
            {
                return PackageChange.Gone;
            }

            // The row of the organization is the last that a change writes (OrganizationUsage): it counts before, and is undone with it.
            await session.ExecuteAsync($"SAVEPOINT {Unchanged}");
            await session.ExecuteAsync(
                "UPDATE package_repos SET revision = revision + 1, updated_at = @now WHERE id = @repositoryId", new { repositoryId, now = Now });
            var outcome = await change(session);
            if (outcome is not PackageChange.Done)
            {
                await session.ExecuteAsync($"ROLLBACK TO SAVEPOINT {Unchanged}");
            }

            return outcome;
        },
        cancellationToken);

    /// <summary>Deletes a repository in which nothing is.</summary>
    public Task<PackageChange> DeleteAsync(long repositoryId, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            if (!await HoldAsync(session, repositoryId, db.ForUpdate))
            {
                return PackageChange.Gone;
            }

            if (await session.FindAsync<long>("SELECT COUNT(*) FROM packages WHERE package_repo_id = @repositoryId", new { repositoryId }) > 0)
            {
                return PackageChange.NotEmpty;
            }

            await DeleteAsync(db, session, [repositoryId]);
            return PackageChange.Done;
        },
        cancellationToken);

    /// <summary>Deletes the rows of repositories that the transaction holds, and in which nothing is.</summary>
    public static async Task DeleteAsync(ImagesDb db, DbSession session, long[] ids)
    {
        foreach (var table in (string[])["package_links", "package_meta"])
        {
            await session.ExecuteAsync($"DELETE FROM {table} WHERE {db.In("package_repo_id", nameof(ids))}", new { ids });
        }

        await session.ExecuteAsync($"DELETE FROM package_repos WHERE {db.In("id", nameof(ids))}", new { ids });
    }

    private async Task<bool> HoldAsync(DbSession session, long repositoryId, string how) =>
        await session.FindAsync<long?>($"{db.WaitAtMost(s_patience)}SELECT id FROM package_repos WHERE id = @repositoryId{how}", new { repositoryId }) is not null;
}
