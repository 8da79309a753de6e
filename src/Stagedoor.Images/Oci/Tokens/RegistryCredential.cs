using System.Buffers;
using System.Text;

namespace Stagedoor.Images.Oci.Tokens;

/// <summary>What an <c>Authorization</c> header of the registry holds.</summary>
internal enum CredentialKind
{
    /// <summary>Nothing that is the registry's to read.</summary>
    Other,
    Login,
    Token,
}

/// <summary>The credential in an <c>Authorization</c> header, without the name of its scheme and the spaces around it.</summary>
internal readonly ref struct RegistryCredential
{
    // As long as a user name and a key can be, and no longer than what is issued.
    private const int MaxLoginLength = 2048;
    private const string Basic = "Basic ";
    private const string Bearer = "Bearer ";

    private static readonly SearchValues<char> s_base64 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");

    private RegistryCredential(CredentialKind kind, ReadOnlySpan<char> text)
    {
        Kind = kind;
        Text = text;
    }

    public CredentialKind Kind { get; }

    /// <summary>The credential; empty for one that is longer than any.</summary>
    public ReadOnlySpan<char> Text { get; }

    public static RegistryCredential Of(string header) =>
        header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? new(CredentialKind.Token, Limit(header.AsSpan(Bearer.Length), RegistryTokens.MaxLength))
        : header.StartsWith(Basic, StringComparison.OrdinalIgnoreCase) ? new(CredentialKind.Login, Limit(header.AsSpan(Basic.Length), MaxLoginLength))
        : default;

    /// <summary>The login in it; null when there is none that can be read.</summary>
    public RegistryLogin? FindLogin()
    {
        // The framework's reader would skip blanks, and one login have any number of spellings.
        Span<byte> bytes = stackalloc byte[MaxLoginLength];
        if (Kind is not CredentialKind.Login || Text.ContainsAnyExcept(s_base64) || !Convert.TryFromBase64Chars(Text, bytes, out var length))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(bytes[..length]);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 || !Stagedoor.Text.IsStorable(text) ? null : new(text[..colon], text[(colon + 1)..]);
    }

    private static ReadOnlySpan<char> Limit(ReadOnlySpan<char> text, int length) => text.Trim(' ') is var trimmed && trimmed.Length <= length ? trimmed : [];
}
