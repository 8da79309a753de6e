using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Reading;

namespace Stagedoor.Tracing.Zipkin;

/// <summary>What Zipkin's reading interface has in common: refusals are a line of text, names are in lower case.</summary>
internal static class ZipkinAnswer
{
    private const int FewServices = 3;

    /// <summary>How a parameter is called that is not what it has to be.</summary>
    public static string Malformed(string name, string why) => $"{name}: {why}";

    /// <summary>A refusal.</summary>
    public static IResult Refuse(int status, string message) => new PackedBody(Encoding.UTF8.GetBytes(Text.Repair(message)), "text/plain; charset=utf-8", status);

    /// <summary>Names, in lower case, each once, in order.</summary>
    /// <param name="names">The names.</param>
    /// <param name="services">How many services there are: of more than a few a browser may remember names for a while.</param>
    public static IResult Names(IEnumerable<string> names, int services)
    {
        return Of(
            json =>
            {
                json.WriteStartArray();
                foreach (var name in names.Where(static n => n.Length > 0).Select(Lower.Of).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
                {
                    json.WriteStringValue(name);
                }

                json.WriteEndArray();
            },
            services > FewServices ? "max-age=300, must-revalidate" : "no-store");
    }

    /// <summary>Any JSON.</summary>
    public static IResult Of(Action<Utf8JsonWriter> write, string caching = "no-store")
    {
        var buffer = new AnswerBuffer();
        using (var json = new Utf8JsonWriter(buffer, OtlpJsonWriter.Options))
        {
            write(json);
        }

        return new PackedBody(buffer, "application/json") { Caching = caching };
    }

    /// <summary>The trace of an id in the path or a list.</summary>
    public static UInt128 TraceIdOf(string text) => TraceIdText.ReadHex(text)
        ?? throw new ReadException(StatusCodes.Status400BadRequest, string.Create(CultureInfo.InvariantCulture, $"{text} should be 1 to 32 hexadecimal digits, not all of them 0"));
}
