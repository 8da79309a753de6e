namespace Stagedoor.Monitoring.Reports;

/// <summary>A part of a report that has members of its own.</summary>
internal enum ReportPart
{
    None,
    Memory,
    Customs,
    Interfaces,
}

/// <summary>A member of an object in a report, and where its value goes.</summary>
/// <param name="Name">What it is called in answers.</param>
/// <param name="Text">Takes a text.</param>
/// <param name="Number">Takes a number.</param>
/// <param name="Flag">Takes yes or no.</param>
/// <param name="Part">The part that it is instead of one value.</param>
internal readonly record struct ReportField<T>(
    string Name, Action<T, string?>? Text = null, Action<T, double?>? Number = null, Action<T, bool>? Flag = null, ReportPart Part = ReportPart.None);

/// <summary>The members that are read; all others are passed over.</summary>
internal static class ReportFields
{
    /// <summary>Those of the report itself.</summary>
    public static MemberNames<ReportField<MetricReport>> Report { get; } = new(
        Text<MetricReport>("name", static (r, v) => r.Name = v),
        Text<MetricReport>("appId", static (r, v) => r.AppId = v),
        Text<MetricReport>("version", static (r, v) => r.Version = v),
        Text<MetricReport>("environment", static (r, v) => r.Environment = v),
        Text<MetricReport>("serviceId", static (r, v) => r.ServiceId = v),
        Text<MetricReport>("instanceId", static (r, v) => r.InstanceId = v),
        Text<MetricReport>("instance", static (r, v) => r.Instance = v),
        Number<MetricReport>("thread", static (r, v) => r.Thread = v ?? r.Thread),
        Number<MetricReport>("threadCount", static (r, v) => r.Thread = v ?? r.Thread, shownAs: "thread"),
        Number<MetricReport>("cpu", static (r, v) => r.Cpu = v),
        Number<MetricReport>("loadAverage", static (r, v) => r.LoadAverage = v),
        Number<MetricReport>("uptime", static (r, v) => r.Uptime = v),
        Part("memory", ReportPart.Memory),
        Part("customs", ReportPart.Customs),
        Part("interfaces", ReportPart.Interfaces));

    /// <summary>Those of an entry of <c>interfaces</c>.</summary>
    public static MemberNames<ReportField<InterfaceReport>> Entry { get; } = new(
        Text<InterfaceReport>("name", static (e, v) => e.Name = v),
        Text<InterfaceReport>("functionName", static (e, v) => e.FunctionName = v),
        Text<InterfaceReport>("functionType", static (e, v) => e.FunctionType = v),
        Number<InterfaceReport>("qps", static (e, v) => e.Measures.Qps = v ?? 0),
        Number<InterfaceReport>("latency", static (e, v) => e.Measures.Latency = v ?? 0),
        Number<InterfaceReport>("l995", static (e, v) => e.Measures.L995 = v ?? 0),
        Number<InterfaceReport>("l99", static (e, v) => e.Measures.L99 = v ?? 0),
        Number<InterfaceReport>("l90", static (e, v) => e.Measures.L90 = v ?? 0),
        Number<InterfaceReport>("l75", static (e, v) => e.Measures.L75 = v ?? 0),
        Number<InterfaceReport>("l50", static (e, v) => e.Measures.L50 = v ?? 0),
        Number<InterfaceReport>("l25", static (e, v) => e.Measures.L25 = v ?? 0),
        Number<InterfaceReport>("l5", static (e, v) => e.Measures.L5 = v ?? 0),
        Number<InterfaceReport>("rate", static (e, v) => e.Measures.Rate = v),
        Number<InterfaceReport>("failureRate", static (e, v) => e.Measures.FailureRate = v ?? 0),
        Number<InterfaceReport>("total", static (e, v) => e.Measures.Total = v ?? 0),
        Number<InterfaceReport>("failure", static (e, v) => e.Measures.Failure = v ?? 0),
        Flag<InterfaceReport>("circuitBreakerOpen", static (e, v) => e.Measures.CircuitBreakerOpen = v),
        Flag<InterfaceReport>("isCircuitBreakerOpen", static (e, v) => e.Measures.CircuitBreakerOpen = v, shownAs: "circuitBreakerOpen"),
        Number<InterfaceReport>("shortCircuited", static (e, v) => e.Measures.ShortCircuited = v ?? 0),
        Number<InterfaceReport>("semaphoreRejected", static (e, v) => e.Measures.SemaphoreRejected = v ?? 0),
        Number<InterfaceReport>("threadPoolRejected", static (e, v) => e.Measures.ThreadPoolRejected = v ?? 0),
        Number<InterfaceReport>("countTimeout", static (e, v) => e.Measures.CountTimeout = v ?? 0));

    /// <summary>Those of an object that stands in the place of the list: whether it is the list.</summary>
    public static MemberNames<bool> List { get; } = new(("items", true));

    private static (string Name, ReportField<T> Field) Text<T>(string name, Action<T, string?> set) => (name, new(name, Text: set));

    private static (string Name, ReportField<T> Field) Number<T>(string name, Action<T, double?> set, string? shownAs = null) => (name, new(shownAs ?? name, Number: set));

    private static (string Name, ReportField<T> Field) Flag<T>(string name, Action<T, bool> set, string? shownAs = null) => (name, new(shownAs ?? name, Flag: set));

    private static (string Name, ReportField<MetricReport> Field) Part(string name, ReportPart part) => (name, new(name, Part: part));
}
