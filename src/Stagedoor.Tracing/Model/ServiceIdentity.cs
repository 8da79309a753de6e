using System.Globalization;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Model;

/// <summary>Who made a span, in the terms of the query API.</summary>
internal sealed record ServiceIdentity
{
    /// <summary>What a part is when nobody said it.</summary>
    public const string Default = "default";

    /// <summary>The application of a process that did not say its name.</summary>
    public const string UnknownService = "unknown_service";

    private const string UnknownInstance = "unknown";
    private const int ShortContainerId = 12;
    private const int FewestParts = 3;

    /// <summary>The group that the application belongs to.</summary>
    public required string MonitorGroup { get; init; }

    /// <summary>The service, in lower case.</summary>
    public required string Application { get; init; }

    /// <summary>The process or pod, in lower case.</summary>
    public required string Instance { get; init; }

    /// <summary>The cluster.</summary>
    public required string ClusterId { get; init; }

    /// <summary>The cluster's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Production, test and the like; empty when unknown.</summary>
    public string Environment { get; init; } = "";

    /// <summary>Which version of the service it is; empty when unknown.</summary>
    public string Version { get; init; } = "";

    /// <summary>Whether its name was missing.</summary>
    public bool IsUnknown { get; init; }

    /// <summary>Whether it runs on Java.</summary>
    public bool IsJava { get; init; }

    /// <summary>The identity of what a resource describes.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="resource">One of its resources.</param>
    /// <param name="key">What the key that it was sent with is bound to.</param>
    public static ServiceIdentity Of(SpanBatch batch, SpanResource resource, IngestBinding key)
    {
        var known = new KnownAttributes(batch, resource.Attributes, stackalloc short[KnownKeys.Count]);
        var name = known.First(KnownKey.ServiceName).Trim();
        var isUnknown = name.Length == 0;
        var (group, environment) = ("", "");
        if (key.Application.Length > 0 && name.Split('.') is { Length: >= FewestParts } parts && string.Equals(parts[0], key.Application, StringComparison.Ordinal)
            && !Array.Exists(parts, static p => p.Length == 0))
        {
            (group, name, environment) = (parts[0], parts[^2], parts[^1]);
        }

        var kubernetes = known.First(KnownKey.K8sNamespace);
        return new()
        {
            MonitorGroup = FirstOf(known.First(KnownKey.MonitorGroup), group, known.First(KnownKey.ServiceNamespace), key.MonitorGroup, kubernetes, Default),
            Application = isUnknown ? UnknownService : Lower(name),
            Instance = Lower(FirstOf(
                known.First(KnownKey.K8sPod),
                known.First(KnownKey.ServiceInstance),
                Text.Cut(known.First(KnownKey.ContainerId), ShortContainerId),
                Host(known),
                Local(known),
                UnknownInstance)),
            ClusterId = FirstOf(known.First(KnownKey.K8sCluster, KnownKey.K8sClusterUid), Default),
            Namespace = FirstOf(kubernetes, Default),
            Environment = FirstOf(known.First(KnownKey.EnvironmentName, KnownKey.Environment), environment),
            Version = known.First(KnownKey.ServiceVersion),
            IsUnknown = isUnknown,
            IsJava = known.Text(KnownKey.SdkLanguage).SequenceEqual("java"u8),
        };
    }

    private static string Host(in KnownAttributes known) => known.First(KnownKey.HostName) is { Length: > 0 } host
        ? known.Number(KnownKey.ProcessId) is { } pid ? string.Create(CultureInfo.InvariantCulture, $"{host}:{pid}") : host
        : "";

    // Zipkin sends an address with each span.
    private static string Local(in KnownAttributes known) => known.First(KnownKey.LocalAddress) is { Length: > 0 } address
        ? known.Number(KnownKey.LocalPort) is { } port ? string.Create(CultureInfo.InvariantCulture, $"{address}:{port}") : address
        : "";

    private static string FirstOf(params ReadOnlySpan<string> values)
    {
        foreach (var value in values)
        {
            if (!string.IsNullOrWhiteSpace(value))
            {
                return value;
            }
        }

        return "";
    }

#pragma warning disable CA1308 // The query API's names are in lower case.
    private static string Lower(string name) => name.ToLowerInvariant();
#pragma warning restore CA1308
}

/// <summary>What an ingest key says about everything that is sent with it.</summary>
/// <param name="MonitorGroup">The group of what says none itself; empty for none.</param>
/// <param name="Application">The application whose name the names of services begin with, in the style of the second version of Huawei's service; empty for none.</param>
internal sealed record IngestBinding(string MonitorGroup, string Application)
{
    /// <summary>A key that is bound to nothing.</summary>
    public static IngestBinding None { get; } = new("", "");
}
