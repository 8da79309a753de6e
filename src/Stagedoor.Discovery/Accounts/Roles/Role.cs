namespace Stagedoor.Discovery.Accounts.Roles;

/// <summary>A name for permissions, as it is stored and sent.</summary>
internal sealed record Role
{
    public const string Admin = "admin";

    public const string Developer = "developer";

    public required string Id { get; init; }

    public required string Name { get; init; }

    public required IReadOnlyList<Permission> Perms { get; init; }

    /// <summary>The roles that every engine has; they are not stored and cannot be changed.</summary>
    public static IReadOnlyList<Role> BuiltIn { get; } =
    [
        new() { Id = Admin, Name = Admin, Perms = [Permission.Everything(ResourceType.All)] },
        new()
        {
            Id = Developer,
            Name = Developer,
            Perms = [Permission.Everything(ResourceType.All.Where(static type => type is not (ResourceType.Account or ResourceType.Role)))] },
    ];

    public static bool IsBuiltIn(string name) => BuiltIn.Any(role => string.Equals(role.Name, name, StringComparison.Ordinal));
}

/// <summary>What may be done to what.</summary>
internal sealed record Permission
{
    public required IReadOnlyList<Resource> Resources { get; init; }

    public required IReadOnlyList<string> Verbs { get; init; }

    public static Permission Everything(IEnumerable<string> types) =>
        new() { Resources = [.. types.Select(static type => new Resource { Type = type })], Verbs = [Verb.Any] };

    public bool Allows(string type, string verb) =>
        Verbs.Any(v => v is Verb.Any || string.Equals(v, verb, StringComparison.Ordinal))
        && Resources.Any(r => r.Type is ResourceType.Any || string.Equals(r.Type, type, StringComparison.Ordinal));
}

/// <summary>What a permission is about.</summary>
internal sealed record Resource
{
    public required string Type { get; init; }
}

/// <summary>What can be done.</summary>
internal static class Verb
{
    public const string Any = "*";

    public const string Get = "get";

    public const string Create = "create";

    public const string Update = "update";

    public const string Delete = "delete";

    public static IReadOnlyList<string> Known { get; } = [Any, Get, Create, Update, Delete];
}
