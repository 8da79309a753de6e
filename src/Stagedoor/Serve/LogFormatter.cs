using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Stagedoor.Serve;

/// <summary>Writes each event as one line, whatever stands in it, with the id of the request that it is about.</summary>
internal sealed class LogFormatter(IOptions<LogFormatOptions> options, TimeProvider clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "stagedoor";

    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly LogFormat _format = options.Value.Format;

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        string? requestId = null;
        scopeProvider?.ForEachScope(
            (scope, _) =>
            {
                if (scope is IReadOnlyList<KeyValuePair<string, object?>> values && values is [{ Key: "RequestId", Value: string id }])
                {
                    requestId = id;
                }
            },
            0);
        if (_format is LogFormat.Json)
        {
            WriteJson(logEntry, message, requestId, textWriter);
            return;
        }

        var line = new StringBuilder(160);
        line.Append(_format is LogFormat.Journal ? $"<{Priority(logEntry.LogLevel)}>" : string.Create(CultureInfo.InvariantCulture, $"{Time()} "));
        line.Append(LevelName(logEntry.LogLevel)).Append(' ').Append(logEntry.Category).Append(' ').Append('[').Append(requestId ?? "-").Append("] ");
        Escape(line, message);
        if (logEntry.Exception is { } exception)
        {
            line.Append(" | ");
            Escape(line, exception.ToString());
        }

        textWriter.WriteLine(line);
    }

    private static void WriteJson<TState>(in LogEntry<TState> entry, string message, string? requestId, string time, TextWriter writer)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, s_json))
        {
            json.WriteStartObject();
            json.WriteString("time", time);
            json.WriteString("level", LevelName(entry.LogLevel));
            json.WriteString("category", entry.Category);
            if (entry.EventId.Name is { } name)
            {
                json.WriteString("event", name);
                json.WriteNumber("eventId", entry.EventId.Id);
            }

            json.WriteString("requestId", requestId);
            json.WriteString("message", message);
            if (entry.Exception is { } exception)
            {
                json.WriteString("exception", exception.ToString());
            }

            if (entry.State is IReadOnlyList<KeyValuePair<string, object?>> values)
            {
                json.WriteStartObject("values");
                foreach (var (key, value) in values.Where(static v => v.Key is not "{OriginalFormat}").DistinctBy(static v => v.Key, StringComparer.Ordinal))
                {
                    switch (value)
                    {
                        case int or long:
                            json.WriteNumber(key, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                            break;
                        case bool flag:
                            json.WriteBoolean(key, flag);
                            break;
                        default:
                            json.WriteString(key, Convert.ToString(value, CultureInfo.InvariantCulture));
                            break;
                    }
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        var line = new StringBuilder(buffer.WrittenCount);
        Escape(line, Encoding.UTF8.GetString(buffer.WrittenSpan));
        writer.WriteLine(line);
    }

    // What callers send stands in messages: it must neither begin a line of its own nor speak to a terminal.
    private static void Escape(StringBuilder line, string text)
    {
        foreach (var c in text)
        {
            if (c is '\n')
            {
                line.Append(" | ");
            }
            else if (c is not '\r' && (char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069')))
            {
                line.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            }
            else if (c is not '\r')
            {
                line.Append(c);
            }
        }
    }

    private static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "crit",
    };

    // As sd-daemon(3) numbers them.
    private static int Priority(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => 7,
        LogLevel.Information => 6,
        LogLevel.Warning => 4,
        LogLevel.Error => 3,
        _ => 2,
    };

    private string Time() => clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private void WriteJson<TState>(in LogEntry<TState> entry, string message, string? requestId, TextWriter writer) =>
        WriteJson(entry, message, requestId, Time(), writer);
}
