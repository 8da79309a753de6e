using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Queries;

/// <summary>A list of attributes as a JSON object with typed values, in ordinal order of the keys. It is written straight from the batch.</summary>
[JsonConverter(typeof(Converter))]
internal readonly record struct AttributeObject(SpanBatch Batch, Slice Attributes)
{
    /// <summary>Its schema.</summary>
    public const string Schema = """{"type":"object","additionalProperties":true}""";

    internal sealed class Converter : JsonConverter<AttributeObject>
    {
        public override AttributeObject Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, AttributeObject value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            foreach (var attribute in SpanText.Sorted(value.Batch, value.Attributes))
            {
                writer.WritePropertyName(value.Batch[attribute.Key]);
                NestedValue.WriteJson(writer, value.Batch, in attribute);
            }

            writer.WriteEndObject();
        }
    }
}
