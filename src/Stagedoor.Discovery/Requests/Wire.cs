using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Stagedoor.Discovery.Requests;

/// <summary>Answers with a body.</summary>
internal static class Wire
{
    public const string ContentType = "application/json; charset=UTF-8";

    public static IResult Json<T>(T body, JsonTypeInfo<T> type) => TypedResults.Json(body, type, ContentType);

    /// <summary>Sends bytes that are JSON already.</summary>
    public static Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> json)
    {
        var response = context.Response;
        response.ContentType = ContentType;
        response.ContentLength = json.Length;
        return response.BodyWriter.WriteAsync(json, context.RequestAborted).AsTask();
    }
}
