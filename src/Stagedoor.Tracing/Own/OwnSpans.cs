using System.Diagnostics;
using System.Reflection;
using System.Text;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Own;

/// <summary>Writes what the server did as OTLP, the form in which its own store and other collectors take it.</summary>
internal static class OwnSpans
{
    /// <summary>What the server is called among services.</summary>
    public const string Service = "stagedoor";

    // The span above is another process's (OTLP: bits 8 and 9 of the flags).
    private const uint Remote = 0x300;

    private static readonly string s_version =
        typeof(OwnSpans).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";

    private static readonly string s_instance = $"{Environment.MachineName}:{Environment.ProcessId}";

    /// <summary>A request with these spans, and how many they are.</summary>
    public static (byte[] Body, int Spans) Write(IReadOnlyCollection<RecordedSpan> spans)
    {
        var resource = new ProtobufWriter();
        Add(resource, 1, "service.name", Service);
        Add(resource, 1, "service.namespace", Service);
        Add(resource, 1, "service.version", s_version);
        Add(resource, 1, "service.instance.id", s_instance);
        Add(resource, 1, "host.name", Environment.MachineName);
        Add(resource, 1, "process.pid", (long)Environment.ProcessId);
        var name = new ProtobufWriter();
        Text(name, 1, "Stagedoor");
        var scope = new ProtobufWriter();
        scope.Blob(1, name.Bytes);
        var count = 0;
        foreach (var span in spans)
        {
            count += Add(scope, span);
        }

        var of = new ProtobufWriter();
        of.Blob(1, resource.Bytes);
        of.Blob(2, scope.Bytes);
        var body = new ProtobufWriter();
        body.Blob(1, of.Bytes);
        return (body.Bytes.ToArray(), count);
    }

    private static int Add(ProtobufWriter scope, RecordedSpan span)
    {
        var recording = span.Recording;
        var (steps, dropped) = span.Steps;
        var written = new ProtobufWriter();
        Head(written, recording, recording.SpanId, recording.ParentId, recording.ParentId == default ? 0 : Remote);
        Text(written, 5, span.Name);
        written.Number(6, (ulong)(span.IsJob ? SpanKind.Consumer : SpanKind.Server));
        var start = Nanoseconds(recording.StartedAt);
        Times(written, start, start + Nanoseconds(span.Elapsed));
        foreach (var (key, value) in span.Attributes)
        {
            Add(written, 9, key, value);
        }

        if (span.IsJob && span.Outcome.Length > 0)
        {
            Add(written, 9, "error.type", span.Outcome);
        }

        if (dropped > 0)
        {
            Add(written, 9, "stagedoor.steps.dropped", (long)dropped);
        }

        Status(written, span.IsFault, span.Outcome);
        scope.Blob(2, written.Bytes);

        // Those that others are below are known by their numbers, and have ended after them.
        var above = new Dictionary<int, ActivitySpanId>();
        foreach (var step in steps)
        {
            if (step.Number > 0)
            {
                above[step.Number] = ActivitySpanId.CreateRandom();
            }
        }

        foreach (var step in steps)
        {
            var id = step.SpanId != default ? step.SpanId : step.Number > 0 ? above[step.Number] : ActivitySpanId.CreateRandom();
            scope.Blob(2, Step(recording, in step, id, above.GetValueOrDefault(step.Within, recording.SpanId), start).Bytes);
        }

        return 1 + steps.Count;
    }

    private static ProtobufWriter Step(Recording recording, in RecordedStep step, ActivitySpanId id, ActivitySpanId parent, ulong start)
    {
        var written = new ProtobufWriter();
        Head(written, recording, id, parent, 0);
        var begun = start + Nanoseconds(recording.Between(recording.Started, step.Started));
        Times(written, begun, begun + Nanoseconds(recording.Between(step.Started, step.Ended)));
        switch (step.Kind)
        {
            case StepKind.Statement:
                var (verb, table) = StatementName.Of(step.Name);
                Text(written, 5, table.Length == 0 ? verb : $"{verb} {table}");
                written.Number(6, (ulong)SpanKind.Client);
                Add(written, 9, "db.operation.name", verb);
                Add(written, 9, "db.collection.name", table);
                Database(written, in step);
                if (step.Amount >= 0)
                {
                    Add(written, 9, "stagedoor.rows", step.Amount);
                }

                break;
            case StepKind.Transaction or StepKind.Reads:
                Text(written, 5, $"{step.Name} {step.Where}");
                written.Number(6, (ulong)SpanKind.Internal);
                Database(written, in step);
                break;
            case StepKind.Blob:
                Text(written, 5, $"blob {step.Name}");
                written.Number(6, (ulong)SpanKind.Client);
                Add(written, 9, "service.peer.name", $"blobs-{step.System}");
                Add(written, 9, "stagedoor.blob.operation", step.Name);
                if (step.Amount >= 0)
                {
                    Add(written, 9, "stagedoor.blob.bytes", step.Amount);
                }

                break;
            default:
                Text(written, 5, step.Name);
                written.Number(6, (ulong)SpanKind.Client);
                Add(written, 9, "http.request.method", step.Name);
                Add(written, 9, "server.address", step.Where ?? "");
                Add(written, 9, "server.port", (long)step.Port);
                if (step.Status > 0)
                {
                    Add(written, 9, "http.response.status_code", (long)step.Status);
                }

                break;
        }

        Add(written, 9, "error.type", step.Fault ?? "");
        Status(written, step.Fault is not (null or "undone" or "cancelled"), step.Fault ?? "");
        return written;
    }

    private static void Head(ProtobufWriter span, Recording recording, ActivitySpanId id, ActivitySpanId parent, uint flags)
    {
        Span<byte> bytes = stackalloc byte[16];
        recording.TraceId.CopyTo(bytes);
        span.Blob(1, bytes);
        id.CopyTo(bytes[..8]);
        span.Blob(2, bytes[..8]);
        if (parent != default)
        {
            parent.CopyTo(bytes[..8]);
            span.Blob(4, bytes[..8]);
        }

        if (flags != 0)
        {
            span.Fixed32(16, flags);
        }
    }

    private static void Times(ProtobufWriter span, ulong start, ulong end)
    {
        span.Fixed64(7, start);
        span.Fixed64(8, Math.Max(start, end));
    }

    private static void Status(ProtobufWriter span, bool isFault, string message)
    {
        if (isFault)
        {
            var status = new ProtobufWriter();
            Text(status, 2, message);
            status.Number(3, (ulong)SpanStatus.Error);
            span.Blob(15, status.Bytes);
        }
    }

    private static void Database(ProtobufWriter span, in RecordedStep step)
    {
        Add(span, 9, "db.system.name", step.System ?? "");
        Add(span, 9, "db.namespace", step.Where ?? "");
    }

    private static void Add(ProtobufWriter message, int field, string key, object value)
    {
        var of = new ProtobufWriter();
        switch (value)
        {
            case string { Length: 0 }:
                return;
            case string text:
                Text(of, 1, text);
                break;
            default:
                of.Number(3, (ulong)(long)value);
                break;
        }

        var pair = new ProtobufWriter();
        Text(pair, 1, key);
        pair.Blob(2, of.Bytes);
        message.Blob(field, pair.Bytes);
    }

    private static void Text(ProtobufWriter message, int field, string text) => message.Blob(field, Encoding.UTF8.GetBytes(text));

    private static ulong Nanoseconds(DateTimeOffset time) => (ulong)(time - DateTimeOffset.UnixEpoch).Ticks * 100;

    private static ulong Nanoseconds(TimeSpan time) => (ulong)Math.Max(0, time.Ticks) * 100;
}
