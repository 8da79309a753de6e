using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Requests;

/// <summary>
/// Reads request bodies in the dialect that the engine's clients speak: any Content-Type or none, names in any case, null for absent. It is no
/// <see cref="PooledBody"/>: that is for whoever needs a body's bytes in one piece, as a digest does. Here they become objects as they arrive, so a body of
/// contracts of some megabytes is never in memory as a whole; and how long it may be is the route's business, which cuts it off on the way.
/// </summary>
internal static class JsonBody
{
    /// <summary>The body.</summary>
    /// <exception cref="ApiException">It is empty, no JSON, of other types, or has something after its end.</exception>
    public static async ValueTask<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            var body = await JsonSerializer.DeserializeAsync(context.Request.BodyReader, Incoming<T>.Of(type), context.RequestAborted)
                ?? throw DiscoveryError.Invalid("body", "an object, not null");
            await context.RequestServices.GetRequiredService<TenantAdmission>().LookAgainAsync(context);
            return body;
        }
        catch (JsonException e)
        {
            throw DiscoveryError.Invalid("body", WireJson.Describe(e));
        }
    }

    /// <summary>How a type is read that comes from outside. What is stored is read as it is: it was stored before there was the rule.</summary>
    private static class Incoming<T>
    {
        private static JsonTypeInfo<T>? s_type;

        public static JsonTypeInfo<T> Of(JsonTypeInfo<T> type) =>
            s_type ??= (JsonTypeInfo<T>)new JsonSerializerOptions(type.Options) { Converters = { new StorableTextConverter() } }.GetTypeInfo(typeof(T));
    }
}
