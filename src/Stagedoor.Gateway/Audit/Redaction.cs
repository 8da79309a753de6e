using System.Text;
using Microsoft.AspNetCore.Http;

namespace Stagedoor.Gateway.Audit;

/// <summary>Keeps secrets out of records.</summary>
internal static class Redaction
{
    private const string Hidden = "***";

    private static readonly string[] s_secrets = ["password", "secret", "token", "signature", "authorization", "credential", "sk"];

    /// <summary>Path and query, where the value of a parameter that names a secret is replaced.</summary>
    public static string Address(HttpRequest request)
    {
        var path = request.Path.ToUriComponent();
        var query = request.QueryString.Value;
        if (string.IsNullOrEmpty(query))
        {
            return path;
        }

        var text = new StringBuilder(path);
        var separator = '?';
        foreach (var range in query.AsSpan(1).Split('&'))
        {
            var parameter = query.AsSpan(1)[range];
            var equals = parameter.IndexOf('=');
            text.Append(separator);
            separator = '&';
            if (equals >= 0 && IsSecret(parameter[..equals]))
            {
                text.Append(parameter[..(equals + 1)]).Append(Hidden);
            }
            else
            {
                text.Append(parameter);
            }
        }

        return text.ToString();
    }

    private static bool IsSecret(ReadOnlySpan<char> escapedName)
    {
        var name = Uri.UnescapeDataString(escapedName);
        foreach (var secret in s_secrets)
        {
            if (secret.Length > 2 ? name.Contains(secret, StringComparison.OrdinalIgnoreCase) : name.Equals(secret, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
