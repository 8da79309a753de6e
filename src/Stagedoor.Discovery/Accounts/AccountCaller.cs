using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Discovery.Accounts.Roles;
using Stagedoor.Discovery.Requests;
using Stagedoor.Http;

namespace Stagedoor.Discovery.Accounts;

/// <summary>The account whose token came with a request. A handler that takes one admits nobody else, not even the gateway's users.</summary>
/// <param name="Name">The account's name.</param>
/// <param name="Roles">Names of its roles.</param>
/// <param name="Permissions">What they allow at this moment.</param>
internal sealed record AccountCaller(string Name, IReadOnlyList<string> Roles, IReadOnlyList<Permission> Permissions)
{
    public bool IsAdmin => Roles.Contains(Role.Admin, StringComparer.Ordinal);

    public bool May(string type, string verb) => Permissions.Any(permission => permission.Allows(type, verb));

    public bool Is(string name) => string.Equals(Name, name, StringComparison.Ordinal);

    /// <summary>Why nobody changes that account, or not with this one; null when nothing is against it.</summary>
    public ApiException? FindObjection(string name) =>
        string.Equals(name, Account.Root, StringComparison.Ordinal) ? AccountError.BuiltInAccount()
        : Is(name) ? AccountError.OwnAccount(name)
        : null;

    /// <summary>Admits the caller of a handler that takes an account.</summary>
    public static ValueTask<AccountCaller?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        context.RequestServices.GetRequiredService<Admission>().AdmitAccountAsync(context);
}
