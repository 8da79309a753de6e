namespace Stagedoor;

/// <summary>Who a request acts for, once the gateway has established it.</summary>
public sealed record Caller
{
    /// <summary>What clients call the account's default project when nobody told them its name.</summary>
    public const string DefaultProject = "default";

    public required string UserId { get; init; }

    public required string UserName { get; init; }

    /// <summary>The account that the user belongs to.</summary>
    public required string DomainId { get; init; }

    public required string DomainName { get; init; }

    /// <summary>The project that the call acts in; null for a domain-scoped token.</summary>
    public string? ProjectId { get; init; }

    public string? ProjectName { get; init; }

    /// <summary>Whether that project is the one that stands for the region.</summary>
    public bool IsInDefaultProject { get; init; }

    /// <summary>Names of the roles that count in the project, as <see cref="RoleNames"/> spells them: those granted there or in the account.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>Names of the roles that were granted in the account, and count in each of its projects.</summary>
    public IReadOnlyList<string> AccountRoles { get; init; } = [];

    /// <summary>The account's own root user, whom no role restricts.</summary>
    public bool IsAccountRoot { get; init; }

    public required AuthenticationMethod Method { get; init; }

    /// <summary>The access key that was used; null with a token.</summary>
    public string? AccessKey { get; init; }

    /// <summary>
    /// What the directory needs to look at the credential again: at an open stream, or in a token that was issued to it
    /// (<see cref="ICallers.FindAgainAsync"/>). Without it nothing can be looked at again.
    /// </summary>
    public string? Credential { get; init; }

    /// <summary>Whether this names the project that the call acts in: its name, its id, or <see cref="DefaultProject"/>.</summary>
    public bool ActsIn(string project) =>
        string.Equals(project, ProjectName, StringComparison.Ordinal) || string.Equals(project, ProjectId, StringComparison.Ordinal)
        || (IsInDefaultProject && string.Equals(project, DefaultProject, StringComparison.Ordinal));

    /// <summary>The roles that count in a project of the account, by its name or id: a grant in one project is worth nothing in another.</summary>
    public IReadOnlyList<string> RolesIn(string project) => ActsIn(project) ? Roles : AccountRoles;

    /// <summary>
    /// The roles that count where something belongs to the account and to none of its projects. The default project is where calls act that name
    /// none, so its grants count there too.
    /// </summary>
    public IReadOnlyList<string> RolesInAccount => IsInDefaultProject ? Roles : AccountRoles;
}
