using Stagedoor.Images.Access;

namespace Stagedoor.Images.Oci.Tokens;

/// <summary>Who a request to the registry acts for.</summary>
/// <param name="Caller">The user; null for the bearer of an anonymous token.</param>
/// <param name="Access">What the token was issued for; null for a login, which is good for everything its user may do.</param>
internal sealed record RegistryIdentity(Caller? Caller, IReadOnlyList<TokenAccess>? Access)
{
    /// <summary>Whether the token was issued for listing repositories.</summary>
    public bool CoversCatalog => Access is null
        || Access.Any(static a => a is { Type: TokenAccess.Registry, Name: TokenAccess.Catalog } && a.Actions.Contains(TokenAccess.All, StringComparer.Ordinal));

    /// <summary>Whether the token was issued for what a request does in a repository.</summary>
    /// <param name="name">The repository as the client spells it.</param>
    /// <param name="needs">The right that it needs: reading, editing and managing go with <c>pull</c>, <c>push</c> and <c>delete</c>.</param>
    /// <param name="orPush">Whether who may push may do it too, as asking whether a blob is there already.</param>
    public bool Covers(string name, int needs, bool orPush = false)
    {
        if (Access is null)
        {
            return true;
        }

        for (var i = 0; i < Access.Count; i++)
        {
            if (string.Equals(Access[i].Name, name, StringComparison.Ordinal) && Access[i].Type is TokenAccess.Repository)
            {
                var actions = Access[i].Actions;
                for (var j = 0; j < actions.Count; j++)
                {
                    if (actions[j] switch
                    {
                        TokenAccess.All => true,
                        TokenAccess.Pull => needs == Rights.Read,
                        // Replication adapters delete with a token that they have asked for pushing with; whether its user may delete is another matter.
                        TokenAccess.Push => needs is Rights.Edit or Rights.Manage || orPush,
                        TokenAccess.Delete => needs == Rights.Manage,
                        _ => false,
                    })
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }
}

/// <summary>An entry of a token's <c>access</c> claim.</summary>
/// <param name="Type"><c>repository</c>, or <c>registry</c> for its catalog.</param>
/// <param name="Name">The repository's name, or <c>catalog</c>.</param>
/// <param name="Actions">What was granted.</param>
internal sealed record TokenAccess(string Type, string Name, IReadOnlyList<string> Actions)
{
    public const string Repository = "repository";
    public const string Registry = "registry";
    public const string Catalog = "catalog";

    /// <summary>What clients ask for to list repositories.</summary>
    public const string CatalogScope = "registry:catalog:*";

    public const string Pull = "pull";
    public const string Push = "push";
    public const string Delete = "delete";
    public const string All = "*";
}
