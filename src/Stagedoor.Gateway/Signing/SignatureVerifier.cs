using System.Security.Cryptography;
using System.Text;

namespace Stagedoor.Gateway.Signing;

/// <summary>Verifies the signature of a request whose target has passed <see cref="RawTarget.Check"/>.</summary>
internal static class SignatureVerifier
{
    // Random, so that nobody can sign with it, although what it says is never taken for an answer.
    private static readonly byte[] s_nobodysKey = RandomNumberGenerator.GetBytes(40);

    /// <summary>Verifies that the owner of <paramref name="secretKey"/> signed exactly this request.</summary>
    public static SignatureResult Verify(
        in SignedRequest request, RequestSignature signature, ReadOnlySpan<byte> secretKey, SigningRules rules, DateTimeOffset now)
    {
        if (CheckDate(request, signature, rules, now, out var date) is { } outdated)
        {
            return outdated;
        }

        if (signature.Scope is { } scope && !IsServed(scope, date, rules))
        {
            return new(SignatureStatus.InvalidScope, $"calc aksk signature fail:invalid credential scope {scope}");
        }

        // Whoever holds a temporary key could otherwise put another session's token beside it.
        if (request.Headers.ContainsKey(SignedRequest.SecurityTokenHeader) && !signature.Signs(SignedRequest.SecurityTokenHeader))
        {
            return new(SignatureStatus.UnsignedSecurityToken, "securitytoken is invalid");
        }

        using var canonical = new CanonicalRequest(request, signature.SignedHeaders, rules.AllowUnsignedPayload, rules.AllowWholePath);
        return canonical.IsSignable && Matches(canonical, signature, secretKey, date)
            ? SignatureResult.Ok
            : new(SignatureStatus.Mismatch, $"verify aksk signature fail, canonicalRequest:{canonical.Describe()}");
    }

    /// <summary>Verifies with a secret key that is held as text.</summary>
    public static SignatureResult Verify(
        in SignedRequest request, RequestSignature signature, string secretKey, SigningRules rules, DateTimeOffset now) =>
        Verify(request, signature, Encoding.UTF8.GetBytes(secretKey), rules, now);

    /// <summary>
    /// The answer for an access key that nobody has. It does the work of a wrong signature, so that time does not tell which keys exist.
    /// </summary>
    public static SignatureResult VerifyUnknownKey(
        in SignedRequest request, RequestSignature signature, SigningRules rules, DateTimeOffset now)
    {
        _ = Verify(request, signature, s_nobodysKey, rules, now);
        return new(SignatureStatus.UnknownKey, $"ak {signature.AccessKey} not exist");
    }

    /// <summary>Judges the date alone, so that an outdated request is refused before its body is read; null when it is good.</summary>
    public static SignatureResult? CheckDate(
        in SignedRequest request, RequestSignature signature, SigningRules rules, DateTimeOffset now) =>
        CheckDate(request, signature, rules, now, out _);

    private static SignatureResult? CheckDate(
        in SignedRequest request, RequestSignature signature, SigningRules rules, DateTimeOffset now, out string date)
    {
        var values = request.Headers[SignedRequest.DateHeader];
        date = values.ToString();
        if (values.Count != 1 || !signature.Signs(SignedRequest.DateHeader) || !SigningDate.TryParse(date, out var time))
        {
            return new(SignatureStatus.InvalidDate, "calc aksk signature fail:invalid x-sdk-date");
        }

        return (now - time).Duration() <= rules.ClockSkew
            ? null
            : new(
                SignatureStatus.Expired,
                $"calc aksk signature fail:signature expired, signature time:{date},server time:{SigningDate.Format(now)}");
    }

    private static bool IsServed(CredentialScope scope, string date, SigningRules rules) =>
        date.AsSpan(0, "yyyyMMdd".Length).SequenceEqual(scope.Date)
        && (scope.Region is CredentialScope.Global || rules.Regions.Contains(scope.Region, StringComparer.Ordinal))
        && rules.Services?.Contains(scope.Service, StringComparer.Ordinal) != false;

    private static bool Matches(CanonicalRequest canonical, RequestSignature signature, ReadOnlySpan<byte> secretKey, string date)
    {
        Span<byte> expected = stackalloc byte[SigningKey.Size];
        var key = signature.Scope is { } scope ? SigningKey.Derive(secretKey, signature.AccessKey, scope) : secretKey;
        while (canonical.MoveNext())
        {
            SigningKey.Sign(key, signature.Algorithm, date, signature.Scope, canonical.Current, expected);
            if (CryptographicOperations.FixedTimeEquals(expected, signature.Value.Span))
            {
                return true;
            }
        }

        return false;
    }
}
