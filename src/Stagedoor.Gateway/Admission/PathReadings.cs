using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;

namespace Stagedoor.Gateway.Admission;

/// <summary>
/// Some clients sign <c>a/b</c> for what they send as <c>a%2Fb</c>. Where both are operations the signature of the one must not be good for the
/// other: then what is sent and what is signed have to be the same.
/// </summary>
internal sealed class PathReadings(EndpointDataSource endpoints)
{
    private const string EncodedSlash = "%2F";

    private readonly Lazy<(TemplateMatcher Matcher, IReadOnlyList<string>? Methods)[]> _routes = new(() =>
    [
        .. from endpoint in endpoints.Endpoints.OfType<RouteEndpoint>()
           // What takes any path is no operation of its own on this one.
           where !endpoint.RoutePattern.Parameters.Any(static p => p.IsCatchAll) && endpoint.RoutePattern.RawText is not null
           select (
               new TemplateMatcher(TemplateParser.Parse(endpoint.RoutePattern.RawText!.TrimStart('/')), []),
               endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods),
    ]);

    /// <summary>Whether the path, its encoded slashes taken for separators, would be another operation.</summary>
    public bool IsAmbiguous(HttpRequest request) =>
        request.Path.Value is { } path
        && path.Contains(EncodedSlash, StringComparison.OrdinalIgnoreCase)
        && IsOperation(request.Method, path.Replace(EncodedSlash, "/", StringComparison.OrdinalIgnoreCase));

    private bool IsOperation(string method, string path) => _routes.Value.Any(route =>
        (route.Methods is null || route.Methods.Contains(method, StringComparer.OrdinalIgnoreCase)) && route.Matcher.TryMatch(path, []));
}
