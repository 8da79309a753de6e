using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Stagedoor.Tracing.Reading;

namespace Stagedoor.Tracing.Queries;

/// <summary>What a query is answered with. All three members are always there.</summary>
/// <param name="ErrorCode">The code of success.</param>
/// <param name="ErrorMessage">Nothing.</param>
/// <param name="ResponseInfo">What was found.</param>
internal sealed record Answer<T>(string ErrorCode, string? ErrorMessage, T ResponseInfo);

/// <summary>Sends answers.</summary>
internal static class Answers
{
    /// <summary>An answer as a result.</summary>
    /// <param name="family">Which service answers.</param>
    /// <param name="found">What was found.</param>
    /// <param name="type">How it is written.</param>
    public static IResult Of<T>(QueryFamily family, T found, JsonTypeInfo<Answer<T>> type) => new Result<T>(new(family.Succeeded.Code, null, found), type);

    private sealed class Result<T>(Answer<T> answer, JsonTypeInfo<Answer<T>> type) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            var buffer = new AnswerBuffer();
            using (var json = new Utf8JsonWriter(buffer, new() { Encoder = type.Options.Encoder, MaxDepth = type.Options.MaxDepth }))
            {
                JsonSerializer.Serialize(json, answer, type);
            }

            return new PackedBody(buffer, "application/json").ExecuteAsync(httpContext);
        }
    }
}
