using Stagedoor.Iam.Domains;
using Stagedoor.Identity;
using Stagedoor.Storage;

namespace Stagedoor.Iam.Users;

/// <summary>The users of all accounts.</summary>
internal sealed class UserStore(GatewayDb db, IdSource ids)
{
    private const string Select = """
        SELECT u.id, u.domain_id, d.name AS domain_name, d.enabled AS domain_enabled, u.name, u.description, u.email, u.area_code, u.phone,
               u.access_mode, u.enabled, u.is_root, u.password_hash, u.must_change_password, u.stamp, u.created_at
        FROM iam_user AS u JOIN domain AS d ON d.id = u.domain_id
        """;

    public Task<User?> FindAsync(string id, CancellationToken cancellationToken) =>
        db.FindAsync<User>($"{Select} WHERE u.id = @id", new { id }, cancellationToken);

    /// <summary>The user by name in an account given by id or by name.</summary>
    public Task<User?> FindByNameAsync(string name, string domainId, string domainName, CancellationToken cancellationToken) =>
        db.FindAsync<User>(
            $"{Select} WHERE u.name = @name AND (d.id = @domainId OR d.name = @domainName)",
            new { name, domainId, domainName = domainId.Length > 0 ? "" : domainName },
            cancellationToken);

    /// <summary>The user with the roles that it was given, wherever in its account.</summary>
    public Task<KnownUser?> FindIdentityAsync(string id, CancellationToken cancellationToken) => db.ReadAsync(
        async session => await session.FindAsync<User>($"{Select} WHERE u.id = @id", new { id }) is { } user
            ? new KnownUser(user, await session.QueryAsync<Roles.RoleGrant>("SELECT scope_id, role FROM user_role WHERE user_id = @id", new { id }))
            : null,
        cancellationToken);

    /// <summary>The account's users in order of their names; empty text and -1 stand for all.</summary>
    public Task<IReadOnlyList<User>> ListAsync(string domainId, string name, long enabled, CancellationToken cancellationToken) =>
        db.QueryAsync<User>(
            $"{Select} WHERE u.domain_id = @domainId AND (@name = '' OR u.name = @name) AND (@enabled = -1 OR u.enabled = @enabled) ORDER BY u.name",
            new { domainId, name, enabled },
            cancellationToken);

    /// <summary>The ids of the account's users.</summary>
    public Task<IReadOnlyList<string>> ListIdsAsync(string domainId, CancellationToken cancellationToken) =>
        db.QueryAsync<string>("SELECT id FROM iam_user WHERE domain_id = @domainId", new { domainId }, cancellationToken);

    /// <summary>Adds a user; false when the account has one of that name.</summary>
    public Task<bool> AddAsync(User user, CancellationToken cancellationToken) =>
        db.TransactAsync(session => AddAsync(session, user), cancellationToken);

    /// <inheritdoc cref="AddAsync(User, CancellationToken)"/>
    public static async Task<bool> AddAsync(DbSession session, User user)
    {
        await DomainStore.LockNamesAsync(session, user.DomainId);
        const string Sql = """
            INSERT INTO iam_user (id, domain_id, name, description, email, area_code, phone, access_mode, enabled, is_root,
                                  password_hash, must_change_password, stamp, created_at)
            VALUES (@Id, @DomainId, @Name, @Description, @Email, @AreaCode, @Phone, @AccessMode, @enabled, @root,
                    @PasswordHash, @mustChange, @Stamp, @CreatedAt)
            ON CONFLICT (domain_id, name) DO NOTHING
            """;

        var row = new
        {
            user.Id,
            user.DomainId,
            user.Name,
            user.Description,
            user.Email,
            user.AreaCode,
            user.Phone,
            user.AccessMode,
            enabled = user.Enabled ? 1L : 0L,
            root = user.IsRoot ? 1L : 0L,
            user.PasswordHash,
            mustChange = user.MustChangePassword ? 1L : 0L,
            user.Stamp,
            user.CreatedAt,
        };
        return await session.ExecuteAsync(Sql, row) == 1;
    }

    /// <summary>
    /// Changes what is not null. A new password, another way of access, and being switched on or off end the user's tokens; whether they are
    /// other than before is for the row to say, since somebody else may have changed it a moment ago.
    /// </summary>
    public Task<Changed> UpdateAsync(string id, UserChange change, CancellationToken cancellationToken)
    {
        const string Sql = """
            UPDATE iam_user SET
                name = COALESCE(@Name, name),
                description = COALESCE(@Description, description),
                access_mode = COALESCE(@AccessMode, access_mode),
                password_hash = COALESCE(@PasswordHash, password_hash),
                must_change_password = CASE @mustChange WHEN -1 THEN must_change_password ELSE @mustChange END,
                enabled = CASE @enabled WHEN -1 THEN enabled ELSE @enabled END,
                stamp = CASE
                    WHEN @ends = 1 OR (@enabled <> -1 AND enabled <> @enabled) OR access_mode <> COALESCE(@AccessMode, access_mode) THEN @stamp
                    ELSE stamp END
            WHERE id = @id AND stamp = COALESCE(@ExpectedStamp, stamp) AND NOT EXISTS (
                SELECT 1 FROM iam_user AS other
                WHERE other.domain_id = iam_user.domain_id AND other.name = COALESCE(@Name, iam_user.name) AND other.id <> @id)
            """;

        var arguments = new
        {
            id,
            change.Name,
            change.Description,
            change.AccessMode,
            change.PasswordHash,
            change.ExpectedStamp,
            mustChange = Flag(change.MustChangePassword),
            enabled = Flag(change.Enabled),
            ends = change.PasswordHash is not null ? 1L : 0L,
            stamp = ids.NewId(),
        };
        return db.TransactAsync(
            async session =>
            {
                if (change.Name is not null)
                {
                    await DomainStore.LockNamesAsync(session, await session.FindAsync<string>("SELECT domain_id FROM iam_user WHERE id = @id", new { id }) ?? "");
                }

                if (!await LockAsync(session, id))
                {
                    return Changed.Gone;
                }

                return await session.ExecuteAsync(Sql, arguments) == 1 ? Changed.Yes
                    : change.ExpectedStamp is null ? Changed.NameTaken
                    : Changed.Outdated;
            },
            cancellationToken);
    }

    /// <summary>Stores a password again under more rounds; the password is the same, so tokens live on.</summary>
    public Task RehashAsync(string id, string oldHash, string newHash, CancellationToken cancellationToken) => db.ExecuteAsync(
        "UPDATE iam_user SET password_hash = @newHash WHERE id = @id AND password_hash = @oldHash", new { id, oldHash, newHash }, cancellationToken);

    /// <summary>Removes the user with its keys and roles; false when it is gone already.</summary>
    public Task<bool> DeleteAsync(string id, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            await LockAsync(session, id);
            await session.ExecuteAsync("DELETE FROM access_key WHERE user_id = @id", new { id });
            await session.ExecuteAsync("DELETE FROM temporary_access_key WHERE user_id = @id", new { id });
            await session.ExecuteAsync("DELETE FROM user_role WHERE user_id = @id", new { id });
            return await session.ExecuteAsync("DELETE FROM iam_user WHERE id = @id", new { id }) == 1;
        },
        cancellationToken);

    /// <summary>
    /// Locks the user's row until the transaction ends; false when there is no such user. Whoever changes the user, its keys or its roles does
    /// this first, so that such changes wait for one another instead of each seeing what was before.
    /// </summary>
    public static async Task<bool> LockAsync(DbSession session, string id) =>
        await session.ExecuteAsync("UPDATE iam_user SET stamp = stamp WHERE id = @id", new { id }) == 1;

    /// <summary>Ends the tokens that the user holds, in a transaction that changes its keys or rights.</summary>
    public Task EndTokensAsync(DbSession session, string id) =>
        session.ExecuteAsync("UPDATE iam_user SET stamp = @stamp WHERE id = @id", new { id, stamp = ids.NewId() });

    private static long Flag(bool? value) => value switch { null => -1, true => 1, false => 0 };
}

/// <summary>What to change of a user; null leaves it.</summary>
internal sealed class UserChange
{
    public string? Name { get; init; }

    public string? Description { get; init; }

    public string? AccessMode { get; init; }

    public string? PasswordHash { get; init; }

    public bool? MustChangePassword { get; init; }

    public bool? Enabled { get; init; }

    /// <summary>The stamp that the user must still have; null when it does not matter.</summary>
    public string? ExpectedStamp { get; init; }
}

/// <summary>What became of a change.</summary>
internal enum Changed
{
    Yes,

    /// <summary>The account has another one of that name.</summary>
    NameTaken,

    /// <summary>There is none any more.</summary>
    Gone,

    /// <summary>Somebody else changed it meanwhile.</summary>
    Outdated,
}

/// <summary>A user and what it may do, as one reading of the database.</summary>
internal sealed record KnownUser(User User, IReadOnlyList<Roles.RoleGrant> Grants)
{
    /// <summary>The roles that were granted in the account.</summary>
    public IReadOnlyList<string> AccountRoles { get; } = In(User, Grants, null);

    /// <summary>The roles that count in a place: those of the account, and those of the project when there is one.</summary>
    public IReadOnlyList<string> RolesIn(string? projectId) => projectId is null ? AccountRoles : In(User, Grants, projectId);

    private static IReadOnlyList<string> In(User user, IReadOnlyList<Roles.RoleGrant> grants, string? projectId) => user.IsRoot
        ? Roles.SystemRoles.OfRoot
        : [.. grants
            .Where(g => string.Equals(g.ScopeId, user.DomainId, StringComparison.Ordinal)
                || string.Equals(g.ScopeId, projectId, StringComparison.Ordinal))
            .Select(g => g.Role).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
