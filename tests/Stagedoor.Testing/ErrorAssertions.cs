using Xunit;

namespace Stagedoor.Testing;

/// <summary>What every error response must be.</summary>
public static class ErrorAssertions
{
    /// <summary>The response has this status and code, and everything that every error has: type, request id, help link.</summary>
    public static async Task<ObservedError> ShouldFailAsync(this HttpResponseMessage response, int status, string code)
    {
        ArgumentNullException.ThrowIfNull(response);
        var error = await ObservedError.FindAsync(response, TestContext.Current.CancellationToken);
        Assert.NotNull(error);
        Assert.Equal((code, status), (error.Code, error.Status));
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Matches("^[0-9a-f]{32}$", Assert.Single(response.Headers.GetValues("X-Request-Id")));
        Assert.Contains($"</errors/{code}>; rel=\"help\"", string.Join(',', response.Headers.GetValues("Link")), StringComparison.Ordinal);
        return error;
    }

    /// <summary>The response has this status and exactly this body.</summary>
    public static async Task ShouldFailWithAsync(this HttpResponseMessage response, int status, string body)
    {
        ArgumentNullException.ThrowIfNull(response);
        Assert.Equal(body, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(status, (int)response.StatusCode);
    }
}
