using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Discovery.Finding;

/// <summary>The answer to a batch. Indexes are positions in the request.</summary>
internal sealed class BatchAnswer(BatchAnswer.Part services, BatchAnswer.Part instances)
{
    /// <summary>Sends it piece by piece.</summary>
    public async Task SendAsync(HttpContext context)
    {
        await using var stream = new JsonStream(context);
        stream.Json.WriteStartObject();
        await WriteAsync(stream, "services", services);
        await WriteAsync(stream, "instances", instances);
        stream.Json.WriteEndObject();
    }

    private static async Task WriteAsync(JsonStream stream, string name, Part part)
    {
        if (part.IsEmpty)
        {
            return;
        }

        var json = stream.Json;
        json.WriteStartObject(name);
        WriteFailed(json, part.Failed);
        if (part.Unchanged.Count > 0)
        {
            json.WriteStartArray("notModified");
            part.Unchanged.ForEach(json.WriteNumberValue);
            json.WriteEndArray();
        }

        await WriteUpdatedAsync(stream, part.Updated);
        json.WriteEndObject();
    }

    private static void WriteFailed(Utf8JsonWriter json, List<(int Index, ApiException Error)> failed)
    {
        if (failed.Count == 0)
        {
            return;
        }

        json.WriteStartArray("failed");
        foreach (var group in failed.GroupBy(static f => f.Error.Error.Code, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteStartArray("indexes");
            foreach (var (index, _) in group)
            {
                json.WriteNumberValue(index);
            }

            json.WriteEndArray();
            json.WritePropertyName("error");
            var failure = group.First().Error;
            ErrorBody.Write(json, failure.Error, Envelope.Registry, new() { Detail = failure.Detail });
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static async Task WriteUpdatedAsync(JsonStream stream, List<(int Index, FoundInstances Answer)> updated)
    {
        if (updated.Count == 0)
        {
            return;
        }

        var json = stream.Json;
        json.WriteStartArray("updated");
        foreach (var (index, answer) in updated)
        {
            json.WriteStartObject();
            json.WriteNumber("index", index);
            json.WriteString("rev", answer.Revision);
            json.WriteStartArray("instances");
            foreach (var instance in answer.Instances)
            {
                json.WriteRawValue(instance, skipInputValidation: true);
                await stream.FlushAsync();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>What became of one list of questions.</summary>
    internal sealed class Part
    {
        public List<(int Index, ApiException Error)> Failed { get; } = [];

        public List<int> Unchanged { get; } = [];

        public List<(int Index, FoundInstances Answer)> Updated { get; } = [];

        public bool IsEmpty => Failed.Count + Unchanged.Count + Updated.Count == 0;
    }
}
