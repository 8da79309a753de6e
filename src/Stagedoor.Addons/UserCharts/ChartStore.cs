using Microsoft.Extensions.Options;
using Stagedoor.Addons.Packages;
using Stagedoor.Storage;

namespace Stagedoor.Addons.UserCharts;

/// <summary>
/// The charts of projects. Whoever adds, replaces or deletes one holds the project's library, so that of two who do it at one moment the second sees what the first
/// has made of it.
/// </summary>
internal sealed class ChartStore(AddonsDb db, LibraryStore libraries, PackageStore packages, TimeProvider clock, IOptions<AddonsOptions> options)
{
    private const string Columns = """
        id, domain_id, project_id, name, version, library_id, digest, size, description, source, icon_url, translate, instruction, chart_yaml, chart_values, visible,
        uploaded_by, removing, created_at, updated_at
        """;

    // What the Helm repository shows: without the long texts.
    private static readonly string s_indexed = Columns
        .Replace("instruction", "'' AS instruction", StringComparison.Ordinal).Replace("chart_values", "NULL AS chart_values", StringComparison.Ordinal);

    /// <summary>A chart, also one that is being deleted.</summary>
    public async Task<UserChart?> FindAsync(string projectId, string id, CancellationToken cancellationToken) => Text.IsStorable(id)
        ? await db.FindAsync<UserChart>($"SELECT {Columns} FROM chart WHERE project_id = @projectId AND id = @id", new { projectId, id }, cancellationToken)
        : null;

    /// <summary>A version of a chart, also one that is being deleted.</summary>
    public Task<UserChart?> FindVersionAsync(string projectId, string name, string version, CancellationToken cancellationToken) => db.FindAsync<UserChart>(
        $"SELECT {s_indexed} FROM chart WHERE project_id = @projectId AND name = @name AND version = @version", new { projectId, name, version }, cancellationToken);

    /// <summary>All charts of a project, by name and age.</summary>
    public Task<IReadOnlyList<UserChart>> ListAsync(string projectId, CancellationToken cancellationToken) => db.QueryAsync<UserChart>(
        $"SELECT {Columns} FROM chart WHERE project_id = @projectId ORDER BY name, created_at, id", new { projectId }, cancellationToken);

    /// <summary>The charts that a Helm repository shows, without their long texts.</summary>
    public Task<IReadOnlyList<UserChart>> ListVisibleAsync(string projectId, CancellationToken cancellationToken) => db.QueryAsync<UserChart>(
        $"SELECT {s_indexed} FROM chart WHERE project_id = @projectId AND visible = 1 ORDER BY name, id", new { projectId }, cancellationToken);

    /// <summary>The chart that a file of a Helm repository is, by what Chart.yaml says and never by taking the file's name apart.</summary>
    public async Task<UserChart?> FindFileAsync(string projectId, string file, string? id, CancellationToken cancellationToken) => Text.IsStorable(file) && Text.IsStorable(id)
        ? await db.FindAsync<UserChart>(
            $"""
            SELECT {s_indexed} FROM chart WHERE project_id = @projectId AND visible = 1 AND name || '-' || version || '.tgz' = @file{(id is null ? "" : " AND id = @id")}
            ORDER BY created_at, id LIMIT 1
            """,
            new { projectId, file, id },
            cancellationToken)
        : null;

    /// <summary>How many charts a project has; each version counts.</summary>
    public Task<long> CountAsync(string projectId, CancellationToken cancellationToken) =>
        db.FindAsync<long>("SELECT COUNT(*) FROM chart WHERE project_id = @projectId", new { projectId }, cancellationToken);

    /// <summary>Records a chart whose package is stored.</summary>
    /// <param name="chart">The chart.</param>
    /// <param name="overrides">Whether one of the same name and version is replaced, which keeps its id.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<ChartChange> AddAsync(UserChart chart, bool overrides, CancellationToken cancellationToken)
    {
        const string Insert = """
            INSERT INTO chart (
                id, domain_id, project_id, name, version, library_id, digest, size, description, source, icon_url, translate, instruction, chart_yaml, chart_values, visible,
                uploaded_by, removing, created_at, updated_at)
            VALUES (
                @Id, @DomainId, @ProjectId, @Name, @Version, @LibraryId, @Digest, @Size, @Description, @Source, @IconUrl, @Translate, @Instruction, @ChartYaml, @ChartValues,
                @Visible, @UploadedBy, 0, @CreatedAt, @UpdatedAt)
            """;

        return ChangeAsync(
            chart,
            async session =>
            {
                var old = await session.FindAsync<UserChart>(
                    $"SELECT {Columns} FROM chart WHERE project_id = @ProjectId AND name = @Name AND version = @Version{db.ForUpdate}", chart);
                if (old is not null)
                {
                    return old.Removing != 0 ? new(ChartOutcome.Removing) : overrides ? await ReplaceAsync(session, old, chart) : new(ChartOutcome.Present);
                }

                if (await session.FindAsync<long>("SELECT COUNT(*) FROM chart WHERE project_id = @ProjectId", chart) >= options.Value.MaxChartsPerProject)
                {
                    return new(ChartOutcome.TooMany);
                }

                var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
                var row = chart with { CreatedAt = now, UpdatedAt = now };
                await session.ExecuteAsync(Insert, row);
                return new(ChartOutcome.Done, row);
            },
            cancellationToken);
    }

    /// <summary>Puts another package in the place of a chart's, which keeps its name and its id.</summary>
    /// <param name="id">The chart.</param>
    /// <param name="chart">What it shall be; its package is stored.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<ChartChange> ReplaceAsync(string id, UserChart chart, CancellationToken cancellationToken) => ChangeAsync(
        chart,
        async session =>
        {
            var row = chart with { Id = id };
            if (await session.FindAsync<UserChart>($"SELECT {Columns} FROM chart WHERE project_id = @ProjectId AND id = @Id{db.ForUpdate}", row) is not { } old)
            {
                return new(ChartOutcome.Absent);
            }

            if (old.Removing != 0)
            {
                return new(ChartOutcome.Removing);
            }

            if (!string.Equals(old.Name, row.Name, StringComparison.Ordinal))
            {
                return new(ChartOutcome.OtherName, old);
            }

            return await session.FindAsync<long>("SELECT COUNT(*) FROM chart WHERE project_id = @ProjectId AND name = @Name AND version = @Version AND id <> @Id", row) > 0
                ? new(ChartOutcome.Present)
                : await ReplaceAsync(session, old, row);
        },
        cancellationToken);

    /// <summary>Begins to delete a chart: from then on nobody replaces it. Null when there is none.</summary>
    public Task<UserChart?> BeginRemovalAsync(string projectId, string id, CancellationToken cancellationToken) => !Text.IsStorable(id)
        ? Task.FromResult<UserChart?>(null)
        : db.FindAsync<UserChart>($"UPDATE chart SET removing = 1 WHERE project_id = @projectId AND id = @id RETURNING {Columns}", new { projectId, id }, cancellationToken);

    /// <summary>Gives a chart back whose package could not be removed, unless somebody else removes it by now, who forgets it then.</summary>
    public Task<int> EndRemovalAsync(UserChart chart, CancellationToken cancellationToken) => db.TransactAsync(
        async session => await packages.HoldAsync(session, chart.LibraryId, chart.Digest)
            ? await session.ExecuteAsync("UPDATE chart SET removing = 0 WHERE project_id = @ProjectId AND id = @Id", chart)
            : 0,
        cancellationToken);

    /// <summary>Charts that are being removed.</summary>
    public Task<IReadOnlyList<UserChart>> ListRemovingAsync(CancellationToken cancellationToken) =>
        db.QueryAsync<UserChart>($"SELECT {s_indexed} FROM chart WHERE removing = 1", null, cancellationToken);

    /// <summary>Forgets a chart whose package is gone. False when somebody else has.</summary>
    public async Task<bool> ForgetAsync(UserChart chart, CancellationToken cancellationToken) =>
        await db.ExecuteAsync("DELETE FROM chart WHERE project_id = @ProjectId AND id = @Id AND removing = 1", chart, cancellationToken) == 1;

    private Task<ChartChange> ChangeAsync(UserChart chart, Func<DbSession, Task<ChartChange>> change, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            await libraries.HoldAsync(session, chart.DomainId, chart.ProjectId);
            return await packages.HoldAsync(session, chart.LibraryId, chart.Digest) ? await change(session) : new(ChartOutcome.Lost);
        },
        cancellationToken);

    private async Task<ChartChange> ReplaceAsync(DbSession session, UserChart old, UserChart chart)
    {
        const string Update = """
            UPDATE chart SET version = @Version, library_id = @LibraryId, digest = @Digest, size = @Size, description = @Description, source = @Source, icon_url = @IconUrl,
                translate = @Translate, instruction = @Instruction, chart_yaml = @ChartYaml, chart_values = @ChartValues, visible = @Visible, uploaded_by = @UploadedBy,
                updated_at = @UpdatedAt
            WHERE id = @Id
            """;

        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var row = chart with { Id = old.Id, CreatedAt = old.CreatedAt, UpdatedAt = Math.Max(now, old.CreatedAt) };
        await session.ExecuteAsync(Update, row);
        return new(ChartOutcome.Done, row, string.Equals(old.Digest, row.Digest, StringComparison.Ordinal) ? null : old);
    }
}

/// <summary>What became of a change of a chart.</summary>
internal enum ChartOutcome
{
    Done,
    Absent,

    /// <summary>There is one of that name and version.</summary>
    Present,

    /// <summary>It is being deleted.</summary>
    Removing,

    /// <summary>The package is of another chart.</summary>
    OtherName,

    /// <summary>The project has as many as it may.</summary>
    TooMany,

    /// <summary>The package was removed meanwhile.</summary>
    Lost,
}

/// <summary>What became of a change, the chart, and the one whose package it has replaced.</summary>
internal readonly record struct ChartChange(ChartOutcome Outcome, UserChart? Chart = null, UserChart? Replaced = null);
