using System.Reflection;
using Stagedoor.Errors;

namespace Stagedoor.Http;

/// <summary>What the host, the gateway and the pages have to know of a module, as data.</summary>
public sealed record ModuleTraits
{
    /// <summary>It runs whatever the setting <c>Modules</c> says, which does not name it.</summary>
    public bool IsAlwaysOn { get; init; }

    /// <summary>The module with which it is on and off; null for one that the setting <c>Modules</c> names itself.</summary>
    public string? PartOf { get; init; }

    /// <summary>A module that brings it with it when the setting <c>Modules</c> names only that one; null when there is none.</summary>
    public string? ComesWith { get; init; }

    /// <summary>Its database; null when it has none, or uses another module's.</summary>
    public ModuleDatabase? Database { get; init; }

    /// <summary>The classes whose properties are its settings, by section.</summary>
    public IReadOnlyList<(string Section, Type Options)> Settings { get; init; } = [];

    /// <summary>What it is called in audit records, for example <c>SWR</c>.</summary>
    public string Audit { get; init; } = "IAM";

    /// <summary>Its actions in policies, where they are granted otherwise than those of most modules.</summary>
    public ModuleActions? Actions { get; init; }

    /// <summary>The roles that exist because it does, for IAM to grant. What they allow stands in <see cref="Actions"/>.</summary>
    public IReadOnlyList<ModuleRole> Roles { get; init; } = [];

    /// <summary>Its entries in the service catalogue: the type, and the path, which may hold <c>{project_id}</c>.</summary>
    public IReadOnlyList<(string Type, string Path)> Catalog { get; init; } = [];

    /// <summary>What requests are called and how they are refused that reach none of its routes.</summary>
    public IReadOnlyList<UnmatchedPrefix> Unmatched { get; init; } = [];

    /// <summary>Beginnings of its paths, each ending with a slash, whose next segment is a secret: neither logs nor traces show it.</summary>
    public IReadOnlyList<string> SecretPaths { get; init; } = [];

    /// <summary>Beginnings of its paths that may hold <c>%2F</c> in a name.</summary>
    public IReadOnlyList<string> EncodedSlashes { get; init; } = [];

    /// <summary>Its own ports, beside those that serve everything.</summary>
    public IReadOnlyList<ModuleListener> Listeners { get; init; } = [];

    /// <summary>A header of its own that repeats the error code, as the original service sends it; null when it has none.</summary>
    public string? ErrorHeader { get; init; }

    /// <summary>How it is shown on the front page; null when it is shown as a part of another.</summary>
    public ModuleTitle? Title { get; init; }

    /// <summary>Commands that log in to it, for the front page, with <c>{user}</c>, <c>{host}</c> and <c>{plain}</c> to be filled in.</summary>
    public IReadOnlyList<string> Logins { get; init; } = [];
}

/// <summary>How a module is shown to people.</summary>
/// <param name="English">Its name.</param>
/// <param name="Chinese">The same in Chinese.</param>
public sealed record ModuleTitle(string English, string Chinese)
{
    /// <summary>The nouns of its census (<see cref="ICensus"/>) in Chinese.</summary>
    public IReadOnlyDictionary<string, string> Nouns { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>The beginning of a path whose requests are a module's, also those that no route takes.</summary>
/// <param name="Path">The beginning; except for <paramref name="NotFound"/>, <c>*</c> is any one segment.</param>
/// <param name="Shape">How a refusal is written; null for the shape of its code.</param>
/// <param name="NotFound">What a path or method without a route is called; null for the gateway's own code.</param>
/// <param name="BadQuery">What a query is called that cannot be decoded; null for the gateway's own code.</param>
/// <param name="BadText">What a path or a query is called whose escapes are well formed and no UTF-8; null when that is not told from others.</param>
public sealed record UnmatchedPrefix(
    string Path, Envelope? Shape = null, ErrorDefinition? NotFound = null, ErrorDefinition? BadQuery = null, ErrorDefinition? BadText = null);

/// <summary>A role that a module brings.</summary>
/// <param name="Name">The name that tokens carry. The role's id is derived from it: another name is another role.</param>
/// <param name="DisplayName">The name that people know.</param>
/// <param name="Description">What it allows, in the words of the field.</param>
/// <param name="IsGlobal">Counts in the whole account only, and cannot be granted in a project.</param>
public sealed record ModuleRole(string Name, string DisplayName, string Description, bool IsGlobal = false);

/// <summary>A database of a module.</summary>
/// <param name="Name">What it is called: the file's name, or the schema's.</param>
/// <param name="Evidence">A table whose rows say that the module is in use.</param>
/// <param name="Migrations">The assembly with the scripts that make its tables.</param>
public sealed record ModuleDatabase(string Name, string Evidence, Assembly Migrations)
{
    /// <summary>Where the blobs begin that its rows know, for example <c>images/</c>; null when it keeps none.</summary>
    public string? Blobs { get; init; }

    /// <summary>The most connections that a process opens to it on a server, where that is not as many as for others.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>The migrations of its partitions; null when it has none.</summary>
    public Assembly? Partitions { get; init; }

    /// <summary>There was none before databases bore marks: in an installation without marks its absence is no loss.</summary>
    public bool IsLaterThanMarks { get; init; }
}
