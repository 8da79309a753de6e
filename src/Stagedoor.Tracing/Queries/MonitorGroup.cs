using System.Security.Cryptography;
using System.Text;

namespace Stagedoor.Tracing.Queries;

/// <summary>A monitor group is named by its name or its id.</summary>
internal static class MonitorGroup
{
    private const int IdBytes = 16;

    /// <summary>The id of a group: 32 hexadecimal digits, always the same for a name in a project.</summary>
    public static string IdOf(string project, string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{project}/{name}")).AsSpan(0, IdBytes));

    /// <summary>Whether a group is the one that is asked for; every group when none is.</summary>
    public static bool Matches(string project, string name, string? asked) =>
        asked is null || string.Equals(name, asked, StringComparison.Ordinal) || (ProjectId.IsWellFormed(asked) && string.Equals(IdOf(project, name), asked, StringComparison.Ordinal));
}
