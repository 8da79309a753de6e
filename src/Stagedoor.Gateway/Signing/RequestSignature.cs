using System.Collections.Immutable;

namespace Stagedoor.Gateway.Signing;

/// <summary>A well-formed signature, as an <c>Authorization</c> header states it.</summary>
internal sealed class RequestSignature
{
    /// <summary>Signed with the secret key itself.</summary>
    public const string Direct = "SDK-HMAC-SHA256";

    /// <summary>Signed with a key derived for a <see cref="CredentialScope"/>.</summary>
    public const string Derived = "V11-HMAC-SHA256";

    public required string AccessKey { get; init; }

    /// <summary>The scope of a derived key; null when the secret key signs.</summary>
    public CredentialScope? Scope { get; init; }

    public string Algorithm => Scope is null ? Direct : Derived;

    /// <summary>Names of the signed headers: lower-case, ascending, each once.</summary>
    public required ImmutableArray<string> SignedHeaders { get; init; }

    /// <summary>The 32 bytes of the signature; empty when the header holds anything but 64 lower-case hex digits.</summary>
    public required ReadOnlyMemory<byte> Value { get; init; }

    /// <summary>Whether the header of this lower-case name is signed.</summary>
    public bool Signs(string name)
    {
        foreach (var signed in SignedHeaders)
        {
            if (string.Equals(signed, name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
