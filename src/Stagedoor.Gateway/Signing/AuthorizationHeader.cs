using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Stagedoor.Gateway.Signing;

/// <summary>What an <c>Authorization</c> header turned out to be.</summary>
internal enum AuthorizationKind
{
    /// <summary>Absent, or of a scheme that is no signature, for example <c>Bearer</c>.</summary>
    NotASignature,

    /// <summary>A signature that can be verified.</summary>
    Signature,

    /// <summary>A signature of an algorithm that is not served.</summary>
    Unsupported,

    /// <summary>A served algorithm whose parts cannot be read.</summary>
    Malformed,
}

/// <summary>
/// Reads <c>SDK-HMAC-SHA256 Access=…, SignedHeaders=…, Signature=…</c> and
/// <c>V11-HMAC-SHA256 Credential=AK/date/region/service, SignedHeaders=…, Signature=…</c>.
/// </summary>
internal readonly record struct AuthorizationHeader
{
    /// <summary>More than any client signs; keeps the work that a header can ask for small.</summary>
    public const int MaxSignedHeaders = 128;

    private const int MaxName = 128;

    private static readonly SearchValues<char> s_headerName = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly SearchValues<char> s_algorithm = SearchValues.Create(
        "-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly SearchValues<char> s_lowerHex = SearchValues.Create("0123456789abcdef");

    private AuthorizationHeader(AuthorizationKind kind, RequestSignature? signature = null, string? problem = null)
    {
        Kind = kind;
        Signature = signature;
        Problem = problem;
    }

    public AuthorizationKind Kind { get; }

    /// <summary>The signature, when it is one.</summary>
    public RequestSignature? Signature { get; }

    /// <summary>What is wrong, when it is unsupported or malformed.</summary>
    public string? Problem { get; }

    [MemberNotNullWhen(true, nameof(Signature))]
    public bool IsSignature => Signature is not null;

    public static AuthorizationHeader Parse(string? value)
    {
        var text = value.AsSpan().Trim(' ');
        var space = text.IndexOf(' ');
        var algorithm = space < 0 ? text : text[..space];
        if (!LooksLikeSignature(algorithm))
        {
            return new(AuthorizationKind.NotASignature);
        }

        // Case matters: a lower-case name is another algorithm, so that no proxy or parser disagrees about which one was verified.
        var derived = algorithm.SequenceEqual(RequestSignature.Derived);
        if (!derived && !algorithm.SequenceEqual(RequestSignature.Direct))
        {
            return new(AuthorizationKind.Unsupported, problem: $"unsupported signing algorithm: {algorithm}");
        }

        return ParseParts(text[algorithm.Length..], derived);
    }

    private static AuthorizationHeader ParseParts(ReadOnlySpan<char> text, bool derived)
    {
        var credentialName = derived ? "Credential" : "Access";
        ReadOnlySpan<char> credential = default, signedHeaders = default, signature = default;
        foreach (var range in text.Split(','))
        {
            var part = text[range].Trim(' ');
            var equals = part.IndexOf('=');
            var name = equals < 0 ? part : part[..equals].TrimEnd(' ');
            var value = equals < 0 ? default : part[(equals + 1)..].TrimStart(' ');
            if (value.IsEmpty)
            {
                return Malformed("each part is name=value");
            }

            var known = name.SequenceEqual(credentialName) ? Take(value, ref credential)
                : name.SequenceEqual("SignedHeaders") ? Take(value, ref signedHeaders)
                : name.SequenceEqual("Signature") && Take(value, ref signature);
            if (!known)
            {
                return Malformed("a part is unknown or repeated");
            }
        }

        if (credential.IsEmpty || signedHeaders.IsEmpty || signature.IsEmpty)
        {
            return Malformed($"{credentialName}, SignedHeaders and Signature are required");
        }

        if (!TryReadCredential(credential, derived, out var accessKey, out var scope))
        {
            return Malformed(derived ? "Credential is <access key>/<yyyyMMdd>/<region>/<service>" : "Access is an access key");
        }

        return TryReadHeaderNames(signedHeaders, out var names)
            ? new(
                AuthorizationKind.Signature,
                new() { AccessKey = accessKey, Scope = scope, SignedHeaders = names, Value = ReadSignature(signature) })
            : Malformed($"SignedHeaders is up to {MaxSignedHeaders} header names, each once, joined by ';'");
    }

    private static bool LooksLikeSignature(ReadOnlySpan<char> algorithm) =>
        (algorithm.StartsWith("SDK-", StringComparison.OrdinalIgnoreCase)
            || algorithm.StartsWith("V11-", StringComparison.OrdinalIgnoreCase))
        && algorithm.Length <= MaxName
        && !algorithm.ContainsAnyExcept(s_algorithm);

    private static AuthorizationHeader Malformed(string problem) =>
        new(AuthorizationKind.Malformed, problem: $"malformed signature: {problem}");

    private static bool Take(ReadOnlySpan<char> value, ref ReadOnlySpan<char> part)
    {
        if (!part.IsEmpty)
        {
            return false;
        }

        part = value;
        return true;
    }

    private static bool TryReadCredential(
        ReadOnlySpan<char> text, bool derived, out string accessKey, out CredentialScope? scope)
    {
        accessKey = "";
        scope = null;
        if (!derived)
        {
            accessKey = IsName(text) ? text.ToString() : "";
            return accessKey.Length > 0;
        }

        Span<Range> parts = stackalloc Range[5];
        if (text.Split(parts, '/') != 4)
        {
            return false;
        }

        foreach (var part in parts[..4])
        {
            if (!IsName(text[part]))
            {
                return false;
            }
        }

        accessKey = text[parts[0]].ToString();
        scope = new(text[parts[1]].ToString(), text[parts[2]].ToString(), text[parts[3]].ToString());
        return true;
    }

    // Anything visible may be a key: a wrong one is answered as unknown, by its name, and not as malformed.
    private static bool IsName(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxName && !text.Contains('/') && !text.ContainsAnyExceptInRange('!', '~');

    private static bool TryReadHeaderNames(ReadOnlySpan<char> text, out ImmutableArray<string> names)
    {
        var count = text.Count(';') + 1;
        names = [];
        if (count > MaxSignedHeaders)
        {
            return false;
        }

        var list = new string[count];
        var index = 0;
        foreach (var range in text.Split(';'))
        {
            var name = text[range].Trim(' ');
            if (name.IsEmpty || name.ContainsAnyExcept(s_headerName))
            {
                return false;
            }

            list[index++] = Lower(name);
        }

        Array.Sort(list, StringComparer.Ordinal);
        for (var i = 1; i < list.Length; i++)
        {
            if (string.Equals(list[i], list[i - 1], StringComparison.Ordinal))
            {
                return false;
            }
        }

        names = ImmutableCollectionsMarshal.AsImmutableArray(list);
        return true;
    }

    private static string Lower(ReadOnlySpan<char> name) =>
        string.Create(name.Length, name, static (target, source) => _ = source.ToLowerInvariant(target));

    // Upper-case digits are refused, so that a signature has one spelling. No client writes them.
    private static byte[] ReadSignature(ReadOnlySpan<char> text) =>
        text.Length == 64 && !text.ContainsAnyExcept(s_lowerHex) ? Convert.FromHexString(text) : [];
}
