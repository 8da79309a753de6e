using System.Reflection;

namespace Stagedoor.Http;

/// <summary>What the host, the gateway and the pages have to know of a module, as data.</summary>
public sealed record ModuleTraits
{
    /// <summary>It runs whatever the setting <c>Modules</c> says, which does not name it.</summary>
    public bool IsAlwaysOn { get; init; }

    /// <summary>The module with which it is on and off; null for one that the setting <c>Modules</c> names itself.</summary>
    public string? PartOf { get; init; }

    /// <summary>Its database; null when it has none, or uses another module's.</summary>
    public ModuleDatabase? Database { get; init; }

    /// <summary>The classes whose properties are its settings, by section.</summary>
    public IReadOnlyList<(string Section, Type Options)> Settings { get; init; } = [];
}

/// <summary>A database of a module.</summary>
/// <param name="Name">What it is called: the file's name, or the schema's.</param>
/// <param name="Evidence">A table whose rows say that the module is in use.</param>
/// <param name="Migrations">The assembly with the scripts that make its tables.</param>
public sealed record ModuleDatabase(string Name, string Evidence, Assembly Migrations)
{
    /// <summary>Where the blobs begin that its rows know, for example <c>images/</c>; null when it keeps none.</summary>
    public string? Blobs { get; init; }
}
