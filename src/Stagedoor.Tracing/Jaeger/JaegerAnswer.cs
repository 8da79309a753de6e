using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Reading;

namespace Stagedoor.Tracing.Jaeger;

/// <summary>The envelope that all of Jaeger's legacy answers are in, errors too.</summary>
internal static class JaegerAnswer
{
    private const string Json = "application/json";

    /// <summary>A problem in an answer.</summary>
    /// <param name="Code">Its HTTP status.</param>
    /// <param name="Message">A sentence.</param>
    /// <param name="TraceId">The trace that it is about; null for none.</param>
    internal sealed record Problem(int Code, string Message, string? TraceId = null);

    /// <summary>How a parameter is called that is not what it has to be.</summary>
    public static string Malformed(string name, string why) => $"unable to parse param '{name}': {why}";

    /// <summary>A refusal.</summary>
    public static IResult Refuse(int status, string message)
    {
        var buffer = new AnswerBuffer();
        using (var json = new Utf8JsonWriter(buffer, OtlpJsonWriter.Options))
        {
            json.WriteStartObject();
            json.WriteNull("data"u8);
            End(json, 0, [new(status, Text.Repair(message))]);
        }

        return new PackedBody(buffer, Json, status);
    }

    /// <summary>A list, each of whose items is written by itself.</summary>
    public static IResult Of<T>(IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write, bool isCounted, bool isPretty = false)
    {
        var buffer = new AnswerBuffer();
        using (var json = Begin(buffer, isPretty))
        {
            foreach (var item in items)
            {
                write(json, item);
            }

            json.WriteEndArray();
            End(json, isCounted ? items.Count : 0, []);
        }

        return new PackedBody(buffer, Json);
    }

    /// <summary>Begins an answer whose data is a list; <see cref="End"/> follows when the list is closed.</summary>
    public static Utf8JsonWriter Begin(IBufferWriter<byte> buffer, bool isPretty)
    {
        var json = new Utf8JsonWriter(buffer, OtlpJsonWriter.Options with { Indented = isPretty });
        json.WriteStartObject();
        json.WriteStartArray("data"u8);
        return json;
    }

    /// <summary>Ends an answer.</summary>
    public static void End(Utf8JsonWriter json, int total, IReadOnlyList<Problem> problems)
    {
        json.WriteNumber("total"u8, total);
        json.WriteNumber("limit"u8, 0);
        json.WriteNumber("offset"u8, 0);
        if (problems.Count == 0)
        {
            json.WriteNull("errors"u8);
        }
        else
        {
            json.WriteStartArray("errors"u8);
            foreach (var problem in problems)
            {
                json.WriteStartObject();
                json.WriteNumber("code"u8, problem.Code);
                json.WriteString("msg"u8, problem.Message);
                if (problem.TraceId is { } id)
                {
                    json.WriteString("traceID"u8, id);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.Flush();
    }
}
