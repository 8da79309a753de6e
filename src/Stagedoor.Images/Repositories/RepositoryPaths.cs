using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using Stagedoor.Http;
using Stagedoor.Storage;

namespace Stagedoor.Images.Repositories;

/// <summary>
/// Finds the repository's name in paths of the management API. Names hold slashes, and clients send them as they are, as <c>%2F</c>, or as <c>$</c>. What
/// routing gets to see is the name as one segment, whose slashes are <c>%2F</c>; <c>ManageGate</c> takes them out of the value again.
/// </summary>
/// <remarks>
/// Where the name ends is told by what the routes have behind it. A path that can be read in two ways means the repository that exists, of several the
/// one with the longer name; where none does, the last segment that a route fixes ends the name.
/// </remarks>
internal sealed class RepositoryPaths(IServiceProvider services, RepositoryStore repositories) : IPathReader
{
    /// <summary>The route value that holds the name.</summary>
    public const string Parameter = "repository";

    private readonly Lock _lock = new();
    private volatile IReadOnlyList<Shape>? _shapes;

    public bool Concerns(PathString path) => path.Value is { } text
        && (text.StartsWith("/v2/manage/namespaces/", StringComparison.Ordinal)
            || text.StartsWith("/v2/manage/hub/", StringComparison.Ordinal)
            || text.StartsWith("/v3/manage/namespaces/", StringComparison.Ordinal)
            || text.StartsWith("/dockyard/", StringComparison.Ordinal));

    public async ValueTask ReadAsync(HttpContext context)
    {
        var request = context.Request;
        var segments = request.Path.Value![1..].Split('/');
        var readings = Read(_shapes ?? FindShapes(), segments, request.Method);
        if (readings.Count == 0)
        {
            return;
        }

        var reading = readings[0];
        if (readings.Count > 1)
        {
            // Nobody without credentials gets further than to being asked for them, and makes nobody look for repositories.
            var existing = request.Headers.ContainsKey(HeaderNames.Authorization) || request.Headers.ContainsKey("X-Auth-Token")
                ? await FindExistingAsync(segments[readings[0].Shape.NamespaceAt], readings, context.RequestAborted)
                : [];
            reading = readings.FirstOrDefault(r => existing.Contains(r.Name, StringComparer.Ordinal)) ?? readings.FirstOrDefault(static r => r.Shape.Tail.Count > 0) ?? reading;
        }

        request.Path = "/" + string.Join('/', segments[..reading.Shape.Head.Count])
            + "/" + reading.Name.Replace("/", "%2F", StringComparison.Ordinal)
            + string.Concat(segments[^reading.Shape.Tail.Count..].Select(static s => "/" + s));
    }

    /// <summary>The name of a segment, whichever way its slashes were sent.</summary>
    public static string Decode(string segment) =>
        segment.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase).Replace('$', '/');

    /// <summary>How the path can be read, those with longer names first; those that take the method, if any does.</summary>
    internal static IReadOnlyList<Reading> Read(IReadOnlyList<Shape> shapes, string[] segments, string method)
    {
        var found = new List<Reading>();
        if (segments.Contains("", StringComparer.Ordinal))
        {
            return found;
        }

        foreach (var shape in shapes)
        {
            var length = segments.Length - shape.Head.Count - shape.Tail.Count;
            if (length < 1 || !Matches(shape.Head, segments.AsSpan(0, shape.Head.Count)) || !Matches(shape.Tail, segments.AsSpan(segments.Length - shape.Tail.Count)))
            {
                continue;
            }

            var name = Decode(string.Join('/', segments, shape.Head.Count, length));
            var takes = shape.Methods.Contains(method);
            var at = found.FindIndex(r => string.Equals(r.Name, name, StringComparison.Ordinal));
            if (at < 0)
            {
                found.Add(new(shape, name, takes));
            }
            else if (takes && !found[at].TakesMethod)
            {
                found[at] = new(shape, name, takes);
            }
        }

        var any = found.Exists(static r => r.TakesMethod);
        return [.. found.Where(r => r.TakesMethod || !any).OrderByDescending(static r => r.Name.Length)];
    }

    /// <summary>What is before and behind the repository's name in a route; null when it has none.</summary>
    internal static Shape? ShapeOf(RoutePattern pattern, IReadOnlyList<string> methods)
    {
        var segments = pattern.PathSegments.Select(static s => s.Parts is [RoutePatternLiteralPart literal] ? literal.Content : null).ToList();
        var parameters = pattern.PathSegments.Select(static s => s.Parts is [RoutePatternParameterPart p] ? p.Name : "").ToList();
        var at = parameters.IndexOf(Parameter);
        return at < 0 ? null : new(segments[..at], segments[(at + 1)..], parameters.IndexOf("namespace"), methods.ToHashSet(StringComparer.OrdinalIgnoreCase));
    }

    private static bool Matches(IReadOnlyList<string?> pattern, ReadOnlySpan<string> segments)
    {
        for (var i = 0; i < segments.Length; i++)
        {
            if (pattern[i] is { } literal && !string.Equals(literal, segments[i], StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }

        return true;
    }

    private async Task<IReadOnlyCollection<string>> FindExistingAsync(string organization, IReadOnlyList<Reading> readings, CancellationToken cancellationToken)
    {
        var names = readings.Select(static r => r.Name).Where(RepositoryName.IsValidRepository).ToArray();
        if (names.Length == 0 || !Organizations.Organization.IsValidName(organization))
        {
            return [];
        }

        try
        {
            return (await repositories.FindNamesAsync(organization, names, cancellationToken)).ToHashSet(StringComparer.Ordinal);
        }
        catch (StorageException)
        {
            // The operation asks again, and has a code for it.
            return [];
        }
    }

    // All routes are there when the first request comes. The same shape comes once, with the methods of all its routes.
    private IReadOnlyList<Shape> FindShapes()
    {
        lock (_lock)
        {
            return _shapes ??=
            [
                .. services.GetRequiredService<EndpointDataSource>().Endpoints
                    .OfType<RouteEndpoint>()
                    .Select(static e => ShapeOf(e.RoutePattern, e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []))
                    .OfType<Shape>()
                    .GroupBy(static s => (string.Join('/', s.Head), string.Join('/', s.Tail)))
                    .Select(static g => g.First() with { Methods = g.SelectMany(static s => s.Methods).ToHashSet(StringComparer.OrdinalIgnoreCase) }),
            ];
        }
    }

    /// <summary>What is around the name in a route: fixed segments by their text, others null.</summary>
    internal sealed record Shape(IReadOnlyList<string?> Head, IReadOnlyList<string?> Tail, int NamespaceAt, IReadOnlySet<string> Methods);

    /// <summary>One way to read a path.</summary>
    internal sealed record Reading(Shape Shape, string Name, bool TakesMethod);
}
