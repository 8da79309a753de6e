using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Errors;

namespace Stagedoor.Http;

/// <summary>How JSON is read and written that goes over the wire, whatever its members are called.</summary>
public static class WireJson
{
    /// <summary>What each module's context is made of.</summary>
    /// <param name="naming">How members are spelled that do not say so themselves.</param>
    /// <param name="inAnyCase">Whether the members of a request may be written in other letters, as clients in Go may.</param>
    /// <param name="withNulls">Whether a member without a value is written.</param>
    public static JsonSerializerOptions Named(JsonNamingPolicy naming, bool inAnyCase = false, bool withNulls = false)
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = naming,
            PropertyNameCaseInsensitive = inAnyCase,
            DefaultIgnoreCondition = withNulls ? JsonIgnoreCondition.Never : JsonIgnoreCondition.WhenWritingNull,
        };
        Settle(options);
        return options;
    }

    /// <summary>Sets what is the same everywhere, also for the bodies that the framework binds.</summary>
    public static void Settle(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Encoder = ErrorBody.Json.Encoder;
        // Whoever reads the same request before us, a proxy or a log, may take the first of two where we take the last.
        options.AllowDuplicateProperties = false;
        options.Converters.Add(new WholeTextElementConverter());
    }

    /// <summary>Where a body is not what was expected. The serializer's own words name our types; its path and position are what a caller can use.</summary>
    public static string Describe(JsonException e)
    {
        ArgumentNullException.ThrowIfNull(e);
        return $"not the expected JSON at {e.Path ?? "$"}, line {e.LineNumber + 1 ?? 1}, byte {e.BytePositionInLine + 1 ?? 1}";
    }
}
