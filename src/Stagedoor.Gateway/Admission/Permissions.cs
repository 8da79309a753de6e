namespace Stagedoor.Gateway.Admission;

/// <summary>Which actions (<c>service:type:verb</c>) the roles of a caller allow.</summary>
internal static class Permissions
{
    private const string Iam = "iam";

    private const string Images = "swr";

    /// <summary>
    /// Whether the gateway decides about the action. Not about images: there each organization and repository has permissions of its own,
    /// and a refusal has codes of its own.
    /// </summary>
    public static bool Decides(string action) => !ServiceOf(action).SequenceEqual(Images);

    /// <summary>Whether the caller's roles allow the action. Where the path names no project, those that were granted in one do not count.</summary>
    public static bool Allow(Caller caller, string action, bool inProject)
    {
        if (caller.IsAccountRoot)
        {
            return true;
        }

        foreach (var role in inProject || caller.IsInDefaultProject ? caller.Roles : caller.AccountRoles)
        {
            if (Grants(role, ServiceOf(action), action))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Grants(string role, ReadOnlySpan<char> service, string action) => role switch
    {
        RoleNames.TenantAdministrator => service is not Iam,
        RoleNames.SecurityAdministrator => service is Iam,
        RoleNames.TenantGuest => service is not Iam && IsRead(action),
        RoleNames.ImagesAdministrator => service is Images,
        RoleNames.Developer => service is Images && IsRead(action),
        RoleNames.Operator => service is "servicestage" && IsRead(action),
        RoleNames.Administrator => service is "servicestage",
        _ => false,
    };

    private static ReadOnlySpan<char> ServiceOf(string action)
    {
        var colon = action.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? action : action.AsSpan(0, colon);
    }

    private static bool IsRead(string action)
    {
        var verb = action.AsSpan(action.LastIndexOf(':') + 1);
        return verb.StartsWith("get", StringComparison.Ordinal)
            || verb.StartsWith("list", StringComparison.Ordinal)
            || verb.StartsWith("show", StringComparison.Ordinal);
    }
}
