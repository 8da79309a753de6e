using Microsoft.Extensions.Options;
using Stagedoor.Iam.Domains;
using Stagedoor.Identity;
using Stagedoor.Storage;

namespace Stagedoor.Iam.Projects;

/// <summary>The projects of all accounts.</summary>
internal sealed class ProjectStore(GatewayDb db, IdSource ids, IOptions<IamOptions> options, TimeProvider clock)
{
    private const string Columns = "id, domain_id, parent_id, name, description, enabled";

    private string Region => options.Value.Region;

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    public Task<Project?> FindAsync(string id, CancellationToken cancellationToken) =>
        db.FindAsync<Project>($"SELECT {Columns} FROM project WHERE id = @id", new { id }, cancellationToken);

    /// <summary>Whether the project and its account are switched on; null when there is none.</summary>
    public Task<ProjectStanding?> FindStandingAsync(string id, CancellationToken cancellationToken) =>
        db.FindAsync<ProjectStanding>(
            "SELECT p.enabled, d.enabled AS domain_enabled FROM project p JOIN domain d ON d.id = p.domain_id WHERE p.id = @id", new { id }, cancellationToken);

    public Task<Project?> FindByNameAsync(string domainId, string name, CancellationToken cancellationToken) =>
        db.FindAsync<Project>(
            $"SELECT {Columns} FROM project WHERE domain_id = @domainId AND name = @name", new { domainId, name }, cancellationToken);

    /// <summary>The account's project that has the name of the region.</summary>
    public Task<Project?> FindDefaultAsync(string domainId, CancellationToken cancellationToken) =>
        FindByNameAsync(domainId, Region, cancellationToken);

    /// <summary>The account's projects in order of their names, those that match.</summary>
    public Task<IReadOnlyList<Project>> ListAsync(ProjectFilter filter, CancellationToken cancellationToken)
    {
        const string Sql = $"""
            SELECT {Columns} FROM project
            WHERE domain_id = @DomainId
              AND (@Name = '' OR name = @Name)
              AND (@ParentId = '' OR parent_id = @ParentId)
              AND (@Enabled = -1 OR enabled = @Enabled)
            ORDER BY name LIMIT @Limit OFFSET @Offset
            """;

        return db.QueryAsync<Project>(Sql, filter, cancellationToken);
    }

    /// <summary>Adds a project; false when the account has one of that name.</summary>
    public async Task<bool> AddAsync(Project project, CancellationToken cancellationToken) =>
        await db.TransactAsync(session => AddAsync(session, project), cancellationToken);

    /// <inheritdoc cref="AddAsync(Project, CancellationToken)"/>
    public async Task<bool> AddAsync(DbSession session, Project project)
    {
        const string Sql = """
            INSERT INTO project (id, domain_id, parent_id, name, description, enabled, created_at)
            VALUES (@Id, @DomainId, @ParentId, @Name, @Description, 1, @Now)
            ON CONFLICT (domain_id, name) DO NOTHING
            """;

        await DomainStore.LockNamesAsync(session, project.DomainId);
        return await session.ExecuteAsync(
            Sql, new { project.Id, project.DomainId, project.ParentId, project.Name, project.Description, Now }) == 1;
    }

    /// <summary>A default project for an account, not stored yet.</summary>
    public Project NewDefault(string domainId) =>
        new() { Id = ids.NewId(), DomainId = domainId, ParentId = domainId, Name = Region, Description = "", Enabled = true };

    /// <summary>Gives every account a default project in this region; needed after the region was renamed.</summary>
    public async Task EnsureDefaultsAsync(CancellationToken cancellationToken)
    {
        const string Sql = "SELECT id FROM domain WHERE NOT EXISTS (SELECT 1 FROM project WHERE domain_id = domain.id AND name = @Region)";

        foreach (var domainId in await db.QueryAsync<string>(Sql, new { Region }, cancellationToken))
        {
            await AddAsync(NewDefault(domainId), cancellationToken);
        }
    }

    /// <summary>Changes what is not null; false when the account has another project of that name.</summary>
    public Task<bool> UpdateAsync(Project project, string? name, string? description, CancellationToken cancellationToken)
    {
        const string Sql = """
            UPDATE project SET name = COALESCE(@name, name), description = COALESCE(@description, description)
            WHERE id = @Id AND NOT EXISTS (
                SELECT 1 FROM project AS other WHERE other.domain_id = project.domain_id AND other.name = @name AND other.id <> @Id)
            """;

        return db.TransactAsync(
            async session =>
            {
                await DomainStore.LockNamesAsync(session, project.DomainId);
                return await session.ExecuteAsync(Sql, new { project.Id, name, description }) == 1;
            },
            cancellationToken);
    }

    public Task SetEnabledAsync(string id, bool enabled, CancellationToken cancellationToken) =>
        db.ExecuteAsync("UPDATE project SET enabled = @enabled WHERE id = @id", new { id, enabled = enabled ? 1L : 0L }, cancellationToken);
}

/// <summary>Which projects of an account: empty text and -1 stand for all.</summary>
internal sealed record ProjectFilter(string DomainId, string Name = "", string ParentId = "", long Enabled = -1, long Limit = 5000, long Offset = 0);
