using Microsoft.Extensions.Configuration;

namespace Stagedoor.Http;

/// <summary>
/// The modules there are, and those of them that this process runs: all, or those that the setting <c>Modules</c> names, separated by commas.
/// </summary>
public sealed class ModuleSet
{
    private const string Setting = "Modules";

    private readonly string[] _secretPaths;

    /// <exception cref="InvalidOperationException">A role is brought twice.</exception>
    public ModuleSet(IReadOnlyList<IModule> all, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var named = Named(configuration);
        All = all;
        Roles = RolesOf(all);
        _secretPaths = [.. all.SelectMany(static m => m.Traits.SecretPaths)];
        Running = [.. all.Where(m => m.Traits.IsAlwaysOn || named.Length == 0 || IsNamed(m.Traits.PartOf ?? m.Name) || IsNamed(m.Traits.ComesWith))];

        bool IsNamed(string? name) => name is not null && named.Contains(name, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>All, in the order in which they are prepared.</summary>
    public IReadOnlyList<IModule> All { get; }

    /// <summary>Those that run in this process.</summary>
    public IReadOnlyList<IModule> Running { get; }

    /// <summary>The roles of all, running or not: what was granted can be read and taken away while its module is off.</summary>
    public IReadOnlyList<ModuleRole> Roles { get; }

    /// <summary>The databases of those that run.</summary>
    public IEnumerable<ModuleDatabase> Databases => Running.Select(static m => m.Traits.Database).OfType<ModuleDatabase>();

    /// <summary>What is wrong with the setting; null when nothing is.</summary>
    public static string? FindProblem(IReadOnlyList<IModule> all, IConfiguration configuration)
    {
        var names = all.Where(static m => m.Traits is { IsAlwaysOn: false, PartOf: null }).Select(static m => m.Name).ToList();
        return Named(configuration).FirstOrDefault(n => !names.Contains(n, StringComparer.OrdinalIgnoreCase)) is { } unknown
            ? $"{Setting} names '{unknown}', which does not exist. There are: {string.Join(", ", names)}."
            : null;
    }

    /// <summary>The module of this name, running or not; null when there is none.</summary>
    public IModule? Find(string name) => All.FirstOrDefault(m => string.Equals(m.Name, name, StringComparison.Ordinal));

    /// <summary>A path as records may show it, whether any route takes it or not: the segment that is a key is covered.</summary>
    public string Masked(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return SecretSegments.Mask(path, _secretPaths);
    }

    private static List<ModuleRole> RolesOf(IReadOnlyList<IModule> all)
    {
        var brought = new Dictionary<string, IModule>(StringComparer.Ordinal);
        var roles = new List<ModuleRole>();
        foreach (var (module, role) in all.SelectMany(static m => m.Traits.Roles.Select(r => (m, r))))
        {
            if (!brought.TryAdd(role.Name, module))
            {
                throw new InvalidOperationException(
                    $"The role {role.Name} is brought by {brought[role.Name].Name} and again by {module.Name}: a grant of it would mean two things.");
            }

            roles.Add(role);
        }

        return roles;
    }

    private static string[] Named(IConfiguration configuration) =>
        configuration[Setting]?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
}
