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
        caller.IsAccountRoot || ImagesModule.Actions.IsAdministeredBy(caller.RolesInAccount);

    /// <summary>Reads every image of its account without a grant.</summary>
    public static bool ReadsEverything(Caller caller) => ImagesModule.Actions.IsReadBy(caller.RolesInAccount);

    /// <summary>Sees every organization of its account, with or without a grant.</summary>
    public static bool SeesEverything(Caller caller) => IsAdministrator(caller) || ReadsEverything(caller);

    /// <summary>What the caller may do in its own account with what it has made itself, or been granted.</summary>
    /// <param name="caller">The user.</param>
    /// <param name="isCreator">Whether it has made the organization or repository.</param>
    /// <param name="granted">Its grant; 0 when there is none.</param>
    public static int Effective(Caller caller, bool isCreator, int granted) =>
        isCreator || IsAdministrator(caller) ? Manage : Math.Max(granted, ReadsEverything(caller) ? Read : None);
}
