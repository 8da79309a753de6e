namespace Stagedoor;

/// <summary>The roles that several modules give a meaning to, by the name that a token carries. Those of one module alone stand there.</summary>
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

    /// <summary>ServiceStage Developer; reads images.</summary>
    public const string Developer = "svcstg_dev";

    public const string Operator = "svcstg_opr";

    public const string Administrator = "svcstg_admin";
}
