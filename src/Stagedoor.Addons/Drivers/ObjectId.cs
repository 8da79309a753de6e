namespace Stagedoor.Addons.Drivers;

/// <summary>What makes an object the same one: the version of its API is no part of it.</summary>
internal readonly record struct ObjectId(string Group, string Kind, string Namespace, string Name)
{
    /// <summary>That of an object with this <c>apiVersion</c>.</summary>
    public static ObjectId Of(string apiVersion, string kind, string @namespace, string name) =>
        new(apiVersion.Contains('/', StringComparison.Ordinal) ? apiVersion.Split('/', 2)[0] : "", kind, @namespace, name);

    public override string ToString() =>
        $"{Kind}{(Group.Length > 0 ? "." + Group : "")} {(Namespace.Length > 0 ? Namespace + "/" : "")}{Name}";
}
