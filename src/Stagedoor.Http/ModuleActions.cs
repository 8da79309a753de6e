namespace Stagedoor.Http;

/// <summary>The actions of a module and who may do them: the one place that says what a role is worth to it.</summary>
/// <param name="Service">What they begin with, for example <c>swr</c> of <c>swr:namespace:createNamespace</c>.</param>
public sealed record ModuleActions(string Service)
{
    /// <summary>The module decides itself: its objects have permissions of their own, and a refusal has codes of its own.</summary>
    public bool DecidesItself { get; init; }

    /// <summary>The roles for everything except such modules do not grant them.</summary>
    public bool IsApart { get; init; }

    /// <summary>The roles that grant all of them, besides the one for everything.</summary>
    public IReadOnlyList<string> Administrators { get; init; } = [];

    /// <summary>The roles that grant those that only read, besides the one that reads everything.</summary>
    public IReadOnlyList<string> Readers { get; init; } = [];

    /// <summary>Whether these roles grant all of them.</summary>
    public bool IsAdministeredBy(IReadOnlyList<string> roles) => AnyOf(roles, RoleNames.TenantAdministrator, Administrators);

    /// <summary>Whether these roles grant those that only read. Who may do all may do so too, and is not asked for here.</summary>
    public bool IsReadBy(IReadOnlyList<string> roles) => AnyOf(roles, RoleNames.TenantGuest, Readers);

    // Asked for each request: loops, since an enumerator of a list behind its interface is an object.
    private bool AnyOf(IReadOnlyList<string> roles, string general, IReadOnlyList<string> own)
    {
        ArgumentNullException.ThrowIfNull(roles);
        for (var i = 0; i < roles.Count; i++)
        {
            if (!IsApart && string.Equals(roles[i], general, StringComparison.Ordinal))
            {
                return true;
            }

            for (var o = 0; o < own.Count; o++)
            {
                if (string.Equals(roles[i], own[o], StringComparison.Ordinal))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
