using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>The registry's root in each of its spellings.</summary>
public sealed class RootTests(Installation images) : IClassFixture<Installation>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", null)]
    [InlineData("HEAD", null)]
    [InlineData("GET", "*/*")]
    public async Task A_client_of_the_registry_is_sent_to_where_it_logs_in(string method, string? accept)
    {
        using var request = new HttpRequestMessage(new(method), "/v2");
        request.Headers.TryAddWithoutValidation("Accept", accept ?? "application/vnd.oci.image.index.v1+json");
        using var response = await images.App.Anonymous.SendAsync(request, Cancellation);

        Assert.Equal(301, (int)response.StatusCode);
        Assert.Equal("/v2/", response.Headers.Location?.OriginalString);
        Assert.Equal("registry/2.0", response.Headers.GetValues("Docker-Distribution-Api-Version").Single());
        using var root = await images.App.Anonymous.GetAsync("/v2/", Cancellation);
        Assert.Equal(401, (int)root.StatusCode);
    }

    [Fact]
    public async Task A_client_of_the_management_API_sees_its_version()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v2");
        request.Headers.Add("Accept", "application/json");
        using var asked = await images.App.Anonymous.SendAsync(request, Cancellation);
        using var signed = await images.App.Admin.GetAsync("/v2", Cancellation);

        foreach (var response in (HttpResponseMessage[])[asked, signed])
        {
            await Installation.ShouldBeAsync(response, 200);
            Assert.Contains("\"id\":\"v2\"", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("2147483648", 200)]
    [InlineData("99999999999999999999999", 200)]
    [InlineData("10000", 200)]
    [InlineData("-1", 400)]
    [InlineData("1.5", 400)]
    public async Task A_page_has_a_largest_size(string count, int status)
    {
        await images.PushImageAsync("team/paged", "v1");

        using var response = await images.Registry.GetAsync($"/v2/team/paged/tags/list?n={count}", Cancellation);

        await Installation.ShouldBeAsync(response, status);
    }
}
