using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Stagedoor.Tracing.Reading;

/// <summary>What a request asks for as it was sent: the framework leaves <c>%2F</c> in a path as it is and makes the same of <c>%252F</c>, and knows no case of parameters.</summary>
internal static class RawTarget
{
    /// <summary>The path, whose segments are still encoded.</summary>
    public static string PathOf(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var path = target.AsSpan(0, target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var at ? at : target.Length);
        return path.IndexOf("://") is >= 0 and var scheme && path[(scheme + 3)..].IndexOf('/') is >= 0 and var authority
            ? path[(scheme + 3 + authority)..].ToString()
            : path.ToString();
    }

    /// <summary>The parameters of the query, decoded, in the order in which they stand.</summary>
    public static IEnumerable<(string Name, string Value)> ParametersOf(HttpContext context)
    {
        foreach (var pair in (context.Request.QueryString.Value ?? "").TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            yield return equals < 0 ? (Decode(pair), "") : (Decode(pair[..equals]), Decode(pair[(equals + 1)..]));
        }
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
