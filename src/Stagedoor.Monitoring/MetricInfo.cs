using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http.Describing;
using Stagedoor.Monitoring.Reports;
using Stagedoor.Monitoring.Series;

namespace Stagedoor.Monitoring;

/// <summary>One row of an answer: a service, an instance of it, or an interface of an instance. Rates are of 100, unlike in uploads.</summary>
internal sealed record MetricInfo
{
    /// <summary>When it was reported last, in Unix milliseconds.</summary>
    public required long Time { get; init; }

    public required string AppId { get; init; }

    public required string Name { get; init; }

    /// <summary>Several versions of a service stand with commas between.</summary>
    public required string Version { get; init; }

    public string? Environment { get; init; }

    public string? ServiceId { get; init; }

    /// <summary>The host's name; null in a service's row.</summary>
    public string? Instance { get; init; }

    public string? InstanceId { get; init; }

    /// <summary>Null except in an interface's row.</summary>
    public string? FunctionName { get; init; }

    public string? FunctionType { get; init; }

    public double Qps { get; init; }

    public double Latency { get; init; }

    public double L995 { get; init; }

    public double L99 { get; init; }

    public double L90 { get; init; }

    public double L75 { get; init; }

    public double L50 { get; init; }

    public double L25 { get; init; }

    public double L5 { get; init; }

    public double Rate { get; init; }

    public double FailureRate { get; init; }

    public double Total { get; init; }

    public double Failure { get; init; }

    public bool CircuitBreakerOpen { get; init; }

    /// <summary>The share of interfaces whose breaker is open, 0 to 1.</summary>
    public double BreakerRateAgg { get; init; }

    public double ShortCircuited { get; init; }

    public double SemaphoreRejected { get; init; }

    public double ThreadPoolRejected { get; init; }

    public double CountTimeout { get; init; }

    public required int InstanceCount { get; init; }

    public required int FunctionCount { get; init; }

    public long? Thread { get; init; }

    public double? Cpu { get; init; }

    public double? LoadAverage { get; init; }

    /// <summary>Milliseconds since the process began; of a service the longest.</summary>
    public long? Uptime { get; init; }

    [JsonConverter(typeof(MemoryConverter))]
    [Schema("""{"type":["object","string"],"additionalProperties":{"type":"number"}}""")]
    public MemoryReading? Memory { get; init; }

    public IReadOnlyDictionary<string, string>? Customs { get; init; }

    /// <summary>The row of an interface.</summary>
    public static MetricInfo Of(InstanceMetrics instance, InterfaceMetrics row)
    {
        var all = new Aggregate();
        all.Add(row.Now);
        return Of(instance, all, 1) with
        {
            Time = row.SeenAt,
            FunctionName = InterfaceName.FunctionOf(row.Name),
            FunctionType = row.Kind.ToString(),
            Rate = Rounded(100 * (row.Now.Rate ?? 1)),
        };
    }

    /// <summary>The row of an instance.</summary>
    public static MetricInfo Of(InstanceMetrics instance, long now)
    {
        var (all, functions) = Sum([instance], now);
        return Of(instance, all, functions) with
        {
            Thread = instance.Details.Thread,
            Cpu = instance.Details.Cpu,
            LoadAverage = instance.Details.LoadAverage,
            Uptime = instance.Details.Uptime,
            Memory = instance.Details.Memory,
            Customs = instance.Details.Customs,
        };
    }

    /// <summary>The row of a service.</summary>
    public static MetricInfo Of(ServiceGroup service, long now)
    {
        var (all, functions) = Sum(service.Instances, now);
        var details = service.Instances.ConvertAll(static i => i.Details);
        return With(all) with
        {
            Time = service.SeenAt,
            AppId = service.AppId,
            Name = service.Name,
            Version = string.Join(',', service.Versions),
            Environment = service.Environment,
            ServiceId = details.Select(static d => d.ServiceId).Distinct(StringComparer.Ordinal).Count() == 1 ? details[0].ServiceId : null,
            InstanceCount = service.Instances.Count,
            FunctionCount = functions,
            Thread = details.Exists(static d => d.Thread is not null) ? details.Sum(static d => d.Thread ?? 0) : null,
            Cpu = Mean(details, static d => d.Cpu),
            LoadAverage = Mean(details, static d => d.LoadAverage),
            Uptime = details.Max(static d => d.Uptime),
            Memory = MemoryOf(details),
        };
    }

    public static double Rounded(double value) => Math.Round(value, 3);

    private static MetricInfo Of(InstanceMetrics instance, Aggregate all, int functions) => With(all) with
    {
        Time = instance.SeenAt,
        AppId = instance.Key.App,
        Name = instance.Key.Service,
        Version = instance.Key.Version,
        Environment = instance.Details.Environment,
        ServiceId = instance.Details.ServiceId,
        Instance = instance.Key.Instance,
        InstanceId = instance.Key.InstanceId is { Length: > 0 } id ? id : null,
        InstanceCount = 1,
        FunctionCount = functions,
    };

    private static MetricInfo With(Aggregate all)
    {
        var failureRate = Rounded(100 * all.FailureRate);
        return new()
        {
            Time = 0,
            AppId = "",
            Name = "",
            Version = "",
            InstanceCount = 0,
            FunctionCount = 0,
            Qps = Rounded(all.Sums.Qps),
            Latency = Rounded(all.Latency),
            L995 = Rounded(all.Sums.L995),
            L99 = Rounded(all.Sums.L99),
            L90 = Rounded(all.Sums.L90),
            L75 = Rounded(all.Sums.L75),
            L50 = Rounded(all.Sums.L50),
            L25 = Rounded(all.Sums.L25),
            L5 = Rounded(all.Sums.L5),
            Rate = Rounded(100 - failureRate),
            FailureRate = failureRate,
            Total = Rounded(all.Sums.Total),
            Failure = Rounded(all.Sums.Failure),
            CircuitBreakerOpen = all.Sums.CircuitBreakerOpen,
            BreakerRateAgg = all.Rows == 0 ? 0 : Rounded((double)all.OpenRows / all.Rows),
            ShortCircuited = Rounded(all.Sums.ShortCircuited),
            SemaphoreRejected = Rounded(all.Sums.SemaphoreRejected),
            ThreadPoolRejected = Rounded(all.Sums.ThreadPoolRejected),
            CountTimeout = Rounded(all.Sums.CountTimeout),
        };
    }

    // What is served. What is called shows in the call graph, and would count every request twice here.
    private static (Aggregate Sum, int Functions) Sum(List<InstanceMetrics> instances, long now)
    {
        var all = new Aggregate();
        var functions = new HashSet<string>(StringComparer.Ordinal);
        foreach (var instance in instances)
        {
            instance.Visit(now, row =>
            {
                if (row.Kind is InterfaceKind.Provider)
                {
                    all.Add(row.Now);
                    functions.Add(row.Name);
                }
            });
        }

        return (all, functions.Count);
    }

    private static double? Mean(List<InstanceDetails> details, Func<InstanceDetails, double?> value) =>
        details.Average(value) is { } mean ? Rounded(mean) : null;

    private static MemoryReading? MemoryOf(List<InstanceDetails> details)
    {
        var sums = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, value) in details.SelectMany(static d => d.Memory?.Values ?? new Dictionary<string, double>(StringComparer.Ordinal)))
        {
            sums[name] = sums.GetValueOrDefault(name) + value;
        }

        return sums.Count == 0 ? null : new(sums, null);
    }
}

/// <summary>Writes memory as it was sent: an object of numbers, or a text.</summary>
internal sealed class MemoryConverter : JsonConverter<MemoryReading>
{
    public override MemoryReading Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Answers are only written.");

    public override void Write(Utf8JsonWriter writer, MemoryReading value, JsonSerializerOptions options)
    {
        if (value.Text is not null)
        {
            writer.WriteStringValue(value.Text);
            return;
        }

        writer.WriteStartObject();
        foreach (var (name, number) in value.Values)
        {
            writer.WriteNumber(name, number);
        }

        writer.WriteEndObject();
    }
}
