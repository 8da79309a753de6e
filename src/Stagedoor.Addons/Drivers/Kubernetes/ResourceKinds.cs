using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Clusters;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Drivers.Kubernetes;

/// <summary>What a cluster serves, as it said some minutes ago at most.</summary>
internal sealed partial class ResourceKinds(ClusterApi api, TimeProvider clock)
{
    private static readonly TimeSpan s_age = TimeSpan.FromMinutes(10);

    // Two that ask at once read the same twice.
    private ConcurrentDictionary<string, IReadOnlyList<ResourceKind>> _lists = new(StringComparer.Ordinal);
    private long _readAt = clock.GetTimestamp();

    /// <summary>How a kind is addressed; <c>null</c> where the cluster does not serve it.</summary>
    public async Task<ResourceKind?> FindAsync(string apiVersion, string kind, CancellationToken cancellationToken) =>
        (await ListAsync(apiVersion, cancellationToken))?.FirstOrDefault(k => string.Equals(k.Kind, kind, StringComparison.Ordinal));

    /// <summary>Whether the cluster serves anything of an API version.</summary>
    public async Task<bool> ServesAsync(string apiVersion, CancellationToken cancellationToken) => await ListAsync(apiVersion, cancellationToken) is not null;

    /// <summary>What is known is asked anew: definitions came or went.</summary>
    public void Forget() => _lists = new(StringComparer.Ordinal);

    /// <summary>The version.</summary>
    public async Task<string> ReadVersionAsync(CancellationToken cancellationToken) =>
        (await api.FindAsync("/version", cancellationToken))?.Text("gitVersion") is { Length: > 0 } number && Cluster.IsValidVersion(number)
            ? number
            : throw new DriverDataException("The API server of the cluster does not say its version.");

    /// <summary>The version, and everything that is served.</summary>
    public async Task<ClusterFacts> ReadAsync(CancellationToken cancellationToken)
    {
        var number = await ReadVersionAsync(cancellationToken);
        var groups = await api.FindAsync("/apis", cancellationToken) ?? [];
        List<string> versions = ["v1", .. groups.List("groups").OfType<GoMap>().SelectMany(static g => g.List("versions").OfType<GoMap>()).Select(static v => v.Text("groupVersion"))];
        var served = new List<string>();
        foreach (var apiVersion in versions.Where(static v => v.Length > 0))
        {
            served.Add(apiVersion);
            try
            {
                served.AddRange((await ListAsync(apiVersion, cancellationToken) ?? []).Select(k => $"{apiVersion}/{k.Kind}"));
            }
            catch (DriverUnavailableException)
            {
                // A group that another server answers for, which is away: the others are there all the same.
            }
        }

        return new(number, served);
    }

    private async Task<IReadOnlyList<ResourceKind>?> ListAsync(string apiVersion, CancellationToken cancellationToken)
    {
        if (clock.GetElapsedTime(Volatile.Read(ref _readAt)) > s_age)
        {
            Volatile.Write(ref _readAt, clock.GetTimestamp());
            Forget();
        }

        // What is read while it is forgotten is kept with what is forgotten.
        var lists = _lists;
        if (lists.TryGetValue(apiVersion, out var known))
        {
            return known;
        }

        if (await api.FindAsync(Prefix(apiVersion), cancellationToken) is not { } list)
        {
            return null;
        }

        // Those with a slash are parts of objects, such as their status.
        return lists[apiVersion] =
        [
            .. list.List("resources").OfType<GoMap>().Where(static r => !r.Text("name").Contains('/', StringComparison.Ordinal))
                .Select(r => new ResourceKind(apiVersion, r.Text("kind"), r.Text("name"), r.GetValueOrDefault("namespaced") is true)),
        ];
    }

    /// <summary>Whether it is an API version, such as <c>v1</c> or <c>apps/v1</c>, and leads nowhere else as a part of a path.</summary>
    public static bool IsApiVersion(string text) => text.Length <= 317 && ApiVersionPattern().IsMatch(text);

    [GeneratedRegex(@"^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[a-z0-9]+\z", RegexOptions.NonBacktracking)]
    private static partial Regex ApiVersionPattern();

    /// <summary>Where the objects of an API are.</summary>
    public static string Prefix(string apiVersion) => (apiVersion.Contains('/', StringComparison.Ordinal) ? "/apis/" : "/api/") + apiVersion;
}

/// <summary>A kind of object that a cluster serves.</summary>
/// <param name="ApiVersion">Its <c>apiVersion</c>.</param>
/// <param name="Kind">Its <c>kind</c>.</param>
/// <param name="Plural">What it is called in paths.</param>
/// <param name="IsNamespaced">Whether its objects are in namespaces.</param>
internal sealed record ResourceKind(string ApiVersion, string Kind, string Plural, bool IsNamespaced)
{
    /// <summary>The path of one of its objects, or of all where no name is given.</summary>
    public string PathOf(string @namespace, string name = "")
    {
        var folder = IsNamespaced && @namespace.Length > 0 ? $"/namespaces/{Uri.EscapeDataString(@namespace)}" : "";
        return $"{ResourceKinds.Prefix(ApiVersion)}{folder}/{Plural}{(name.Length > 0 ? "/" + Uri.EscapeDataString(name) : "")}";
    }
}
