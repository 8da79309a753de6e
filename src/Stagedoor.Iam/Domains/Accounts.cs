using Stagedoor.Iam.Credentials;
using Stagedoor.Iam.Projects;
using Stagedoor.Iam.Secrets;
using Stagedoor.Iam.Users;
using Stagedoor.Identity;
using Stagedoor.Identity.Secrets;

namespace Stagedoor.Iam.Domains;

/// <summary>What the operator of an installation does with accounts. There is no API for it: accounts are above the services.</summary>
internal sealed class Accounts(
    GatewayDb db,
    DomainStore domains,
    ProjectStore projects,
    UserStore users,
    CredentialStore credentials,
    Passwords passwords,
    KeyRing keyRing,
    MasterKey masterKey,
    Identities identities,
    IdSource ids,
    TimeProvider clock)
{
    private const string InitialAccount = "stagedoor";

    private const string InitialUser = "admin";

    /// <summary>
    /// Proves that the master key opens the key ring, and on an empty installation creates the first account. Any number of replicas
    /// may do this at once.
    /// </summary>
    /// <param name="persist">Receives the credentials before they are valid, so that they cannot be lost; null to do without.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The first account's credentials; null when there are accounts.</returns>
    /// <exception cref="MasterKeyException">The master key is missing, malformed, or another than the database was written with.</exception>
    public async Task<FirstRunCredentials?> EnsureFirstAsync(Func<FirstRunCredentials, Task>? persist, CancellationToken cancellationToken)
    {
        await using var held = await db.LockAsync("first-run", cancellationToken);
        // Where there are accounts there are secrets under a key, also when the ring itself is gone: a new key would open none of them.
        var isFirst = !await domains.AnyAsync(cancellationToken);
        if (isFirst && !await keyRing.AnyAsync(cancellationToken))
        {
            masterKey.EnsureCreated();
        }

        await keyRing.VerifyAsync(cancellationToken);
        if (!isFirst)
        {
            await projects.EnsureDefaultsAsync(cancellationToken);
            return null;
        }

        return await CreateAsync(InitialAccount, InitialUser, persist, cancellationToken);
    }

    /// <summary>Creates an account with its default project and a root user of the same name that has a password and a key.</summary>
    /// <returns>What opens it; null when the name is taken.</returns>
    /// <exception cref="ArgumentException">The name is not 1 to 32 letters, digits, '_' and '-' beginning with a letter.</exception>
    public Task<FirstRunCredentials?> CreateAsync(string name, CancellationToken cancellationToken) =>
        CreateAsync(name, name, null, cancellationToken);

    public async Task<IReadOnlyList<AccountSummary>> ListAsync(CancellationToken cancellationToken) =>
    [
        .. (await domains.ListAsync(cancellationToken))
            .Select(d => new AccountSummary(d.Id, d.Name, d.Enabled, DateTimeOffset.FromUnixTimeMilliseconds(d.CreatedAt))),
    ];

    /// <summary>Lets an account's users in or out; false when there is no such account.</summary>
    public async Task<bool> SetEnabledAsync(string name, bool enabled, CancellationToken cancellationToken)
    {
        var found = await domains.SetEnabledAsync(name, enabled, cancellationToken);
        identities.ForgetAll();
        return found;
    }

    /// <summary>Gives a user a new random password, which ends its tokens; null when there is no such user.</summary>
    public async Task<string?> ResetPasswordAsync(string account, string user, CancellationToken cancellationToken)
    {
        if (await users.FindByNameAsync(user, "", account, cancellationToken) is not { } found)
        {
            return null;
        }

        var password = NewPassword();
        await users.UpdateAsync(found.Id, new() { PasswordHash = passwords.Hash(password) }, cancellationToken);
        identities.ForgetUser(found.Id);
        return password;
    }

    private async Task<FirstRunCredentials?> CreateAsync(
        string name, string userName, Func<FirstRunCredentials, Task>? persist, CancellationToken cancellationToken)
    {
        if (!Domain.IsValidName(name))
        {
            throw new ArgumentException("An account's name is 1 to 32 letters, digits, '_' and '-', beginning with a letter.", nameof(name));
        }

        var (domainId, userId, password) = (ids.NewId(), ids.NewId(), NewPassword());
        var project = projects.NewDefault(domainId);
        var key = credentials.New(userId, "");
        var root = new User
        {
            Id = userId,
            DomainId = domainId,
            DomainName = name,
            DomainEnabled = true,
            Name = userName,
            Description = "",
            Email = "",
            AreaCode = "",
            Phone = "",
            AccessMode = AccessModes.Default,
            Enabled = true,
            IsRoot = true,
            PasswordHash = passwords.Hash(password),
            MustChangePassword = false,
            Stamp = ids.NewId(),
            CreatedAt = clock.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        var opened = new FirstRunCredentials
        {
            Domain = name,
            DomainId = domainId,
            Project = project.Name,
            ProjectId = project.Id,
            User = userName,
            UserId = userId,
            Password = password,
            AccessKey = key.Credential.AccessKey,
            SecretKey = key.Secret,
        };
        if (persist is not null)
        {
            await persist(opened);
        }

        var added = await db.TransactAsync(
            async session => await domains.AddAsync(session, domainId, name)
                && await projects.AddAsync(session, project)
                && await UserStore.AddAsync(session, root)
                && await CredentialStore.AddAsync(session, key),
            cancellationToken);
        return added ? opened : null;
    }

    // Readable over a telephone, 24 letters and digits; the suffix makes it pass any policy.
    private string NewPassword() => ids.NewSecret(24) + "-aA1";
}
