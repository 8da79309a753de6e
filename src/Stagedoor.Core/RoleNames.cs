namespace Stagedoor;

/// <summary>The roles that the services know, by the name that a token carries.</summary>
public static class RoleNames
{
    /// <summary>Tenant Administrator: everything except IAM.</summary>
    public const string TenantAdministrator = "te_admin";

    /// <summary>Security Administrator: IAM.</summary>
    public const string SecurityAdministrator = "secu_admin";

    /// <summary>Agent Operator: may assume agencies.</summary>
    public const string AgentOperator = "te_agency";

    /// <summary>Tenant Guest: reads everything except IAM.</summary>
    public const string TenantGuest = "te_guest";

    /// <summary>SWR Admin: manages every organization of the account.</summary>
    public const string ImagesAdministrator = "swr_admin";

    /// <summary>ServiceStage Developer; reads images.</summary>
    public const string Developer = "svcstg_dev";

    public const string Operator = "svcstg_opr";

    public const string Administrator = "svcstg_admin";

    public static IReadOnlyList<string> All { get; } =
    [
        TenantAdministrator, SecurityAdministrator, AgentOperator, TenantGuest, ImagesAdministrator, Developer, Operator, Administrator,
    ];
}
