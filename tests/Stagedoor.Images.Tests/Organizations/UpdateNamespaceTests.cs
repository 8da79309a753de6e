using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Organizations;

/// <summary>O5: what is set of an organization.</summary>
public sealed class UpdateNamespaceTests(Installation images) : IClassFixture<Installation>
{
    private const string Path = "/v2/manage/namespaces/team";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_named_is_changed_and_the_rest_stays()
    {
        Assert.Equal("{}", await UpdateAsync("""{"description":"one 组织","quota_bytes":1000}"""));
        Assert.Equal("""{"description":"one 组织","sparse_indexes":false,"quota_bytes":1000,"limit_bytes":1000,"used_bytes":0}""", await SettingsAsync());
        await UpdateAsync("""{"sparse_indexes":true}""");
        await UpdateAsync("""{"quota_bytes":0,"other":1}""");
        Assert.Equal("""{"description":"one 组织","sparse_indexes":true,"quota_bytes":0,"limit_bytes":0,"used_bytes":0}""", await SettingsAsync());
        await UpdateAsync("""{"description":"","sparse_indexes":false,"quota_bytes":null}""");
        Assert.Equal("""{"description":"","sparse_indexes":false,"quota_bytes":null,"limit_bytes":0,"used_bytes":0}""", await SettingsAsync());
    }

    [Theory]
    [Provokes("SVCSTG.SWR.4131012")]
    [InlineData("4131012", 413)]
    public async Task A_description_has_a_length(string code, int status)
    {
        await UpdateAsync(JsonSerializer.Serialize(new { description = new string('x', 1000) }));
        using var refused = await SendAsync(images.App.Admin, JsonSerializer.Serialize(new { description = new string('x', 1001) }));
        await refused.ShouldFailAsync(status, $"SVCSTG.SWR.{code}");
        await UpdateAsync("""{"description":""}""");
    }

    [Theory]
    [InlineData("{}", "SVCSTG.SWR.4001014")]
    [InlineData("""{"other":1}""", "SVCSTG.SWR.4001014")]
    [InlineData("""{"description":null}""", "SVCSTG.SWR.4001014")]
    [InlineData("""{"description":1}""", "SVCSTG.SWR.4000014")]
    [InlineData("""{"description":"\ud800"}""", "SVCSTG.SWR.4000014")]
    [InlineData("""{"description":"\u0000"}""", "SVCSTG.SWR.4000014")]
    [InlineData("""{"sparse_indexes":null}""", "SVCSTG.SWR.4000014")]
    [InlineData("""{"sparse_indexes":"true"}""", "SVCSTG.SWR.4000014")]
    [InlineData("""{"quota_bytes":-1}""", "SVCSTG.SWR.4000014")]
    [InlineData("""{"quota_bytes":1.5}""", "SVCSTG.SWR.4000014")]
    [InlineData("""{"quota_bytes":9223372036854775808}""", "SVCSTG.SWR.4000014")]
    [InlineData("""{"quota_bytes":"1"}""", "SVCSTG.SWR.4000014")]
    [InlineData("[]", "SVCSTG.SWR.4000014")]
    [InlineData("{", "SVCSTG.SWR.4000014")]
    public async Task A_bad_body_is_refused(string body, string code)
    {
        using var refused = await SendAsync(images.App.Admin, body);
        await refused.ShouldFailAsync(400, code);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4037020")]
    [Provokes("SVCSTG.SWR.4039002")]
    public async Task Who_manages_it_changes_it_and_administrators_its_quota()
    {
        var user = await images.AddUserAsync("updater");
        using var signed = user.Signed;
        images.GrantOnOrganization("team", user.Id, 3);
        using (var refused = await SendAsync(signed, """{"description":"x"}"""))
        {
            await refused.ShouldFailAsync(403, "SVCSTG.SWR.4037020");
        }

        images.App.Sabotage("images").Execute($"UPDATE org_acl SET auth = 7 WHERE user_id = '{user.Id}'");
        using (var changed = await SendAsync(signed, """{"description":"","sparse_indexes":false}"""))
        {
            await Installation.ShouldBeAsync(changed, 201);
        }

        using (var refused = await SendAsync(signed, """{"description":"x","quota_bytes":0}"""))
        {
            await refused.ShouldFailAsync(403, "SVCSTG.SWR.4039002");
        }

        Assert.StartsWith("""{"description":"",""", await SettingsAsync(), StringComparison.Ordinal);
        var (foreign, registry) = await images.AddAccountAsync("updating");
        using (var refused = await SendAsync(foreign, """{"description":"x"}"""))
        {
            await refused.ShouldFailAsync(401, "SVCSTG.SWR.4011064");
        }

        foreign.Dispose();
        registry.Dispose();
        using var absent = await SendAsync(images.App.Admin, """{"description":"x"}""", "/v2/manage/namespaces/absent");
        await absent.ShouldFailAsync(404, "SVCSTG.SWR.4040058");
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string body, string path = Path)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await client.PatchAsync(path, content, Cancellation);
    }

    private async Task<string> UpdateAsync(string body)
    {
        using var response = await SendAsync(images.App.Admin, body);
        await Installation.ShouldBeAsync(response, 201);
        return await response.Content.ReadAsStringAsync(Cancellation);
    }

    private Task<string> SettingsAsync() => images.App.Admin.GetStringAsync($"{Path}/settings", Cancellation);
}

/// <summary>Changes of one organization at the same moment, on a shared database.</summary>
public sealed class UpdateNamespaceRaceTests(SharedDatabase images) : IClassFixture<SharedDatabase>
{
    [Theory]
    [InlineData("""{"description":"second"}""", "PATCH", 201)]
    [InlineData("", "DELETE", 204)]
    public async Task The_second_waits_and_sees_the_first(string body, string method, int status)
    {
        images.Require();
        var name = $"changing-{method.ToLowerInvariant()}";
        await images.CreateOrganizationAsync(name);
        Assert.Equal(
            (201, status),
            await images.OverlapAsync(() => SendAsync(name, "PATCH", """{"description":"first","quota_bytes":7}"""), () => SendAsync(name, method, body)));
        if (method is "PATCH")
        {
            Assert.StartsWith(
                """{"description":"second","sparse_indexes":false,"quota_bytes":7""",
                await images.App.Admin.GetStringAsync($"/v2/manage/namespaces/{name}/settings", Installation.Cancellation),
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_change_of_one_that_is_being_deleted_finds_it_gone()
    {
        images.Require();
        await images.CreateOrganizationAsync("going");

        Assert.Equal(
            (204, 404),
            await images.OverlapAsync(() => SendAsync("going", "DELETE", ""), () => SendAsync("going", "PATCH", """{"description":"late"}""")));
    }

    private async Task<int> SendAsync(string name, string method, string body)
    {
        using var request = new HttpRequestMessage(new(method), $"/v2/manage/namespaces/{name}") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await images.App.Admin.SendAsync(request, Installation.Cancellation);
        return (int)response.StatusCode;
    }
}
