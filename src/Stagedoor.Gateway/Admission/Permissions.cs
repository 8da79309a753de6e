using Stagedoor.Http;

namespace Stagedoor.Gateway.Admission;

/// <summary>Which actions (<c>service:type:verb</c>) the roles of a caller allow.</summary>
internal sealed class Permissions(ModuleSet modules)
{
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

        var module = Find(action);
        foreach (var role in inProject || caller.IsInDefaultProject ? caller.Roles : caller.AccountRoles)
        {
            if (Grants(role, module, action))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Grants(string role, ModuleActions? module, string action) => role switch
    {
        RoleNames.TenantAdministrator => module is not { IsApart: true },
        RoleNames.TenantGuest => module is not { IsApart: true } && IsRead(action),
        _ => module is not null && (module.Administrators.Contains(role, StringComparer.Ordinal) || (module.Readers.Contains(role, StringComparer.Ordinal) && IsRead(action))),
    };

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
