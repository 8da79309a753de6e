using System.Net.Http.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Organizations;

public sealed class OrganizationFaultTests(StrictInstallation images) : IClassFixture<StrictInstallation>
{
    private const string Path = "/v2/manage/namespaces";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Provokes("SVCSTG.SWR.4001048")]
    public async Task Without_credentials_there_is_no_identity()
    {
        using var response = await images.App.Anonymous.GetAsync(Path, Cancellation);

        await response.ShouldFailAsync(400, "SVCSTG.SWR.4001048");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4010000")]
    public async Task A_wrong_token_is_refused()
    {
        using var client = images.App.WithToken("nonsense");
        using var response = await client.GetAsync(Path, Cancellation);

        await response.ShouldFailAsync(401, "SVCSTG.SWR.4010000");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000097")]
    public async Task An_account_never_has_more_organizations_than_it_may()
    {
        var responses = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => CreateAsync($"many-{i}")));

        Assert.Equal(4, responses.Count(r => (int)r.StatusCode == 201));
        Assert.Equal(6, responses.Count(r => (int)r.StatusCode == 400));
        Array.ForEach(responses, r => r.Dispose());
        for (var i = 0; i < 10; i++)
        {
            using var deleted = await images.App.Admin.DeleteAsync($"{Path}/many-{i}", Cancellation);
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000077")]
    [Provokes("SVCSTG.SWR.5000090")]
    public async Task Unreadable_grants_are_named_by_their_kind()
    {
        var user = await images.AddUserAsync("ungranted");
        using var client = user.Signed;
        using (images.App.Sabotage("images").Unreadable("org_acl"))
        {
            using var response = await client.GetAsync($"{Path}/team", Cancellation);
            await response.ShouldFailAsync(500, "SVCSTG.SWR.5000077");
        }

        using (images.App.Sabotage("images").Unreadable("repo_acl"))
        {
            using var response = await client.GetAsync($"{Path}/team", Cancellation);
            await response.ShouldFailAsync(500, "SVCSTG.SWR.5000090");
        }
    }

    private Task<HttpResponseMessage> CreateAsync(string name) =>
        images.App.Admin.PostAsJsonAsync(Path, new { @namespace = name }, Cancellation);
}

/// <summary>Its gateway lets calls of the management API through, and an account may have two organizations.</summary>
public sealed class StrictInstallation : Installation
{
    protected override IEnumerable<(string Key, string Value)> Settings =>
    [
        ("Gateway:Routes:0:Prefix", "/v2/manage"), ("Gateway:Routes:0:Auth", "Passthrough"), ("Images:MaxOrganizationsPerAccount", "5"),
    ];
}
