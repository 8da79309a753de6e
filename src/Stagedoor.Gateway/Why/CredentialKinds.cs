using System.Text;
using Microsoft.AspNetCore.Http;
using Stagedoor.Gateway.Admission;

namespace Stagedoor.Gateway.Why;

/// <summary>Which kinds of credentials a request carries, and whose they say to be. Never what they are.</summary>
internal static class CredentialKinds
{
    private const int MaxLogin = 1024;

    public static IReadOnlyList<string> Of(HttpRequest request)
    {
        var headers = request.Headers;
        var kinds = new List<string>(2);
        if (headers.ContainsKey(Credentials.TokenHeader))
        {
            kinds.Add("token (X-Auth-Token)");
        }

        var authorization = headers.Authorization.ToString();
        if (authorization.Length > 0)
        {
            var space = authorization.IndexOf(' ', StringComparison.Ordinal);
            var scheme = space < 0 ? "" : authorization[..space];
            kinds.Add(Credentials.HasSignature(headers) ? $"signature ({Text.Cut(Text.Repair(scheme), 32)})"
                : scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) ? "login (Basic)"
                : scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) ? "token (Bearer)"
                : "Authorization of another scheme");
        }

        if (headers.ContainsKey("X-Service-AK"))
        {
            kinds.Add("key headers (X-Service-AK)");
        }

        if (headers.ContainsKey("X-Subject-Token"))
        {
            kinds.Add("subject token (X-Subject-Token)");
        }

        if (headers.ContainsKey("X-Security-Token"))
        {
            kinds.Add("security token (X-Security-Token)");
        }

        if (headers.ContainsKey("Authentication") || headers.ContainsKey("x-otlp-api-key") || request.RouteValues.ContainsKey("key"))
        {
            kinds.Add("ingest key");
        }

        return kinds;
    }

    /// <summary>The access key that a login names; null when it names none.</summary>
    public static string? FindNamedKey(HttpRequest request)
    {
        if (request.Headers["X-Service-AK"].ToString() is { Length: > 0 and <= 128 } key)
        {
            return key;
        }

        var authorization = request.Headers.Authorization.ToString();
        if (!authorization.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase) || authorization.Length > MaxLogin)
        {
            return null;
        }

        // PROJECT@KEY:PASSWORD
        Span<byte> bytes = stackalloc byte[MaxLogin];
        if (!Convert.TryFromBase64Chars(authorization.AsSpan("Basic ".Length).Trim(), bytes, out var length) || bytes[..length].IndexOf((byte)':') is not (>= 0 and var colon))
        {
            return null;
        }

        var user = Encoding.UTF8.GetString(bytes[..colon]);
        return user[(user.LastIndexOf('@') + 1)..] is { Length: > 0 and <= 128 } named && Text.IsStorable(named) ? named : null;
    }
}
