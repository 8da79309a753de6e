using System.Reflection;
using Stagedoor.Serve;

namespace Stagedoor.Tests.Architecture;

/// <summary>The assemblies that ship.</summary>
internal static class ProductAssemblies
{
    /// <summary>The executable and what it references, directly or not.</summary>
    public static IReadOnlyList<Assembly> All { get; } = Find();

    /// <summary>The project's name without the product's; empty for the executable.</summary>
    public static string NameOf(Assembly assembly) => assembly.GetName().Name!["Stagedoor".Length..].TrimStart('.');

    private static List<Assembly> Find()
    {
        var found = new List<Assembly> { typeof(Modules).Assembly };
        for (var i = 0; i < found.Count; i++)
        {
            found.AddRange(found[i].GetReferencedAssemblies()
                .Where(name => name.Name!.StartsWith("Stagedoor.", StringComparison.Ordinal) && !found.Exists(a => a.GetName().Name == name.Name))
                .Select(Assembly.Load));
        }

        return found;
    }
}
