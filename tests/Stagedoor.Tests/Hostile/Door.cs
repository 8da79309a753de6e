using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Tests.Hostile;

/// <summary>An operation, as its metadata describe it.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Template">The route's template, with a slash in front.</param>
/// <param name="Endpoint">The endpoint.</param>
internal sealed record Door(string Method, string Template, RouteEndpoint Endpoint)
{
    // The registry reads its paths itself: one template stands for all of these.
    private static readonly string[] s_registryPaths =
    [
        "", "hostile", "hostile/app/manifests/{reference}", "hostile/app/blobs/{digest}", "hostile/app/blobs/uploads/", "hostile/app/blobs/uploads/{id}",
        "hostile/app/tags/list", "hostile/app/referrers/{digest}", "{organization}/{repository}/manifests/1.0", "_catalog",
    ];

    public string Service => Endpoint.Metadata.GetMetadata<ServiceMetadata>()?.Service ?? "";

    public bool IsRegistry => Endpoint.Metadata.GetMetadata<EnvelopeMetadata>()?.Envelope is Envelope.Oci;

    /// <summary>Whether it takes spans, by protocols that have their own words for refusals.</summary>
    public bool IsSender => Service is "tracing" && Method is "POST" && !IsReader;

    /// <summary>Whether it reads spans, in formats that say what counts of a member that is there twice.</summary>
    public bool ReadsSpans => IsSender || IsTransform;

    /// <summary>Whether readers ask it in the words of another product, which has its own words for refusals too.</summary>
    public bool IsReader => Service is "tracing" && (Method is not "POST" || Template.EndsWith("/archive/{id}", StringComparison.Ordinal) || IsTransform) && !Template.StartsWith("/v1/{", StringComparison.Ordinal);

    private bool IsTransform => Template.EndsWith("/api/transform", StringComparison.Ordinal);

    public bool HasBody => Method is "POST" or "PUT" or "PATCH" or "DELETE";

    /// <summary>Every operation of the host; a route that takes any method is one with <c>POST</c>.</summary>
    public static IReadOnlyList<Door> All(EndpointDataSource endpoints) =>
    [
        .. from endpoint in endpoints.Endpoints.OfType<RouteEndpoint>()
           let template = "/" + endpoint.RoutePattern.RawText!.TrimStart('/')
           from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["POST"]
           from whole in template.EndsWith("{**path}", StringComparison.Ordinal) ? s_registryPaths.Select(p => template.Replace("{**path}", p, StringComparison.Ordinal)) : [template]
           select new Door(method, whole, endpoint),
    ];

    /// <summary>The path with every parameter replaced.</summary>
    public string PathWith(Func<string, string> value)
    {
        var parts = Template.Split('/');
        for (var i = 0; i < parts.Length; i++)
        {
            var open = parts[i].IndexOf('{', StringComparison.Ordinal);
            if (open >= 0)
            {
                parts[i] = parts[i][..open] + value(parts[i][(open + 1)..].TrimEnd('}').Split(':')[0].Trim('*'));
            }
        }

        return string.Join('/', parts);
    }

    public IReadOnlyList<string> Parameters
    {
        get
        {
            var found = new List<string>();
            PathWith(name =>
            {
                found.Add(name);
                return "";
            });
            return found;
        }
    }

    public override string ToString() => $"{Method} {Template}";
}
