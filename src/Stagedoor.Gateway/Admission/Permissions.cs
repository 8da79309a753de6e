using Stagedoor.Http;
using Stagedoor.Http.Decisions;

namespace Stagedoor.Gateway.Admission;

/// <summary>Which actions (<c>service:type:verb</c>) the roles of a caller allow.</summary>
internal sealed class Permissions(ModuleSet modules)
{
    // Those of a module that says nothing of its own, or that nobody knows.
    private static readonly ModuleActions s_ordinary = new("");

    private readonly Dictionary<string, ModuleActions>.AlternateLookup<ReadOnlySpan<char>> _modules = modules.All.Select(static m => m.Traits.Actions).OfType<ModuleActions>()
        .ToDictionary(static a => a.Service, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether the gateway decides about the action, and not the module that it belongs to.</summary>
    public bool Decides(string action) => Find(action) is not { DecidesItself: true };

    /// <summary>Whether the caller's roles allow the action. Where the path names no project, those that were granted in one do not count.</summary>
    public bool Allow(Caller caller, string action, bool inProject)
    {
        if (caller.IsAccountRoot)
        {
            return true;
        }

        var (module, roles) = (Find(action) ?? s_ordinary, inProject ? caller.Roles : caller.RolesInAccount);
        return module.IsAdministeredBy(roles) || (IsRead(action) && module.IsReadBy(roles));
    }

    /// <summary>Says which roles allow the action, and which of them allows the least besides.</summary>
    public DecisionStep Explain(string action, bool inProject)
    {
        var module = Find(action) ?? s_ordinary;
        string[] administrators = [.. module.Administrators, .. module.IsApart ? (string[])[] : [RoleNames.TenantAdministrator]];
        string[] readers = IsRead(action) ? [.. module.Readers, .. module.IsApart ? (string[])[] : [RoleNames.TenantGuest]] : [];
        string[] all = [.. readers, .. administrators];
        // A role that exists for one module alone gives nothing elsewhere.
        var own = modules.Roles.Select(static r => r.Name).ToHashSet(StringComparer.Ordinal);
        var least = Array.Find(all, own.Contains) ?? all.FirstOrDefault() ?? RoleNames.TenantAdministrator;
        return new(
            DecisionStage.Policy,
            new("action", action),
            new("needs one of the roles", string.Join(", ", all)),
            new("granted in", inProject ? "the project or the account" : "the account"),
            new("smallest grant", $"{least} in {(inProject ? "the project" : "the account")}"))
        {
            Change = Grants.OfRole(least, inProject),
        };
    }

    private static bool IsRead(string action)
    {
        var verb = action.AsSpan(action.LastIndexOf(':') + 1);
        return verb.StartsWith("get", StringComparison.Ordinal)
            || verb.StartsWith("list", StringComparison.Ordinal)
            || verb.StartsWith("show", StringComparison.Ordinal);
    }

    private ModuleActions? Find(string action)
    {
        var colon = action.IndexOf(':', StringComparison.Ordinal);
        return _modules.TryGetValue(colon < 0 ? action : action.AsSpan(0, colon), out var module) ? module : null;
    }
}
