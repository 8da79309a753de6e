namespace Stagedoor.Images.Access;

/// <summary>A grant as the API shows it.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="UserName">The user's name.</param>
/// <param name="Auth">7, 3 or 1.</param>
internal sealed record UserAuth(string UserId, string UserName, int Auth)
{
    /// <summary>Who has which grant, for the audit record.</summary>
    public static string Describe(IEnumerable<UserAuth> grants) => string.Join(", ", grants.Select(static g => $"{g.UserName} ({g.UserId}): {NameOf(g.Auth)}"));

    private static string NameOf(int auth) => auth switch
    {
        Rights.Manage => "manage",
        Rights.Edit => "edit",
        _ => "read",
    };
}
