using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Overview;

public sealed class AgencyTests(Installation images) : IClassFixture<Installation>
{
    private const string Path = "/v2/manage/agency";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Provokes("SVCSTG.SWR.4090089")]
    public async Task An_account_lets_the_service_act_for_it_once()
    {
        var (signed, registry) = await images.AddAccountAsync("agency_account");
        using var client = signed;
        using var unused = registry;
        Assert.False(await IsAgencyAsync(client));

        using var made = await client.PostAsync(Path, null, Cancellation);
        using var again = await client.PostAsync(Path, null, Cancellation);

        await Installation.ShouldBeAsync(made, 204);
        await again.ShouldFailAsync(409, "SVCSTG.SWR.4090089");
        Assert.True(await IsAgencyAsync(client));
        // Another account's own matter.
        Assert.False(await IsAgencyAsync(images.App.Admin));
    }

    [Fact]
    public async Task Only_an_administrator_decides_it()
    {
        var user = await images.AddUserAsync("no-administrator");
        using var client = user.Signed;

        using var refused = await client.PostAsync(Path, null, Cancellation);

        await refused.ShouldFailAsync(403, "SVCSTG.SWR.4039002");
        Assert.False(await IsAgencyAsync(client));
    }

    private static async Task<bool> IsAgencyAsync(HttpClient client)
    {
        using var response = await client.GetAsync(Path, Cancellation);
        await Installation.ShouldBeAsync(response, 200);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.Equal(["domain_id", "is_agency"], answer.EnumerateObject().Select(static m => m.Name));
        return answer.GetProperty("is_agency").GetBoolean();
    }
}
