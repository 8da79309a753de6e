using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Stagedoor.Gateway.Signing;
using Xunit;

namespace Stagedoor.Gateway.Tests.Signing;

/// <summary>
/// A client that signs a canonical request which the test spells out, with plain code that shares nothing with the product: this is
/// how a test says "that SDK signs these lines for this request".
/// </summary>
internal static class Client
{
    public const string AccessKey = "STAGEDOOREXAMPLEAK01";
    public const string SecretKey = "stagedoorExampleSecretKey0123456789abcdE";
    public const string Date = "20260102T030405Z";

    public static DateTimeOffset Now { get; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static SigningRules Rules { get; } = new() { Regions = ["cn-test-1"] };

    public static SignedRequest Request(string method, string target, string headers, string body = "")
    {
        IHeaderDictionary dictionary = new HeaderDictionary();
        foreach (var line in headers.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            dictionary.Append(line[..colon], line[(colon + 1)..].Trim());
        }

        return new(method, target, dictionary, Hash(body));
    }

    /// <summary>The header of a client that signed exactly <paramref name="canonical"/>.</summary>
    public static string Authorize(string canonical, string secretKey = SecretKey)
    {
        var signedHeaders = canonical.Split('\n')[^2];
        var text = $"SDK-HMAC-SHA256\n{Date}\n{Hash(canonical)}";
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secretKey), Encoding.UTF8.GetBytes(text));
        return $"SDK-HMAC-SHA256 Access={AccessKey}, SignedHeaders={signedHeaders}, Signature={Convert.ToHexStringLower(signature)}";
    }

    public static RequestSignature Parse(string authorization)
    {
        var header = AuthorizationHeader.Parse(authorization);
        Assert.True(header.IsSignature, header.Problem);
        return header.Signature;
    }

    public static SignatureResult Verify(
        SignedRequest request, string authorization, SigningRules? rules = null, DateTimeOffset? now = null) =>
        SignatureVerifier.Verify(request, Parse(authorization), SecretKey, rules ?? Rules, now ?? Now);

    /// <summary>Every candidate that the verifier would try, in its order.</summary>
    public static IReadOnlyList<string> Candidates(SignedRequest request, params string[] signedHeaders)
    {
        using var canonical = new CanonicalRequest(request, [.. signedHeaders], allowUnsignedPayload: true);
        var candidates = new List<string>();
        while (canonical.MoveNext())
        {
            candidates.Add(Encoding.UTF8.GetString(canonical.Current));
        }

        return candidates;
    }

    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
