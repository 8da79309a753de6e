using Microsoft.AspNetCore.Http;
using Stagedoor.Discovery.Model;
using Stagedoor.Http;

namespace Stagedoor.Discovery.Finding;

/// <summary>What a consumer looks for.</summary>
/// <param name="Environment">The environment; that of the consumer counts instead when one is known.</param>
/// <param name="AppId">The application.</param>
/// <param name="ServiceName">Name or alias.</param>
/// <param name="Rule">Which versions.</param>
/// <param name="Tags">Tag keys that the provider must have, sorted, with commas.</param>
internal sealed record Lookup(string Environment, string AppId, string ServiceName, VersionRule Rule, string Tags)
{
    private const int MaxName = 289;

    /// <summary>Reads a discovery call's query.</summary>
    /// <exception cref="ApiException">A value is not allowed.</exception>
    public static Lookup Read(HttpContext context)
    {
        var query = context.Request.Query;
        return Of(query["env"].ToString(), query["appId"].ToString(), query["serviceName"].ToString(), query["version"].ToString(), query["tags"].ToString());
    }

    /// <exception cref="ApiException">A value is not allowed.</exception>
    public static Lookup Of(string environment, string appId, string serviceName, string version, string tags)
    {
        if (!Names.IsEnvironment(environment))
        {
            throw DiscoveryError.Invalid("env", $"empty or one of {string.Join(", ", Names.Environments)}");
        }

        if (!Names.IsRequiredName(appId, 160))
        {
            throw DiscoveryError.Invalid("appId", "1 to 160 of letters, digits and '_', '-', '.' between them");
        }

        CheckName(serviceName);
        return VersionRule.TryParse(VersionRule.Normalize(version), out var rule)
            ? new(environment, appId, serviceName, rule, SortTags(tags))
            : throw DiscoveryError.Invalid("version", "1.0.0, 1.0.0+, 1.0-2.0 or latest, at most 129 characters");
    }

    /// <exception cref="ApiException">It is no name, alias or <c>application:name</c>.</exception>
    public static void CheckName(string serviceName)
    {
        if (serviceName.Length == 0 || !Names.IsAlias(serviceName, MaxName) || !char.IsAsciiLetterOrDigit(serviceName[0]) || !char.IsAsciiLetterOrDigit(serviceName[^1]))
        {
            throw DiscoveryError.Invalid("serviceName", $"1 to {MaxName} of letters, digits and '_', '-', '.', ':' between them");
        }
    }

    /// <summary>Tag keys in an order of their own, so that the same question has one spelling.</summary>
    /// <exception cref="ApiException">A key is not allowed.</exception>
    public static string SortTags(string tags)
    {
        if (tags.Length == 0)
        {
            return "";
        }

        var keys = tags.Split(',', StringSplitOptions.RemoveEmptyEntries);
        return keys.All(Names.IsTagPart)
            ? string.Join(',', keys.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            : throw DiscoveryError.Invalid("tags", "keys of tags with commas between them");
    }
}
