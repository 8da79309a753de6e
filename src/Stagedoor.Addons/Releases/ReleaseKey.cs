namespace Stagedoor.Addons.Releases;

/// <summary>What a release is found by.</summary>
internal readonly record struct ReleaseKey(string Namespace, string Name)
{
    public override string ToString() => $"{Namespace}/{Name}";
}
