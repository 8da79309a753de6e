using Microsoft.Extensions.Options;
using Stagedoor.Discovery.Accounts.Logins;
using Stagedoor.Discovery.Accounts.Operations;
using Stagedoor.Discovery.Accounts.Roles;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Model;
using Stagedoor.Http;
using Stagedoor.Identity;

namespace Stagedoor.Discovery.Accounts;

/// <summary>Changes accounts. What has to do with a role shares it, so that nobody deletes the role meanwhile.</summary>
internal sealed class AccountWriter(
    AccountDirectory directory, RegistryWriter writer, LoginLocks locks, PasswordHashing hashing, IOptions<RbacOptions> options, IdSource ids,
    TimeProvider clock)
{
    private readonly RbacOptions _options = options.Value;

    /// <summary>Adds an account.</summary>
    /// <exception cref="ApiException">It is not well-formed, its name is taken, a role does not exist, or it is one too many.</exception>
    public async Task CreateAsync(AccountRequest sent)
    {
        var name = AccountRules.RequireName(sent.Name);
        var roles = AccountRules.RequireRoles(sent.Roles);
        var status = AccountRules.RequireStatus(Texts.OrNull(sent.Status) ?? Account.Active);
        var password = AccountRules.RequirePassword(sent.Password, name);
        var account = New(name, await HashAsync(password), roles, status);
        await writer.WriteAsync([ScopeOf(name), .. RolesOf(roles)], draft =>
        {
            if (directory.FindAccount(name) is not null)
            {
                throw AccountError.AccountExists(name);
            }

            RequireRolesToExist(roles);
            if (directory.Accounts.Count + draft.Pending(AccountEntries.Kind, AccountEntries.Tenant) >= _options.MaxAccounts)
            {
                throw AccountError.QuotaExceeded("account", _options.MaxAccounts);
            }

            Put(draft, account, isNew: true);
            return true;
        });
    }

    /// <summary>Adds the account root, unless it is there.</summary>
    /// <returns>Whether it was added.</returns>
    public async Task<bool> CreateRootAsync(string password)
    {
        var root = New(Account.Root, await HashAsync(password), [Role.Admin], Account.Active);
        return await writer.WriteAsync([ScopeOf(Account.Root)], draft =>
        {
            if (directory.FindAccount(Account.Root) is not null)
            {
                return false;
            }

            Put(draft, root, isNew: true);
            return true;
        });
    }

    /// <summary>Changes roles or status, or both; tokens that were made before count no more.</summary>
    /// <exception cref="ApiException">There is no such account or role.</exception>
    public Task UpdateAsync(string name, IReadOnlyList<string>? roles, string? status)
    {
        var (now, stamp) = (Texts.Now(clock), ids.NewId());
        return writer.WriteAsync([ScopeOf(name), .. RolesOf(roles ?? [])], draft =>
        {
            var account = Require(name);
            RequireRolesToExist(roles ?? []);
            Put(draft, account with { Roles = roles ?? account.Roles, Status = status ?? account.Status, UpdateTime = now, Stamp = stamp });
            return true;
        });
    }

    /// <summary>Changes the password; tokens that were made before count no more.</summary>
    /// <param name="name">Whose.</param>
    /// <param name="password">The new one.</param>
    /// <param name="replaced">The account as it was when its present password was checked; null when nobody had to know it.</param>
    /// <exception cref="ApiException">There is no such account, or its password has changed since.</exception>
    public async Task ChangePasswordAsync(string name, string password, Account? replaced)
    {
        var (now, stamp, hash) = (Texts.Now(clock), ids.NewId(), await HashAsync(password));
        await writer.WriteAsync([ScopeOf(name)], draft =>
        {
            var account = Require(name);
            if (replaced is not null && !string.Equals(replaced.PasswordHash, account.PasswordHash, StringComparison.Ordinal))
            {
                throw AccountError.OldPasswordWrong();
            }

            Put(draft, account with { PasswordHash = hash, UpdateTime = now, Stamp = stamp });
            return true;
        });
        locks.Forget(name);
    }

    /// <exception cref="ApiException">There is no such account.</exception>
    public Task DeleteAsync(string name) => writer.WriteAsync([ScopeOf(name)], draft =>
    {
        Require(name);
        draft.Delete(AccountEntries.Kind, AccountEntries.Tenant, name);
        return true;
    });

    private static Scope ScopeOf(string name) => Scope.Named($"account {name}");

    private static IEnumerable<Scope> RolesOf(IEnumerable<string> roles) => roles.Select(RoleWriter.InRole);

    private static void Put(Draft draft, Account account, bool isNew = false) =>
        draft.Put(AccountEntries.Kind, AccountEntries.Tenant, account.Name, account, AccountsJson.Wire.Account, isNew);

    /// <exception cref="ApiException">Too many wait.</exception>
    private async Task<string> HashAsync(string password) =>
        await hashing.HashAsync(password, _options.PasswordIterations, CancellationToken.None) ?? throw AccountError.TooManyLogins(1);

    private Account New(string name, string passwordHash, IReadOnlyList<string> roles, string status)
    {
        var now = Texts.Now(clock);
        return new()
        {
            Id = ids.NewId(),
            Name = name,
            PasswordHash = passwordHash,
            Roles = roles,
            Status = status,
            CreateTime = now,
            UpdateTime = now,
            Stamp = ids.NewId(),
        };
    }

    private Account Require(string name) => directory.FindAccount(name) ?? throw AccountError.AccountNotFound(name);

    private void RequireRolesToExist(IEnumerable<string> roles)
    {
        if (roles.FirstOrDefault(role => directory.FindRole(role) is null) is { } missing)
        {
            throw AccountError.RoleNotFound(missing);
        }
    }
}
