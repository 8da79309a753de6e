using System.Reflection;
using Stagedoor.Http;
using Stagedoor.Serve;
using Xunit;

namespace Stagedoor.Tests.Architecture;

/// <summary>A role that nobody can be granted opens nothing, and a misspelt one says so to nobody.</summary>
public sealed class RoleTests
{
    private static readonly HashSet<string> s_roles = Modules.All.SelectMany(static m => m.Traits.Roles).Select(static r => r.Name).ToHashSet(StringComparer.Ordinal);

    [Fact]
    public void Each_role_that_a_module_gives_a_meaning_to_is_brought_by_one() => Assert.Empty(
        Modules.All.Select(static m => m.Traits.Actions).OfType<ModuleActions>().SelectMany(static a => a.Administrators.Concat(a.Readers)).Except(s_roles, StringComparer.Ordinal));

    [Fact]
    public void Each_role_that_several_modules_know_is_brought_by_one() => Assert.Empty(
        typeof(RoleNames).GetFields(BindingFlags.Public | BindingFlags.Static).Select(static f => (string)f.GetRawConstantValue()!).Except(s_roles, StringComparer.Ordinal));
}
