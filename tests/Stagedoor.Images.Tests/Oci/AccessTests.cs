using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

public sealed class AccessTests(Installation images) : IClassFixture<Installation>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Provokes("SVCSTG.SWR.4041061")]
    public async Task An_unknown_organization_is_not_found()
    {
        using var pushed = await images.Registry.PostAsync("/v2/unknown/x/blobs/uploads/", null, Cancellation);
        await pushed.ShouldFailAsync(404, "SVCSTG.SWR.4041061");
        using var pulled = await images.Registry.GetAsync("/v2/unknown/x/manifests/v1", Cancellation);
        var error = await pulled.ShouldFailAsync(404, "SVCSTG.SWR.4041061");
        Assert.StartsWith("{\"errors\":[{\"code\":\"NAME_UNKNOWN\",\"message\":\"organization not known to registry, ", error.Body, StringComparison.Ordinal);
        Assert.EndsWith(
            "\"detail\":{\"errorCode\":\"SVCSTG.SWR.4041061\",\"errorMessage\":\"The organization does not exist.\",\"organization\":\"unknown\"}}]}",
            error.Body,
            StringComparison.Ordinal);
    }

    // A client of which a person sees the head alone prints no code but these.
    [Theory]
    [InlineData("UPPER/x", 400, "SVCSTG.SWR.4001028")]
    [InlineData("team/UPPER", 400, "SVCSTG.SWR.4001029")]
    [InlineData("unknown/x", 404, "SVCSTG.SWR.4041061")]
    public async Task A_refusal_without_a_body_has_its_code_in_the_headers(string name, int status, string code)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, $"/v2/{name}/manifests/v1");
        using var response = await images.Registry.SendAsync(request, Cancellation);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(code, response.Headers.GetValues("X-Swr-Error-Code").Single());
        Assert.Equal(code, response.Headers.GetValues("X-Stagedoor-Error-Code").Single());
    }

    [Theory]
    [InlineData("UPPER/x", "SVCSTG.SWR.4001028")]
    [InlineData("team/UPPER", "SVCSTG.SWR.4001029")]
    [InlineData("team/a___b", "SVCSTG.SWR.4001029")]
    [InlineData("x", "SVCSTG.SWR.4001028")]
    public async Task A_malformed_name_is_refused(string name, string code)
    {
        using var response = await images.Registry.PostAsync($"/v2/{name}/blobs/uploads/", null, Cancellation);

        var error = await response.ShouldFailAsync(400, code);
        Assert.Equal("NAME_INVALID", JsonDocument.Parse(error.Body).RootElement.GetProperty("errors")[0].GetProperty("code").GetString());
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001028")]
    [Provokes("SVCSTG.SWR.4001029")]
    public async Task A_malformed_part_of_a_name_is_named()
    {
        using var organization = await images.Registry.GetAsync("/v2/UPPER/x/tags/list", Cancellation);
        await organization.ShouldFailAsync(400, "SVCSTG.SWR.4001028");
        using var repository = await images.Registry.GetAsync("/v2/team/x-/tags/list", Cancellation);
        await repository.ShouldFailAsync(400, "SVCSTG.SWR.4001029");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4040083")]
    public async Task What_is_not_offered_is_unsupported()
    {
        using var path = await images.Registry.GetAsync("/v2/team/x/other", Cancellation);
        await path.ShouldFailAsync(404, "SVCSTG.SWR.4040083");
        using var method = await images.Registry.DeleteAsync("/v2/team/x/tags/list", Cancellation);
        await method.ShouldFailAsync(405, "SVCSTG.SWR.4040083");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4037017")]
    [Provokes("SVCSTG.SWR.4037020")]
    public async Task A_user_without_rights_is_denied()
    {
        await images.PushImageAsync("team/denied", "v1");
        await images.CreateOrganizationAsync("elsewhere");
        var user = await images.AddUserAsync("denied");
        user.Signed.Dispose();
        using var login = images.App.Registry(user.User, user.Key);
        using var pulled = await login.GetAsync("/v2/team/denied/manifests/v1", Cancellation);
        await pulled.ShouldFailAsync(403, "SVCSTG.SWR.4037020");
        using var pushed = await login.PostAsync("/v2/team/denied-new/blobs/uploads/", null, Cancellation);
        await pushed.ShouldFailAsync(403, "SVCSTG.SWR.4037017");

        images.GrantOnOrganization("elsewhere", user.Id, 3);
        images.Forget();
        using var deleted = await login.DeleteAsync("/v2/team/denied/manifests/v1", Cancellation);
        var error = await deleted.ShouldFailAsync(403, "SVCSTG.SWR.4037020");
        Assert.Contains("you do not have the permission", error.Body, StringComparison.Ordinal);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4011044")]
    public async Task Another_users_repository_is_not_pushed_to()
    {
        await images.PushImageAsync("team/owned", "v1");
        var user = await images.AddUserAsync("pushing");
        user.Signed.Dispose();
        using var login = images.App.Registry(user.User, user.Key);

        using var response = await login.PostAsync("/v2/team/owned/blobs/uploads/", null, Cancellation);

        await response.ShouldFailAsync(403, "SVCSTG.SWR.4011044");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4011064")]
    public async Task Another_account_is_denied()
    {
        await images.PushImageAsync("team/private", "v1");
        var other = await images.AddAccountAsync("denied-account");
        other.Signed.Dispose();
        using var login = other.Registry;
        using var pulled = await login.GetAsync("/v2/team/private/manifests/v1", Cancellation);
        await pulled.ShouldFailAsync(403, "SVCSTG.SWR.4011064");
        using var pushed = await login.PostAsync("/v2/team/private/blobs/uploads/", null, Cancellation);
        await pushed.ShouldFailAsync(403, "SVCSTG.SWR.4011064");

        images.Publish("private");
        images.Forget();
        using var open = await login.GetAsync("/v2/team/private/manifests/v1", Cancellation);
        await Installation.ShouldBeAsync(open, 200);
    }

    [Theory]
    [InlineData(1, 200, 403, 403)]
    [InlineData(3, 200, 202, 403)]
    [InlineData(7, 200, 202, 202)]
    public async Task Rights_follow_grants(int auth, int pull, int push, int delete)
    {
        var name = $"rights-{auth}";
        await images.PushImageAsync($"team/{name}", "v1");
        var user = await images.AddUserAsync(name);
        user.Signed.Dispose();
        using var login = images.App.Registry(user.User, user.Key);
        images.GrantOnRepository(name, user.Id, auth);

        using var pulled = await login.GetAsync($"/v2/team/{name}/manifests/v1", Cancellation);
        using var pushed = await login.PostAsync($"/v2/team/{name}/blobs/uploads/", null, Cancellation);
        using var deleted = await login.DeleteAsync($"/v2/team/{name}/manifests/v1", Cancellation);

        Assert.Equal((pull, push, delete), ((int)pulled.StatusCode, (int)pushed.StatusCode, (int)deleted.StatusCode));
    }

    [Fact]
    public async Task A_revoked_grant_ends_within_two_seconds()
    {
        await images.PushImageAsync("team/revoked", "v1");
        var user = await images.AddUserAsync("revoked");
        user.Signed.Dispose();
        using var login = images.App.Registry(user.User, user.Key);
        images.GrantOnRepository("revoked", user.Id, 1);
        using var before = await login.GetAsync("/v2/team/revoked/manifests/v1", Cancellation);
        await Installation.ShouldBeAsync(before, 200);

        images.App.Sabotage("images").Execute($"DELETE FROM repo_acl WHERE user_id = '{user.Id}'");
        images.App.Clock.Advance(TimeSpan.FromSeconds(2));

        using var after = await login.GetAsync("/v2/team/revoked/manifests/v1", Cancellation);
        await after.ShouldFailAsync(403, "SVCSTG.SWR.4037020");
    }
}
