using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Stagedoor.Tracing;

/// <summary>Settings of the trace service.</summary>
public sealed class TracingOptions
{
    /// <summary>Where OTLP over HTTP is taken: a port, addresses, or off.</summary>
    public string OtlpHttpListen { get; set; } = TracingModule.OtlpHttp.Default;

    /// <summary>Where OTLP over gRPC is taken, without encryption where the main port is: a port, addresses, or off.</summary>
    public string OtlpGrpcListen { get; set; } = TracingModule.OtlpGrpc.Default;

    /// <summary>Where Zipkin's spans are taken: a port, addresses, or off.</summary>
    public string ZipkinListen { get; set; } = TracingModule.Zipkin.Default;

    /// <summary>Where the reading interface of Jaeger is served: a port, addresses, or off.</summary>
    public string JaegerListen { get; set; } = TracingModule.Jaeger.Default;

    /// <summary>Keys that senders show; without one of them, or a credential, only senders on this machine are admitted.</summary>
    public IList<IngestKeyOptions> Keys { get; } = [];

    /// <summary>Keys that programs show which read traces as from Jaeger, Zipkin or Tempo.</summary>
    public IList<ReadKeyOptions> ReadKeys { get; } = [];

    /// <summary>Whether senders and readers on this machine need no key. Their spans are those of the first account's default project.</summary>
    public AnonymousSenders Anonymous { get; set; } = AnonymousSenders.Loopback;

    /// <summary>Error codes beside those of the catalogue that are found in spans; a <c>*</c> at the end stands for any more letters, digits, <c>.</c>, <c>_</c> and <c>-</c>.</summary>
    public IList<string> ErrorCodes { get; } = [];

    /// <summary>What counts for single services.</summary>
    public IList<ServiceOptions> Services { get; } = [];

    /// <summary>Which spans are taken and not kept, such as those of probes.</summary>
    public IList<DropRuleOptions> Drop { get; } = [];

    /// <summary>What is taken out of spans before they are kept.</summary>
    public MaskingOptions Masking { get; } = new();

    /// <summary>How many days spans are kept.</summary>
    [Range(1, 400)]
    public int RetentionDays { get; set; } = 7;

    /// <summary>The largest request, in bytes as sent where it is packed.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int MaxPackedBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>The largest request, in bytes unpacked.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int MaxBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>How many bytes of requests are in memory at once; what comes then waits a moment and is refused.</summary>
    [Range(1024 * 1024, 16L * 1024 * 1024 * 1024)]
    public long MaxBytesInFlight { get; set; } = 256 * 1024 * 1024;

    /// <summary>The most spans of one request; the rest is rejected.</summary>
    [Range(1, 10_000_000)]
    public int MaxSpans { get; set; } = 100_000;

    /// <summary>The most spans of one trace; the rest is rejected. Each process counts what it takes, and begins anew each hour.</summary>
    [Range(1000, 10_000_000)]
    public int MaxSpansPerTrace { get; set; } = 50_000;

    /// <summary>When a sender is told that its spans are taken.</summary>
    public Acknowledgement Acknowledge { get; set; } = Acknowledgement.Durable;

    /// <summary>The most bytes that spans take where they are kept; the oldest days go first, today's never. 0 for no bound but that of the disk.</summary>
    [Range(0L, 1L << 50)]
    public long MaxStoredBytes { get; set; }

    /// <summary>How many traces of a project may be pinned, which stay when their days go.</summary>
    [Range(0, 1_000_000)]
    public int MaxPinnedTraces { get; set; } = 10_000;

    /// <summary>The most transactions, and as many calls from one service to another, that <c>/metrics</c> shows under Tempo's names, those that came first; the others are one. 0 shows none. They name projects, services and hosts, and nobody is asked who reads them.</summary>
    [Range(0, 2000)]
    public int MaxPrometheusSeries { get; set; }

    /// <summary>Whether <c>0</c> in a path stands for the caller's project, as in the original's examples.</summary>
    public bool AllowZeroProject { get; set; }

    /// <summary>Traces of the server's own requests and jobs.</summary>
    [ValidateObjectMembers]
    public OwnTraceOptions Own { get; } = new();

    /// <summary>Whether metrics, logs and profiles that come to the ports of traces are taken and dropped instead of refused.</summary>
    public bool DiscardOtherSignals { get; set; }
}

/// <summary>When a sender is told that its spans are taken.</summary>
public enum Acknowledgement
{
    /// <summary>When they are on the disk, or committed: none is lost.</summary>
    Durable,

    /// <summary>When they wait to be written: faster, and those of the last moments are lost when the process ends without warning or the disk fails.</summary>
    Queued,
}

/// <summary>Who may send without a key.</summary>
public enum AnonymousSenders
{
    /// <summary>Nobody.</summary>
    Never,

    /// <summary>Senders on this machine, when nothing stands in front of the server and the database is the embedded one.</summary>
    Loopback,
}

/// <summary>A key for senders.</summary>
public sealed class IngestKeyOptions
{
    /// <summary>What senders show.</summary>
    [PasswordPropertyText(true)]
    public string Key { get; set; } = "";

    /// <summary>The id of the project that their spans are of; empty for the first account's default project.</summary>
    public string Project { get; set; } = "";

    /// <summary>The monitor group of spans that say none.</summary>
    public string MonitorGroup { get; set; } = "";

    /// <summary>The application that the names of services begin with, as <c>application.component.environment</c>.</summary>
    public string Application { get; set; } = "";
}

/// <summary>A key for programs that read traces.</summary>
public sealed class ReadKeyOptions
{
    /// <summary>What they show: as a bearer token, or as the password of basic authentication.</summary>
    [PasswordPropertyText(true)]
    public string Key { get; set; } = "";

    /// <summary>The id of the project whose traces they read; empty for the first account's default project.</summary>
    public string Project { get; set; } = "";
}

/// <summary>How the spans of a service are read.</summary>
public sealed class ServiceOptions
{
    /// <summary>The service, in lower case; <c>*</c> for all that are not named.</summary>
    public string Name { get; set; } = "";

    /// <summary>Names for its transactions, as <c>GET,POST_/cart/{user}</c> or <c>ALL_/rest/**</c>; the first that fits counts.</summary>
    public IList<string> Transactions { get; } = [];

    /// <summary>Result codes and classes of exceptions that are no failure.</summary>
    public IList<string> IgnoredFailures { get; } = [];

    /// <summary>An attribute that holds a code of its own for how a call went; empty for none.</summary>
    public string BusinessCode { get; set; } = "";

    /// <summary>The values of that attribute that are a success.</summary>
    public IList<string> AcceptedCodes { get; } = [];
}

/// <summary>Which spans are not kept: those that all of it fits.</summary>
public sealed class DropRuleOptions
{
    /// <summary>The service whose spans they are, in lower case; <c>*</c> for any.</summary>
    public string Service { get; set; } = "*";

    /// <summary>The name of the span, where <c>?</c> is one character and <c>*</c> any number; empty for any name.</summary>
    public string Name { get; set; } = "";

    /// <summary>The path of the request, as <c>/healthz</c> or <c>/probe/**</c>; empty for any, or none.</summary>
    public string Path { get; set; } = "";

    /// <summary>The method and the path of the request, written as a rule for names of transactions: <c>GET_/healthz</c>; empty for any, or none.</summary>
    public string Transaction { get; set; } = "";
}

[OptionsValidator]
internal sealed partial class TracingOptionsValidator : IValidateOptions<TracingOptions>;

/// <summary>What no attribute can say.</summary>
internal sealed class TracingOptionsRules : IValidateOptions<TracingOptions>
{
    private const int ShortestKey = 16;

    public ValidateOptionsResult Validate(string? name, TracingOptions options)
    {
        var problems = new List<string>();
        Check(problems, "Keys", [.. options.Keys.Select(static k => (k.Key, k.Project))]);
        Check(problems, "ReadKeys", [.. options.ReadKeys.Select(static k => (k.Key, k.Project))]);

        AddServiceProblems(options, problems);
        AddDropProblems(options, problems);
        for (var i = 0; i < options.ErrorCodes.Count; i++)
        {
            var code = options.ErrorCodes[i].EndsWith('*') ? options.ErrorCodes[i][..^1] : options.ErrorCodes[i];
            if (code.Length is < 2 or > ErrorCodes.CodeFinder.MaxLength || code.Any(static c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-')))
            {
                problems.Add($"Tracing:ErrorCodes:{i} must have 2 to {ErrorCodes.CodeFinder.MaxLength} letters, digits, '.', '_' and '-', and may end with '*'.");
            }
        }

        if (options.Own.Export is { Endpoint.Length: > 0 } export && Own.OwnTraceExport.AddressOf(export.Endpoint) is null)
        {
            problems.Add("Tracing:Own:Export:Endpoint must be an http or https address without credentials, such as http://collector:4318.");
        }

        if (Own.OwnTraceExport.HeadersOf(options.Own.Export.Headers) is null)
        {
            problems.Add("Tracing:Own:Export:Headers must be headers as name=value, separated by commas.");
        }

        if (options.MaxBytesInFlight < options.MaxBytes)
        {
            problems.Add("Tracing:MaxBytesInFlight must be at least Tracing:MaxBytes.");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static void Check(List<string> problems, string list, (string Key, string Project)[] keys)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < keys.Length; i++)
        {
            var (key, project) = keys[i];
            if (key.Length < ShortestKey || key.AsSpan().ContainsAnyExceptInRange('!', '~'))
            {
                problems.Add($"Tracing:{list}:{i}:Key must have at least {ShortestKey} printable ASCII characters, none of them a blank.");
            }
            else if (!seen.Add(key))
            {
                problems.Add($"Tracing:{list}:{i}:Key is there twice.");
            }

            if (project.Length > 0 && !Queries.ProjectId.IsWellFormed(project))
            {
                problems.Add($"Tracing:{list}:{i}:Project must be the id of a project, 32 lower-case hexadecimal digits.");
            }
        }
    }

    private static void AddDropProblems(TracingOptions options, List<string> problems)
    {
        for (var i = 0; i < options.Drop.Count; i++)
        {
            var rule = options.Drop[i];
            if (rule.Service.Length == 0 || rule.Service.Any(char.IsUpper))
            {
                problems.Add($"Tracing:Drop:{i}:Service must say which service it is, in lower case, or *.");
            }

            if (rule.Service is "*" && rule.Name.Length + rule.Path.Length + rule.Transaction.Length == 0)
            {
                problems.Add($"Tracing:Drop:{i}:Service must name a service where the rule has no Name, Path or Transaction: it would drop all spans.");
            }

            if (rule.Path.Length > 0 && (rule.Path[0] != '/' || rule.Path.AsSpan().ContainsAny('#', ' ')))
            {
                problems.Add($"Tracing:Drop:{i}:Path must be a pattern that begins with '/', such as /healthz or /probe/**.");
            }

            if (rule.Transaction.Length > 0 && Model.TransactionRule.Parse(rule.Transaction) is null)
            {
                problems.Add($"Tracing:Drop:{i}:Transaction must be methods and a pattern of at most 50 characters, such as GET_/healthz or ALL_/probe/**.");
            }
        }
    }

    private static void AddServiceProblems(TracingOptions options, List<string> problems)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < options.Services.Count; i++)
        {
            var service = options.Services[i];
            if (service.Name.Length == 0 || service.Name.Any(char.IsUpper))
            {
                problems.Add($"Tracing:Services:{i}:Name must say which service it is, in lower case, or *.");
            }
            else if (!seen.Add(service.Name))
            {
                problems.Add($"Tracing:Services:{i}:Name is there twice.");
            }

            foreach (var rule in service.Transactions.Where(static r => Model.TransactionRule.Parse(r) is null))
            {
                problems.Add($"Tracing:Services:{i}:Name: the service has the rule '{rule}', which is none; a rule is methods and a pattern of at most 50 characters, such as GET,POST_/cart/{{user}} or ALL_/rest/**.");
            }

            if (service.AcceptedCodes.Count > 0 && service.BusinessCode.Length == 0)
            {
                problems.Add($"Tracing:Services:{i}:BusinessCode must name the attribute that AcceptedCodes are for.");
            }
        }
    }
}
