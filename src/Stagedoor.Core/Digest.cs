using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Stagedoor;

/// <summary>A content digest, <c>sha256:…</c> or <c>sha512:…</c> in lower-case hex (OCI image specification, descriptor, "Digests").</summary>
public readonly record struct Digest : IParsable<Digest>
{
    private static readonly SearchValues<char> s_hex = SearchValues.Create("0123456789abcdef");

    private readonly string? _text;

    private Digest(string text) => _text = text;

    /// <summary>The digest of zero bytes under SHA-256.</summary>
    public static Digest EmptySha256 { get; } = new("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

    /// <summary><c>sha256</c> or <c>sha512</c>.</summary>
    public string Algorithm => ToString()[..6];

    /// <summary>64 or 128 lower-case hex digits.</summary>
    public string Hex => ToString()[7..];

    public static Digest Sha256(ReadOnlySpan<byte> hash) => new("sha256:" + Convert.ToHexStringLower(hash));

    public static Digest Sha512(ReadOnlySpan<byte> hash) => new("sha512:" + Convert.ToHexStringLower(hash));

    /// <summary>The digest of a hash under a named algorithm.</summary>
    /// <exception cref="ArgumentException">The algorithm is neither sha256 nor sha512.</exception>
    public static Digest Of(string algorithm, ReadOnlySpan<byte> hash) => algorithm switch
    {
        "sha256" => Sha256(hash),
        "sha512" => Sha512(hash),
        _ => throw new ArgumentException($"No digest algorithm '{algorithm}'.", nameof(algorithm)),
    };

    public static Digest Parse(string s) => Parse(s, null);

    public static Digest Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var digest) ? digest : throw new FormatException($"'{s}' is no sha256 or sha512 digest.");

    public static bool TryParse([NotNullWhen(true)] string? s, out Digest result) => TryParse(s, null, out result);

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Digest result)
    {
        var wellFormed = s is not null
            && ((s.Length == 7 + 64 && s.StartsWith("sha256:", StringComparison.Ordinal))
                || (s.Length == 7 + 128 && s.StartsWith("sha512:", StringComparison.Ordinal)))
            && !s.AsSpan(7).ContainsAnyExcept(s_hex);
        result = wellFormed ? new(s!) : default;
        return wellFormed;
    }

    public override string ToString() => _text ?? "";
}
