using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Stagedoor.Gateway.Signing;

/// <summary>The client's side: signs a request the way the documented algorithm says.</summary>
internal static class RequestSigner
{
    /// <summary>Headers that the connection owns, or that the signature is put into.</summary>
    private static readonly ImmutableArray<string> s_unsigned =
        ["authorization", "connection", "content-length", "expect", "transfer-encoding"];

    /// <summary>Signs every header that is there, setting <c>X-Sdk-Date</c> when it is not, and sets <c>Authorization</c>.</summary>
    /// <param name="request">The request as it will stand on the wire.</param>
    /// <param name="accessKey">The access key.</param>
    /// <param name="secretKey">Its secret key.</param>
    /// <param name="now">The signing time.</param>
    /// <param name="derived">Region and service to derive a key for; null signs with the secret key itself.</param>
    /// <returns>The value of <c>Authorization</c>.</returns>
    public static string Sign(
        in SignedRequest request, string accessKey, string secretKey, DateTimeOffset now, (string Region, string Service)? derived = null)
    {
        _ = request.Headers.TryAdd(SignedRequest.DateHeader, SigningDate.Format(now));
        var date = request.Headers[SignedRequest.DateHeader].ToString();
        var scope = derived is { } target ? new CredentialScope(date[..8], target.Region, target.Service) : null;
        var names = SelectHeaders(request.Headers);
        using var canonical = new CanonicalRequest(request, names, allowUnsignedPayload: true);
        if (!canonical.IsSignable || !canonical.MoveNext())
        {
            throw new InvalidOperationException("X-Sdk-Content-Sha256 is not the hash of the body, or a header holds a line break.");
        }

        var authorization = Authorize(canonical.Current, accessKey, secretKey, date, scope, names);
        request.Headers.Authorization = authorization;
        return authorization;
    }

    /// <summary>Signs a message that is about to be sent with <paramref name="body"/>.</summary>
    public static void Sign(
        HttpRequestMessage message,
        ReadOnlySpan<byte> body,
        string accessKey,
        string secretKey,
        DateTimeOffset now,
        (string Region, string Service)? derived = null)
    {
        var target = message.RequestUri ?? throw new ArgumentException("The message has no address.", nameof(message));
        IHeaderDictionary headers = new HeaderDictionary();
        foreach (var (name, values) in message.Headers.NonValidated)
        {
            headers[name] = values.ToString();
        }

        if (message.Content is { } content)
        {
            foreach (var (name, values) in content.Headers.NonValidated)
            {
                headers[name] = values.ToString();
            }
        }

        headers.Host = message.Headers.Host ?? target.Authority;
        var bodyHash = Convert.ToHexStringLower(SHA256.HashData(body));
        var request = new SignedRequest(message.Method.Method, target.PathAndQuery, headers, bodyHash);
        var authorization = Sign(request, accessKey, secretKey, now, derived);
        _ = message.Headers.Remove(SignedRequest.DateHeader);
        _ = message.Headers.TryAddWithoutValidation(SignedRequest.DateHeader, headers[SignedRequest.DateHeader].ToString());
        _ = message.Headers.Remove("Authorization");
        _ = message.Headers.TryAddWithoutValidation("Authorization", authorization);
    }

    private static string Authorize(
        ReadOnlySpan<byte> canonical, string accessKey, string secretKey, string date, CredentialScope? scope, ImmutableArray<string> names)
    {
        Span<byte> signature = stackalloc byte[SigningKey.Size];
        var key = Encoding.UTF8.GetBytes(secretKey);
        var algorithm = RequestSignature.Direct;
        var credential = $"Access={accessKey}";
        if (scope is not null)
        {
            key = SigningKey.Derive(key, accessKey, scope);
            algorithm = RequestSignature.Derived;
            credential = $"Credential={accessKey}/{scope}";
        }

        SigningKey.Sign(key, algorithm, date, scope, canonical, signature);
        return $"{algorithm} {credential}, SignedHeaders={string.Join(';', names)}, Signature={Convert.ToHexStringLower(signature)}";
    }

    private static ImmutableArray<string> SelectHeaders(IHeaderDictionary headers)
    {
        var names = new List<string>(headers.Count);
        foreach (var name in headers.Keys)
        {
            var lower = string.Create(name.Length, name, static (target, source) => _ = source.AsSpan().ToLowerInvariant(target));
            if (!s_unsigned.Contains(lower, StringComparer.Ordinal))
            {
                names.Add(lower);
            }
        }

        names.Sort(StringComparer.Ordinal);
        return [.. names];
    }
}
