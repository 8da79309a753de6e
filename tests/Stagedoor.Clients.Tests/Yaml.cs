using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Stagedoor.Clients.Tests;

/// <summary>YAML as JSON, with anchors and merged maps (<c>&lt;&lt;</c>) in their places.</summary>
internal static class Yaml
{
    private static readonly IDeserializer s_reader = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build();
    private static readonly ISerializer s_writer = new SerializerBuilder().JsonCompatible().Build();

    internal static async Task<JsonObject> ReadAsync(string file, CancellationToken cancellationToken) => Parse(await File.ReadAllTextAsync(file, cancellationToken));

    internal static JsonObject Parse(string text)
    {
        using var reader = new StringReader(text);
        return JsonNode.Parse(s_writer.Serialize(s_reader.Deserialize(new MergingParser(new Parser(reader)))))!.AsObject();
    }
}
