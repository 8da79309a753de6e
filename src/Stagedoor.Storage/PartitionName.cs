using System.Text.RegularExpressions;

namespace Stagedoor.Storage;

/// <summary>The name of one partition of a module's data, such as a day: the only place that says what such a name may be.</summary>
/// <remarks>It becomes a file name and a schema's name, so it holds nothing that either would read in its own way.</remarks>
public sealed partial record PartitionName
{
    // PostgreSQL keeps 63 bytes of a name, and the module's stands before it.
    private const int MaxModuleLength = 30;

    /// <param name="module">The module's name.</param>
    /// <param name="name">The partition's: up to 32 of a-z, 0-9, '_' and '-', for example <c>2026-11-27</c>.</param>
    /// <exception cref="ArgumentException">One of them is no such name.</exception>
    public PartitionName(string module, string name)
    {
        if (!ModuleText().IsMatch(module) || module.Length > MaxModuleLength)
        {
            throw new ArgumentException($"'{module}' cannot name a module with partitions.", nameof(module));
        }

        if (!Is(name))
        {
            throw new ArgumentException($"'{name}' cannot name a partition.", nameof(name));
        }

        (Module, Name) = (module, name);
    }

    public string Module { get; }

    public string Name { get; }

    /// <summary>Whether a partition can be called so.</summary>
    public static bool Is(string name) => Text().IsMatch(name);

    public override string ToString() => $"{Module}${Name}";

    [GeneratedRegex("^[a-z][a-z0-9_]*\\z", RegexOptions.NonBacktracking)]
    private static partial Regex ModuleText();

    [GeneratedRegex("^[a-z0-9][a-z0-9_-]{0,31}\\z", RegexOptions.NonBacktracking)]
    private static partial Regex Text();
}
