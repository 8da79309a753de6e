namespace Stagedoor.Gateway.Signing;

/// <summary>What a derived key is good for: one day, one region, one service.</summary>
internal sealed record CredentialScope(string Date, string Region, string Service)
{
    /// <summary>The region of services that serve a whole account.</summary>
    public const string Global = "globe";

    /// <summary>The info of the key derivation, which is also a line of the string to sign.</summary>
    public override string ToString() => $"{Date}/{Region}/{Service}";
}
