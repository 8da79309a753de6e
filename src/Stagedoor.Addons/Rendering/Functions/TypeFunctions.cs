using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Functions;

/// <summary>Defaults, choices and types.</summary>
internal static class TypeFunctions
{
    public static void AddTo(FunctionTable.Builder all) => all
        .Add("default", "vv*", static a => a.Length < 2 || !GoType.IsTrue(a[1]) ? a[0] : a[1])
        .Add("empty", "v", static a => !GoType.IsTrue(a[0]))
        .Add("ternary", "vvb", static a => (bool)a[2]! ? a[0] : a[1])
        .Add("typeOf", "v", static a => GoType.NameOf(a[0]))
        .Add("typeIs", "sv", static a => string.Equals(GoType.NameOf(a[1]), (string)a[0]!, StringComparison.Ordinal))
        .Add("typeIsLike", "sv", static a => string.Equals(GoType.NameOf(a[1]).TrimStart('*'), ((string)a[0]!).TrimStart('*'), StringComparison.Ordinal) && GoType.NameOf(a[1]).EndsWith((string)a[0]!, StringComparison.Ordinal))
        .Add("kindOf", "v", static a => GoType.KindOf(a[0]))
        .Add("kindIs", "sv", static a => string.Equals(GoType.KindOf(a[1]), (string)a[0]!, StringComparison.Ordinal))
        .Add("deepEqual", "vv", static a => ListFunctions.DeepEqual(a[0], a[1]))
        .Add("hello", "", static _ => "Hello!")
        .Add("fail", "s", static a => throw new FunctionException((string)a[0]!))
        .Add("getHostByName", "s", static _ => "");
}
