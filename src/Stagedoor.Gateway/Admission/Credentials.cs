using Microsoft.AspNetCore.Http;

namespace Stagedoor.Gateway.Admission;

/// <summary>The credentials that the gateway itself takes.</summary>
internal static class Credentials
{
    public const string TokenHeader = "X-Auth-Token";

    /// <summary>The token; null when there is none.</summary>
    public static string? FindToken(IHeaderDictionary headers)
    {
        var token = headers[TokenHeader].ToString();
        return token.Length > 0 ? token : null;
    }

    /// <summary>Whether <c>Authorization</c> is a signature, of an algorithm that is served or not.</summary>
    public static bool HasSignature(IHeaderDictionary headers)
    {
        var authorization = headers.Authorization.ToString().AsSpan().TrimStart(' ');
        return authorization.StartsWith("SDK-", StringComparison.OrdinalIgnoreCase)
            || authorization.StartsWith("V11-", StringComparison.OrdinalIgnoreCase);
    }

    public static bool AreThere(IHeaderDictionary headers) => headers.ContainsKey(TokenHeader) || HasSignature(headers);
}
