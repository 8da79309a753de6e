using Microsoft.AspNetCore.Http;
using Stagedoor.Http;

namespace Stagedoor.Discovery.Requests;

/// <summary>Reads query values as the engine's clients write them.</summary>
internal static class Query
{
    /// <summary>A value that is on or off: <c>true</c>, <c>1</c>, <c>false</c>, <c>0</c>, or nothing for off.</summary>
    /// <exception cref="ApiException">It is something else.</exception>
    public static bool Flag(HttpContext context, string name) => context.Request.Query[name].ToString() switch
    {
        "true" or "1" => true,
        "" or "false" or "0" => false,
        _ => throw DiscoveryError.Invalid(name, "true, false, 1 or 0"),
    };

    public static string Value(HttpContext context, string name) => context.Request.Query[name].ToString();
}
