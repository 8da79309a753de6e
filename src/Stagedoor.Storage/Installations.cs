namespace Stagedoor.Storage;

/// <summary>The mark of an installation in each of its databases, by which a foreign or an emptied one is recognized.</summary>
public static class Installations
{
    /// <summary>What the database is, without making anything.</summary>
    /// <param name="db">The database.</param>
    /// <param name="contentTable">A table whose rows say that the database is in use.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StorageException">It cannot be read.</exception>
    public static async Task<DatabaseState> ExamineAsync(Db db, string contentTable, CancellationToken cancellationToken)
    {
        if (!await db.ExistsAsync(cancellationToken))
        {
            return new(db.Location, IsMade: false, HasContent: false, null);
        }

        return await db.ReadAsync(
            async session =>
            {
                var made = await HasTableAsync(db, session, "schema_migration")
                    && await session.FindAsync<long>("SELECT COUNT(*) FROM schema_migration") > 0;
                var content = made && await HasTableAsync(db, session, contentTable)
                    && await session.FindAsync<long>($"SELECT COUNT(*) FROM (SELECT 1 FROM {contentTable} LIMIT 1) content") > 0;
                var mark = await HasTableAsync(db, session, "installation") ? await FindMarkAsync(session) : null;
                return new DatabaseState(db.Location, made, content, mark);
            },
            cancellationToken);
    }

    /// <summary>Whether a migration has ever been applied to the database.</summary>
    public static async Task<bool> IsMadeAsync(Db db, CancellationToken cancellationToken) =>
        (await ExamineAsync(db, "schema_migration", cancellationToken)).IsMade;

    /// <summary>The mark; null when there is none.</summary>
    public static Task<InstallationMark?> FindAsync(Db db, CancellationToken cancellationToken) => db.ReadAsync(
        async session => await HasTableAsync(db, session, "installation") ? await FindMarkAsync(session) : null, cancellationToken);

    /// <summary>Marks the database with the id, unless it bears one; answers the one that it bears then.</summary>
    public static Task<InstallationMark> MarkAsync(Db db, string id, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            await session.ExecuteAsync(
                "CREATE TABLE IF NOT EXISTS installation (slot BIGINT PRIMARY KEY, id TEXT NOT NULL, epoch BIGINT NOT NULL)");
            await session.ExecuteAsync("CREATE TABLE IF NOT EXISTS installation_part (name TEXT PRIMARY KEY)");
            await session.ExecuteAsync("INSERT INTO installation (slot, id, epoch) VALUES (1, @id, 0) ON CONFLICT (slot) DO NOTHING", new { id });
            return (await FindMarkAsync(session))!;
        },
        cancellationToken);

    /// <summary>Sets how far a marked database has come.</summary>
    public static Task<int> SetEpochAsync(Db db, long epoch, CancellationToken cancellationToken) =>
        db.ExecuteAsync("UPDATE installation SET epoch = @epoch", new { epoch }, cancellationToken);

    /// <summary>The parts that the installation is known to have, from a marked database.</summary>
    public static Task<IReadOnlyList<string>> ListPartsAsync(Db db, CancellationToken cancellationToken) =>
        db.QueryAsync<string>("SELECT name FROM installation_part", null, cancellationToken);

    /// <summary>Notes that the installation has the part from now on.</summary>
    public static Task<int> AddPartAsync(Db db, string name, CancellationToken cancellationToken) => db.ExecuteAsync(
        "INSERT INTO installation_part (name) VALUES (@name) ON CONFLICT (name) DO NOTHING", new { name }, cancellationToken);

    /// <summary>Forgets a part that is lost, so that it may begin anew.</summary>
    public static Task<int> RemovePartAsync(Db db, string name, CancellationToken cancellationToken) =>
        db.ExecuteAsync("DELETE FROM installation_part WHERE name = @name", new { name }, cancellationToken);

    /// <summary>The partitions that the module's database knows of, in their order.</summary>
    public static Task<IReadOnlyList<KnownPartition>> ListPartitionsAsync(Db db, CancellationToken cancellationToken) => db.ReadAsync(
        async session => await HasTableAsync(db, session, "installation_partition")
            ? await session.QueryAsync<KnownPartition>("SELECT name, lost FROM installation_partition ORDER BY name")
            : [],
        cancellationToken);

    /// <summary>Notes that the module has the partition from now on, or that it was lost.</summary>
    public static Task<int> NotePartitionAsync(Db db, string name, bool isLost, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            await session.ExecuteAsync("CREATE TABLE IF NOT EXISTS installation_partition (name TEXT PRIMARY KEY, lost BIGINT NOT NULL)");
            return await session.ExecuteAsync(
                "INSERT INTO installation_partition (name, lost) VALUES (@name, @lost) ON CONFLICT (name) DO UPDATE SET lost = excluded.lost",
                new { name, lost = isLost ? 1L : 0L });
        },
        cancellationToken);

    /// <summary>Forgets a partition: its absence is no loss any more.</summary>
    public static async Task RemovePartitionAsync(Db db, string name, CancellationToken cancellationToken)
    {
        if ((await ListPartitionsAsync(db, cancellationToken)).Any(p => string.Equals(p.Name, name, StringComparison.Ordinal)))
        {
            await db.ExecuteAsync("DELETE FROM installation_partition WHERE name = @name", new { name }, cancellationToken);
        }
    }

    private static Task<InstallationMark?> FindMarkAsync(DbSession session) =>
        session.FindAsync<InstallationMark>("SELECT id, epoch FROM installation WHERE slot = 1");

    private static async Task<bool> HasTableAsync(Db db, DbSession session, string name) => await session.FindAsync<long>(
        db.Engine is "sqlite"
            ? "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = @name"
            : "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = @name",
        new { name }) > 0;
}
