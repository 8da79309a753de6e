using System.Reflection;

namespace Stagedoor;

/// <summary>Which build this is.</summary>
internal static class Build
{
    /// <summary>The version, without the commit.</summary>
    internal static string Version { get; } = Informational.Split('+')[0];

    /// <summary>The commit that it was built from; empty when it is not known.</summary>
    internal static string Commit { get; } = Informational.Contains('+', StringComparison.Ordinal) ? Informational.Split('+')[1] : "";

    private static string Informational =>
        typeof(Build).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
}
