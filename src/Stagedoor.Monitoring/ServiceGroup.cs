using Stagedoor.Monitoring.Series;

namespace Stagedoor.Monitoring;

/// <summary>The instances of a microservice, of every version.</summary>
/// <param name="AppId">The application.</param>
/// <param name="Name">The microservice.</param>
/// <param name="Instances">Not silent, ordered by host and id.</param>
internal sealed record ServiceGroup(string AppId, string Name, List<InstanceMetrics> Instances)
{
    public long SeenAt => Instances.Max(static i => i.SeenAt);

    public IEnumerable<string> Versions => Instances.Select(static i => i.Key.Version).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    public string? Environment =>
        string.Join(',', Instances.Select(static i => i.Details.Environment).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            is { Length: > 0 } environments ? environments : null;

    /// <summary>The services of these instances, by application and name.</summary>
    public static List<ServiceGroup> Of(IEnumerable<InstanceMetrics> instances) =>
    [
        .. instances
            .GroupBy(static i => (i.Key.App, i.Key.Service))
            .Select(static g => new ServiceGroup(
                g.Key.App,
                g.Key.Service,
                [.. g.OrderBy(static i => i.Key.Instance, StringComparer.Ordinal).ThenBy(static i => i.Key.InstanceId, StringComparer.Ordinal)]))
            .OrderBy(static s => s.AppId, StringComparer.Ordinal).ThenBy(static s => s.Name, StringComparer.Ordinal),
    ];
}
