using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Monitoring.Reports;

namespace Stagedoor.Monitoring;

/// <summary>Errors of the dashboard with their facts.</summary>
internal static class MonitoringError
{
    public static ApiException InvalidMetric(string field, string rule) => new(DiscoveryCodes.InvalidMetric, $"{field}: {rule}");

    /// <summary>The published text with the reason and the place that it has room for.</summary>
    public static ApiException DecodeFailed(Undecodable problem) => new(DiscoveryCodes.DecodeFailed, problem.Reason)
    {
        Text = $"Failed to decode: {problem.Reason}\n at [Source: (String)\"{problem.Source}\"; line: {problem.Line}, column: {problem.Column}]",
    };
}
