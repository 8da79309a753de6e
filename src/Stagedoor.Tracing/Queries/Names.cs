using Microsoft.AspNetCore.Http;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Queries;

/// <summary>What the four lists of names have in common.</summary>
internal static class Names
{
    /// <summary>How many names an answer has at most.</summary>
    public const int Most = 10_000;

    /// <summary>Those of the cluster, the namespace and the group that are asked for.</summary>
    public static IEnumerable<SpanIdentity> In(ApmQuery query, IReadOnlyList<SpanIdentity> identities, string? group) => identities.Where(i =>
        (query.Cluster is null || string.Equals(i.Cluster, query.Cluster, StringComparison.Ordinal))
        && (query.Namespace is null || string.Equals(i.Namespace, query.Namespace, StringComparison.Ordinal))
        && MonitorGroup.Matches(query.Project, i.Group, group));

    /// <summary>The groups and services that are in the cluster and the namespace that are asked for; null when none is.</summary>
    public static HashSet<(string Group, string Service)>? PlacesOf(ApmQuery query, IEnumerable<SpanIdentity> identities) =>
        query.Cluster is null && query.Namespace is null ? null : [.. In(query, [.. identities], null).Select(static i => (i.Group, i.Service))];

    /// <summary>The answer: each name once, in order. Without any it is an error where the service says so.</summary>
    public static IResult Of(HttpContext context, ApmQuery query, IEnumerable<string> names)
    {
        var distinct = names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(Most + 1).ToList();
        if (distinct.Count == 0 && query.Family == QueryFamily.Ats)
        {
            return TracingError.EmptyResult();
        }

        if (distinct.Count > Most)
        {
            distinct.RemoveAt(Most);
            context.Response.Headers["X-Result-Truncated"] = "true";
        }

        return Answers.Of<IReadOnlyList<string>>(query.Family, distinct, TracingJson.Wire.NamesAnswer);
    }
}
