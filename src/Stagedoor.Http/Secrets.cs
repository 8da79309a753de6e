namespace Stagedoor.Http;

/// <summary>Knows by its name what must not be shown: the one list for error bodies, the log and the audit log.</summary>
public static class Secrets
{
    /// <summary>What stands in a secret's place.</summary>
    public const string Hidden = "***";

    private static readonly string[] s_parts = ["password", "passwd", "secret", "token", "signature", "authorization", "credential", "cookie", "session", "aksk", "apikey", "api-key", "api_key"];

    // Parameters of queries alone, whole: as a part of a name they say nothing.
    private static readonly string[] s_parameters = ["key", "pass", "pwd", "jwt", "bearer", "sig", "auth", "code_verifier"];

    /// <summary>Whether the value of a header or parameter of this name is secret.</summary>
    public static bool IsNamedBy(ReadOnlySpan<char> name)
    {
        foreach (var part in s_parts)
        {
            if (name.Contains(part, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return name.Equals("sk", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsSecretParameter(string name) => IsNamedBy(name) || s_parameters.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>A raw query in which the values of secrets are replaced.</summary>
    /// <param name="query">Without the question mark.</param>
    public static string Mask(ReadOnlySpan<char> query)
    {
        var text = new System.Text.StringBuilder(query.Length);
        foreach (var range in query.Split('&'))
        {
            var parameter = query[range];
            var equals = parameter.IndexOf('=');
            if (text.Length > 0)
            {
                text.Append('&');
            }

            if (equals >= 0 && IsSecretParameter(Uri.UnescapeDataString(parameter[..equals])))
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
}
