using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.ErrorCodes;
using Stagedoor.Tracing.Measures;

namespace Stagedoor.Tracing.Queries;

/// <summary><c>GET /v1/{project_id}/atps/errors</c>: which error codes are new since the version before, which no other trace service tells.</summary>
internal static class ListErrors
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1000;
    private const int MostVersions = 20;
    private const int FewestDigitsOfTime = 12;
    private const string OnlyNew = "new";
    private const string All = "all";

    /// <summary>Error codes, those that came last first.</summary>
    /// <param name="Total">How many there are, also of those that are not shown.</param>
    /// <param name="Errors">The first of them.</param>
    internal sealed record Found(int Total, IReadOnlyList<View> Errors);

    /// <summary>A code in a service. Times in microseconds.</summary>
    /// <param name="Code">The code.</param>
    /// <param name="Message">What the catalogue says of it; null for one that is not in it.</param>
    /// <param name="Help">Where its page is; null for one that is not in the catalogue.</param>
    /// <param name="MonitorGroup">The group of the service.</param>
    /// <param name="Application">The service.</param>
    /// <param name="Versions">The versions that had it, of those that were asked for; the latest first.</param>
    /// <param name="PreviousVersion">The latest version of those that it is compared with; null when there is none.</param>
    /// <param name="IsNew">Whether it was in none of those.</param>
    /// <param name="Occurrences">How many spans had it.</param>
    /// <param name="FirstSeen">When the first of these ended.</param>
    /// <param name="LastSeen">When the last of them ended.</param>
    /// <param name="TraceId">The trace of that one.</param>
    internal sealed record View(
        string Code,
        string? Message,
        string? Help,
        string MonitorGroup,
        string Application,
        IReadOnlyList<string> Versions,
        string? PreviousVersion,
        bool IsNew,
        long Occurrences,
        long FirstSeen,
        long LastSeen,
        string TraceId);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/errors", HandleAsync)
        .WithName(nameof(ListErrors))
        .WithSummary("List error codes that are new in the last version of a service")
        .QueryParameter("since", "A version: codes of later ones that neither it nor an earlier one had. Or milliseconds since the Unix epoch: codes from then on that were not there before. " +
            "Without it codes of each service's last version.")
        .QueryParameter("state", "new, or all for those that were there before too; new when it is not said.")
        .QueryParameter("monitorGroup", "The name or the id of a monitor group.")
        .QueryParameter("application", "The service.")
        .QueryParameter("code", "The code.")
        .QueryParameter("limit", "How many, 1 to 1000; 100 when it is not said.")
        .Answers<Answer<Found>>(200, "The codes, those that came last first; none is a success too.")
        .Action("apm:ats:get");

    private static async Task<IResult> HandleAsync(HttpContext context, MeasureWriter writer, CodeStore store, CancellationToken cancellationToken)
    {
        var query = ApmQuery.Read(context, QueryFamily.Atps, "since", "state", "monitorGroup", "application", "code", "limit");
        var since = query.Name("since");
        var isAll = query.Text("state") switch
        {
            null or OnlyNew => false,
            All => true,
            _ => throw query.Family.Invalid("state", "new or all"),
        };
        var (group, application, code) = (query.Name("monitorGroup"), query.Name("application"), query.Name("code"));
        var limit = (int)(query.Number("limit", 1, MaxLimit) ?? DefaultLimit);
        await writer.WriteAsync(cancellationToken);
        var versions = await store.VersionsAsync(query.Project, cancellationToken);
        var rows = await store.CodesAsync(query.Project, cancellationToken);
        var known = versions.ToLookup(static v => (v.MonitorGroup, v.Application));
        var found = rows
            .Where(r => MonitorGroup.Matches(query.Project, r.MonitorGroup, group) && (application is null || string.Equals(r.Application, application, StringComparison.Ordinal)))
            .GroupBy(static r => (r.MonitorGroup, r.Application))
            .SelectMany(service => Compare([.. known[service.Key].OrderBy(static v => v.FirstSeen).ThenBy(static v => v.Version, StringComparer.Ordinal)], [.. service], since))
            .Where(v => (isAll || v.IsNew) && (code is null || string.Equals(v.Code, code, StringComparison.Ordinal)))
            .OrderByDescending(static v => v.LastSeen).ThenBy(static v => v.Application, StringComparer.Ordinal).ThenBy(static v => v.Code, StringComparer.Ordinal)
            .ToList();
        return Answers.Of(query.Family, new Found(found.Count, [.. found.Take(limit)]), TracingJson.Wire.ErrorsAnswer);
    }

    private static IEnumerable<View> Compare(List<CodeStore.VersionRow> versions, List<CodeStore.CodeRow> rows, string? since)
    {
        if (since?.Length >= FewestDigitsOfTime && long.TryParse(since, NumberStyles.None, CultureInfo.InvariantCulture, out var time))
        {
            var previous = versions.LastOrDefault(v => v.FirstSeen < time)?.Version;
            return Views(versions, [.. rows.Where(r => r.LastSeen >= time)], [.. rows.Where(r => r.FirstSeen < time)], previous, hasBefore: true);
        }

        // That of the last version that is compared with.
        var at = since is null ? versions.Count - 2 : versions.FindLastIndex(v => string.Equals(v.Version, since, StringComparison.Ordinal));
        if (since is not null && at < 0)
        {
            return [];
        }

        var before = versions.Take(at + 1).Select(static v => v.Version).ToHashSet(StringComparer.Ordinal);
        var asked = rows.Where(r => !before.Contains(r.Version)).ToList();
        return Views(versions, asked, [.. rows.Where(r => before.Contains(r.Version))], at < 0 ? null : versions[at].Version, hasBefore: at >= 0);
    }

    private static IEnumerable<View> Views(List<CodeStore.VersionRow> versions, List<CodeStore.CodeRow> asked, List<CodeStore.CodeRow> before, string? previous, bool hasBefore)
    {
        var old = before.Select(static r => r.Code).ToHashSet(StringComparer.Ordinal);
        foreach (var rows in asked.GroupBy(static r => r.Code, StringComparer.Ordinal))
        {
            var last = rows.MaxBy(static r => r.LastSeen)!;
            var definition = ErrorCatalog.All.FirstOrDefault(e => string.Equals(e.Code, rows.Key, StringComparison.Ordinal));
            var had = rows.Select(static r => r.Version).ToHashSet(StringComparer.Ordinal);
            yield return new(
                rows.Key,
                definition?.Message,
                definition is null ? null : $"/errors/{rows.Key}",
                last.MonitorGroup,
                last.Application,
                [.. versions.Select(static v => v.Version).Where(had.Contains).Reverse().Take(MostVersions)],
                previous,
                hasBefore && !old.Contains(rows.Key),
                rows.Sum(static r => r.Occurrences),
                rows.Min(static r => r.FirstSeen) * 1000,
                last.LastSeen * 1000,
                last.TraceId);
        }
    }
}
