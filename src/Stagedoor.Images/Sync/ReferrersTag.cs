using System.Buffers;
using System.Text.Json;
using Stagedoor.Errors;
using Stagedoor.Images.Manifests;

namespace Stagedoor.Images.Sync;

/// <summary>
/// The tag under which registries that do not list by themselves what refers to a manifest have an index of it (OCI distribution specification, "Referrers Tag Schema").
/// </summary>
internal static class ReferrersTag
{
    private const int MaxHex = 64;

    public static string NameOf(Digest subject) => $"{subject.Algorithm}-{Text.Cut(subject.Hex, MaxHex)}";

    /// <summary>The index with what it lacks; null when it lacks nothing.</summary>
    /// <param name="there">The index as it is; null where there is none.</param>
    /// <param name="referrers">What it is to have.</param>
    /// <exception cref="RemoteException">What is there is no index.</exception>
    public static byte[]? Merge(byte[]? there, IReadOnlyList<Referrer> referrers)
    {
        try
        {
            using var json = JsonDocument.Parse(there ?? "{}"u8.ToArray());
            var entries = there is null ? [] : json.RootElement.GetProperty("manifests").EnumerateArray().ToList();
            var known = entries.Select(static e => e.GetProperty("digest").GetString()!).ToHashSet(StringComparer.Ordinal);
            var added = referrers.Where(r => known.Add(r.Digest)).ToList();
            return added.Count == 0 ? null : Write(json.RootElement, entries, added);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new RemoteException("the target has something else under the tag of an index of referrers", e) { IsRefusal = true };
        }
    }

    private static byte[] Write(JsonElement root, List<JsonElement> entries, List<Referrer> added)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body, ErrorBody.Json))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", 2);
            json.WriteString("mediaType", MediaTypes.OciIndex);
            foreach (var member in root.EnumerateObject().Where(static m => m.Name is not ("schemaVersion" or "mediaType" or "manifests")))
            {
                member.WriteTo(json);
            }

            json.WriteStartArray("manifests");
            entries.ForEach(e => e.WriteTo(json));
            added.ForEach(r => r.WriteTo(json));
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return body.WrittenSpan.ToArray();
    }
}
