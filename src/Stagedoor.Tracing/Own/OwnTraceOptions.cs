using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Stagedoor.Tracing;

/// <summary>Settings of the traces of the server's own requests and jobs.</summary>
public sealed class OwnTraceOptions
{
    /// <summary>Whether the server keeps its own requests and jobs as traces.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>How many of a thousand requests and jobs that succeed are kept. What is refused or fails is kept whatever this is.</summary>
    [Range(0, 1000)]
    public int SamplePerMille { get; set; } = 10;

    /// <summary>From how many milliseconds on a request or a job is slow and therefore kept.</summary>
    [Range(1, 86_400_000)]
    public int SlowMilliseconds { get; set; } = 1000;

    /// <summary>How many requests and jobs are kept in a second at most, of callers who are known and of all others each; the rest is counted.</summary>
    [Range(1, 100_000)]
    public int MaxPerSecond { get; set; } = 200;

    /// <summary>Where they are sent besides.</summary>
    public OwnTraceExportOptions Export { get; } = new();
}

/// <summary>Settings of the collector that the server's own traces are sent to.</summary>
public sealed class OwnTraceExportOptions
{
    /// <summary>The address of a collector that takes OTLP over HTTP, such as <c>http://collector:4318</c>; empty for none.</summary>
    public string Endpoint { get; set; } = "";

    /// <summary>Headers that the collector asks for, as <c>name=value</c>, separated by commas; a comma or percent sign in a value is <c>%2C</c>, <c>%25</c>.</summary>
    [PasswordPropertyText(true)]
    public string Headers { get; set; } = "";
}
