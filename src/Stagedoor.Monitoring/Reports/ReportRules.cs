using System.Globalization;
using Stagedoor.Http;

namespace Stagedoor.Monitoring.Reports;

/// <summary>What a readable report has to keep to.</summary>
internal static class ReportRules
{
    private const int MaxName = 160;
    private const int MaxVersion = 64;
    private const int MaxInstance = 256;
    private const int MaxInterfaceName = 512;
    private const int MaxEntryValue = 1_024;

    /// <summary>Brings blank members to null and tells what is wrong; null when nothing is.</summary>
    /// <param name="report">The report.</param>
    /// <param name="service">The service that the request names; null when it names none.</param>
    public static ApiException? Check(MetricReport report, string? service)
    {
        report.ServiceId = Told(report.ServiceId);
        report.InstanceId = Told(report.InstanceId);
        report.Environment = Told(report.Environment);
        service = Told(service);
        return CheckText("name", report.Name, MaxName)
            ?? CheckText("appId", report.AppId, MaxName)
            ?? CheckText("version", report.Version, MaxVersion)
            ?? CheckText("instance", report.Instance, MaxInstance)
            ?? ((report.ServiceId is null) != (report.InstanceId is null)
                ? MonitoringError.InvalidMetric("serviceId", "comes together with instanceId, or neither does")
                : null)
            ?? CheckText("serviceId", report.ServiceId ?? "-", MaxName)
            ?? CheckText("instanceId", report.InstanceId ?? "-", MaxName)
            ?? CheckText("environment", report.Environment ?? "-", MaxName)
            ?? (service is not null && !string.Equals(service, report.Name, StringComparison.Ordinal)
                ? MonitoringError.InvalidMetric("service", "is not the name in the body")
                : null)
            ?? CheckInterfaces(report)
            ?? CheckEntries(report);
    }

    private static string? Told(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    private static ApiException? CheckText(string member, string? text, int max) =>
        string.IsNullOrWhiteSpace(text) ? MonitoringError.InvalidMetric(member, "is missing")
        : IsLonger(text, max) ? MonitoringError.InvalidMetric(member, string.Create(CultureInfo.InvariantCulture, $"at most {max} characters"))
        : HasControl(text) ? MonitoringError.InvalidMetric(member, "no control characters")
        : null;

    private static ApiException? CheckInterfaces(MetricReport report)
    {
        var rows = report.Interfaces;
        for (var i = 0; i < rows.Count; i++)
        {
            if (rows[i] is not { } row)
            {
                return Invalid(i, "", "is null");
            }

            if ((row.Name = NameOf(row)) is null)
            {
                return Invalid(i, ".name", "is missing");
            }

            if (IsLonger(row.Name, MaxInterfaceName) || HasControl(row.Name))
            {
                return Invalid(i, ".name", "at most 512 characters, and no control characters");
            }

            if (row.Measures.Least() is { Value: < 0 } least)
            {
                return Invalid(i, "." + least.Member, "is negative");
            }
        }

        return rows.Count > MetricReport.MaxInterfaces ? MonitoringError.InvalidMetric("interfaces", "at most 2000") : null;
    }

    private static ApiException? CheckEntries(MetricReport report) =>
        report.CustomsCount > MetricReport.MaxEntries ? MonitoringError.InvalidMetric("customs", "at most 64")
        : report.Customs?.Any(static e => IsLonger(e.Key, MaxEntryValue) || IsLonger(e.Value, MaxEntryValue)) is true
            ? MonitoringError.InvalidMetric("customs", "names and values of at most 1024 characters")
        : report.MemoryCount > MetricReport.MaxEntries ? MonitoringError.InvalidMetric("memory", "at most 64")
        : report.Memory is { } memory && (IsLonger(memory.Text ?? "", MaxEntryValue) || memory.Values.Keys.Any(static k => IsLonger(k, MaxEntryValue)))
            ? MonitoringError.InvalidMetric("memory", "text and names of at most 1024 characters")
        : null;

    // One version of the published description has functionName and functionType instead of the name with its prefix.
    private static string? NameOf(InterfaceReport row)
    {
        if (Told(row.Name) is { } name)
        {
            return name;
        }

        if (Told(row.FunctionName) is not { } function)
        {
            return null;
        }

        var kind = InterfaceName.KindNamed(row.FunctionType);
        return kind is InterfaceKind.Unknown || InterfaceName.KindOf(function) is not InterfaceKind.Unknown ? function : $"{kind}.{function}";
    }

    private static ApiException Invalid(int row, string member, string rule) =>
        MonitoringError.InvalidMetric(string.Create(CultureInfo.InvariantCulture, $"interfaces[{row}]{member}"), rule);

    // Characters are code points; a text that is short enough in UTF-16 units needs no counting.
    private static bool IsLonger(string text, int max)
    {
        if (text.Length <= max)
        {
            return false;
        }

        var count = 0;
        foreach (var unused in text.EnumerateRunes())
        {
            count++;
        }

        return count > max;
    }

    // PostgreSQL's text takes no NUL: one would keep everything that is written with it out of the database.
    private static bool HasControl(string text)
    {
        foreach (var character in text)
        {
            if (char.IsControl(character))
            {
                return true;
            }
        }

        return false;
    }
}
