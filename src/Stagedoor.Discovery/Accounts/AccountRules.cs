using Stagedoor.Discovery.Accounts.Roles;
using Stagedoor.Discovery.Model;
using Stagedoor.Http;
using Stagedoor.Identity;

namespace Stagedoor.Discovery.Accounts;

/// <summary>What accounts and roles may look like.</summary>
internal static class AccountRules
{
    public const int MaxNameLength = 64;

    public const int MaxRolesOfAccount = 5;

    public const int MaxPermissions = 100;

    private const string NameRule = "1 to 64 letters, digits, and '_', '-', '.' between them";

    private static readonly PasswordRule s_password = new(MinimumLength: 8, MaximumLength: 32, MinimumKinds: 4, StringComparison.Ordinal);

    /// <exception cref="ApiException">It is none.</exception>
    public static string RequireName(string? name) =>
        Names.IsRequiredName(name, MaxNameLength) ? name : throw DiscoveryError.Invalid("name", NameRule);

    /// <exception cref="ApiException">They are too few, too many, or none.</exception>
    public static IReadOnlyList<string> RequireRoles(IReadOnlyList<string>? roles)
    {
        var wanted = roles?.Distinct(StringComparer.Ordinal).ToList() ?? [];
        return wanted.Count is > 0 and <= MaxRolesOfAccount && wanted.TrueForAll(static role => Names.IsRequiredName(role, MaxNameLength))
            ? wanted
            : throw DiscoveryError.Invalid("roles", $"1 to {MaxRolesOfAccount} names of roles");
    }

    /// <exception cref="ApiException">It is none.</exception>
    public static string RequireStatus(string status) =>
        status is Account.Active or Account.Inactive ? status : throw DiscoveryError.Invalid("status", $"{Account.Active} or {Account.Inactive}");

    /// <exception cref="ApiException">There is none, or it is not good enough.</exception>
    public static string RequirePassword(string? password, string accountName) =>
        string.IsNullOrEmpty(password) ? throw DiscoveryError.Invalid("password", "required")
        : PasswordProblem(password, accountName) is { } problem ? throw AccountError.WeakPassword(problem)
        : password;

    /// <summary>Why a password is not good enough; null when it is.</summary>
    public static string? PasswordProblem(string password, string accountName) => s_password.FindFault(password, accountName) switch
    {
        PasswordFault.Length => $"a password has {s_password.MinimumLength} to {s_password.MaximumLength} characters",
        PasswordFault.Kinds => "a password has a lower-case letter, an upper-case letter, a digit and another character",
        PasswordFault.Name => "a password is not the name of its account, forwards or backwards",
        _ => null,
    };

    /// <exception cref="ApiException">They are too few or too many, or name something that does not exist.</exception>
    public static IReadOnlyList<Permission> RequirePermissions(IReadOnlyList<PermissionRequest>? sent)
    {
        if (sent is not { Count: > 0 and <= MaxPermissions })
        {
            throw DiscoveryError.Invalid("perms", $"1 to {MaxPermissions} permissions");
        }

        return [.. sent.Select(static p => new Permission { Resources = RequireResources(p?.Resources), Verbs = RequireVerbs(p?.Verbs) })];
    }

    private static List<Resource> RequireResources(IReadOnlyList<ResourceRequest>? sent)
    {
        // To leave labels out would allow more than the role says.
        if (sent?.Any(static r => r?.Labels is { Count: > 0 }) is true)
        {
            throw DiscoveryError.Invalid("labels", "permissions by labels are not offered; they count for all resources of a type");
        }

        return sent is { Count: > 0 } && sent.All(static r => r?.Type is { } type && ResourceType.Known.Contains(type, StringComparer.Ordinal))
            ? [.. sent.Select(static r => r.Type!).Distinct(StringComparer.Ordinal).Select(static type => new Resource { Type = type })]
            : throw DiscoveryError.Invalid("resources", $"each with a type: {string.Join(", ", ResourceType.Known)}");
    }

    private static List<string> RequireVerbs(IReadOnlyList<string>? sent) =>
        sent is { Count: > 0 } && sent.All(static verb => Verb.Known.Contains(verb, StringComparer.Ordinal))
            ? [.. sent.Distinct(StringComparer.Ordinal)]
            : throw DiscoveryError.Invalid("verbs", $"of {string.Join(", ", Verb.Known)}");
}
