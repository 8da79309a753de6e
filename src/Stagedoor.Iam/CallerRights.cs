using Stagedoor.Http;

namespace Stagedoor.Iam;

/// <summary>What callers may do in the directory: everybody looks after itself, administrators after their account.</summary>
internal static class CallerRights
{
    /// <summary>Whether the caller may change users, keys, projects and roles of its account.</summary>
    public static bool Administers(this Caller caller) => caller.IsAccountRoot || IamModule.Actions.IsAdministeredBy(caller.Roles);

    /// <summary>Why the caller may not do what only administrators may; null when it may.</summary>
    public static ApiException? Refuse(this Caller caller, string action) => caller.Administers() ? null : IamError.PolicyDenied(action);

    /// <summary>Why the caller may not do this to something of the user's; null when it may.</summary>
    public static ApiException? RefuseFor(this Caller caller, string userId) =>
        caller.Administers() || string.Equals(caller.UserId, userId, StringComparison.Ordinal)
            ? null
            : IamError.NotAuthorized("Only the user itself and security administrators of the account may.");
}
