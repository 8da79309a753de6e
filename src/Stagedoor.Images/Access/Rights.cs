namespace Stagedoor.Images.Access;

/// <summary>
/// Grant values as the API spells them, and what roles add to grants. Organizations belong to the account, not to a project, so roles count that
/// were granted there.
/// </summary>
internal static class Rights
{
    public const int None = 0;
    public const int Read = 1;
    public const int Edit = 3;
    public const int Manage = 7;

    /// <summary>Manages everything of its account, listed or not.</summary>
    public static bool IsAdministrator(Caller caller) =>
        caller.IsAccountRoot || caller.HasAccountRole(RoleNames.TenantAdministrator) || caller.HasAccountRole(RoleNames.ImagesAdministrator);

    /// <summary>Reads every image of its account without a grant.</summary>
    public static bool ReadsEverything(Caller caller) => caller.HasAccountRole(RoleNames.TenantGuest) || caller.HasAccountRole(RoleNames.Developer);
}
