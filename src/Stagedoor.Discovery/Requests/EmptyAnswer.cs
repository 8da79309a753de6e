using Microsoft.AspNetCore.Http;

namespace Stagedoor.Discovery.Requests;

/// <summary>200 without a body, which is what success looks like where there is nothing to say.</summary>
internal sealed class EmptyAnswer : IResult
{
    public static EmptyAnswer Value { get; } = new();

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentLength = 0;
        return Task.CompletedTask;
    }
}
