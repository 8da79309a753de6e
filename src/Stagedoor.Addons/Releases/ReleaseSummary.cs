using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Releases;

/// <summary>A release in a list.</summary>
/// <param name="Key">Which.</param>
/// <param name="Revision">How often it was changed; 0 where the record cannot be read.</param>
/// <param name="Status">One of <see cref="ReleaseStatus"/>.</param>
/// <param name="ChartName">The chart's name.</param>
/// <param name="ChartVersion">The chart's version.</param>
/// <param name="UpdatedAt">When it was changed, in Unix milliseconds; 0 where that is not known.</param>
internal sealed record ReleaseSummary(ReleaseKey Key, int Revision, string Status, string ChartName, string ChartVersion, long UpdatedAt)
{
    public static ReleaseSummary Of(ReleaseRecord record) => new(
        record.Key, record.Revision, record.Status, Metadata(record).Text("name"), Metadata(record).Text("version"), record.LastDeployed.ToUnixTimeMilliseconds());

    private static GoMap Metadata(ReleaseRecord record) => record.Chart.Table("metadata") ?? [];
}
