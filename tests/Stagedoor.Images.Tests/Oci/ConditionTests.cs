using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>Pushes that say what must be there before them.</summary>
public sealed class ConditionTests(Installation images) : IClassFixture<Installation>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("If-None-Match", "*", "new", 201)]
    [InlineData("If-None-Match", "*", "v1", 412)]
    [InlineData("If-None-Match", "\"DIGEST\"", "v1", 412)]
    [InlineData("If-None-Match", "W/\"DIGEST\"", "v1", 412)]
    [InlineData("If-None-Match", "\"other\"", "v1", 201)]
    [InlineData("If-None-Match", "*", "DIGEST", 412)]
    [InlineData("If-Match", "*", "absent", 412)]
    [InlineData("If-Match", "*", "v1", 201)]
    [InlineData("If-Match", "\"other\", \"DIGEST\"", "v1", 201)]
    [InlineData("If-Match", "W/\"DIGEST\"", "v1", 412)]
    [InlineData("If-Match", "\"other\"", "v1", 412)]
    [InlineData("If-Match", "\"DIGEST\"", "DIGEST", 201)]
    public async Task A_push_counts_only_if_its_condition_holds(string header, string value, string reference, int status)
    {
        var name = "team/" + Guid.NewGuid().ToString("n");
        var (digest, bytes) = await images.PushImageAsync(name, "v1");
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/v2/{name}/manifests/{reference.Replace("DIGEST", digest, StringComparison.Ordinal)}") { Content = new ByteArrayContent(bytes) };
        request.Headers.TryAddWithoutValidation(header, value.Replace("DIGEST", digest, StringComparison.Ordinal));

        using var response = await images.Registry.SendAsync(request, Cancellation);

        await Installation.ShouldBeAsync(response, status);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000014", Status = 412)]
    public async Task A_condition_that_does_not_hold_is_named()
    {
        var (_, bytes) = await images.PushImageAsync("team/conditions", "v1");
        using var request = new HttpRequestMessage(HttpMethod.Put, "/v2/team/conditions/manifests/v1") { Content = new ByteArrayContent(bytes) };
        request.Headers.TryAddWithoutValidation("If-None-Match", "*");

        using var response = await images.Registry.SendAsync(request, Cancellation);

        var error = await response.ShouldFailAsync(412, "SVCSTG.SWR.4000014");
        Assert.Contains("If-None-Match", error.Body, StringComparison.Ordinal);
    }
}
