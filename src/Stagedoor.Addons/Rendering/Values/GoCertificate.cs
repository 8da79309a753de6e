using Stagedoor.Addons.Rendering.Functions;

namespace Stagedoor.Addons.Rendering.Values;

/// <summary>A certificate and its key, in PEM.</summary>
internal sealed record GoCertificate(string Certificate, string Key) : IGoObject
{
    public string TypeName => "sprig.certificate";

    public string Kind => "struct";

    public bool TryField(string name, out object? value)
    {
        value = name switch { "Cert" => Certificate, "Key" => Key, _ => null };
        return value is not null;
    }

    public GoFunction? FindMethod(string name) => null;

    public string Print() => "{" + Certificate + " " + Key + "}";
}
