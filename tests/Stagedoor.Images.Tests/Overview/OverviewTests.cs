using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Images.Overview;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Overview;

public sealed class OverviewTests(LimitedInstallation images) : IClassFixture<LimitedInstallation>
{
    private const double Gibibyte = 1L << 30;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Admin => images.App.Admin;

    private string Project => $"/v2/manage/projects/{images.App.FirstRun.ProjectId}";

    [Fact]
    public async Task Each_limit_is_listed_with_what_is_used_of_it()
    {
        await images.PushImageAsync("team/limited", "one");
        await images.PushImageAsync("team/limited", "two");

        var quotas = (await ReadAsync($"{Project}/quotas")).GetProperty("quotas");

        Assert.Equal(
            ["namespace", "repository", "tag", "namespace_bytes"], quotas.EnumerateArray().Select(static q => q.GetProperty("quota_key").GetString()));
        foreach (var quota in quotas.EnumerateArray())
        {
            Assert.Equal(["quota_key", "quota_limit", "used", "unit"], quota.EnumerateObject().Select(static m => m.Name));
            Assert.Equal(quota.GetProperty("quota_key").GetString() is "namespace_bytes" ? "byte" : "", quota.GetProperty("unit").GetString());
        }

        Assert.Equal([1000, 77, 88, 9_000_000], quotas.EnumerateArray().Select(static q => q.GetProperty("quota_limit").GetInt64()));
        Assert.True(quotas[0].GetProperty("used").GetInt64() >= 1);
        Assert.True(quotas[1].GetProperty("used").GetInt64() >= 1);
        Assert.True(quotas[2].GetProperty("used").GetInt64() >= 2);
        Assert.True(quotas[3].GetProperty("used").GetInt64() >= 600);
    }

    [Fact]
    public async Task What_is_offered_is_said_in_booleans()
    {
        var gates = await ReadAsync($"{Project}/feature-gates");

        Assert.Equal(
            [
                "enable_experience", "enable_hss_service", "enable_image_scan", "enable_sm3", "enable_image_sync", "enable_cci_service",
                "enable_image_label", "enable_pipeline", "enable_authorization_token", "enable_resource", "enable_list_v3", "enable_image_quota",
            ],
            gates.EnumerateObject().Select(static m => m.Name));
        Assert.All(gates.EnumerateObject(), static m => Assert.True(m.Value.ValueKind is JsonValueKind.True or JsonValueKind.False));
        Assert.True(gates.GetProperty("enable_authorization_token").GetBoolean());
    }

    [Theory]
    [InlineData("quotas")]
    [InlineData("feature-gates")]
    public async Task A_project_is_the_accounts_own(string operation)
    {
        var (signed, registry) = await images.AddAccountAsync("foreign-" + operation.Replace('-', '_'));
        using var foreign = signed;
        using var unused = registry;

        using var malformed = await Admin.GetAsync($"/v2/manage/projects/x/{operation}", Cancellation);
        using var unknown = await Admin.GetAsync($"/v2/manage/projects/00000000000000000000000000000000/{operation}", Cancellation);
        using var other = await foreign.GetAsync($"{Project}/{operation}", Cancellation);

        await malformed.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
        Assert.False(unknown.IsSuccessStatusCode);
        Assert.False(other.IsSuccessStatusCode);
        // The gateway has been asked already whose project a signature is for; a token says it itself.
        using var token = images.App.WithToken(await images.App.NewTokenAsync());
        using var byToken = await token.GetAsync($"/v2/manage/projects/00000000000000000000000000000000/{operation}", Cancellation);
        await byToken.ShouldFailAsync(401, "SVCSTG.SWR.4011064");
    }

    [Fact]
    public async Task The_overview_adds_up_what_there_is_and_what_was_sent()
    {
        await images.CreateOrganizationAsync("summed");
        var before = await ReadAsync("/v2/manage/overview");
        var manifest = await images.NewManifestAsync("summed/app");
        using (var pushed = await images.PutManifestAsync("summed/app", "v1", manifest))
        {
            await Installation.ShouldBeAsync(pushed, 201);
        }

        var layer = JsonDocument.Parse(manifest).RootElement.GetProperty("layers")[0];
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await images.Registry.GetByteArrayAsync($"/v2/summed/app/blobs/{layer.GetProperty("digest").GetString()}", Cancellation)).Length);
        }

        await images.App.Services.GetRequiredService<TrafficCounter>().FlushAsync(Cancellation);
        var after = await ReadAsync("/v2/manage/overview");

        Assert.Equal(
            ["domain_id", "domain_name", "namspace_num", "repo_num", "image_num", "store_space", "downflow_size"], after.EnumerateObject().Select(static m => m.Name));
        Assert.Equal(images.App.FirstRun.Domain, after.GetProperty("domain_name").GetString());
        Assert.Equal(
            (0, 1, 1),
            (Grown("namspace_num"), Grown("repo_num"), Grown("image_num")));
        Assert.Equal((300 + manifest.Length) / Gibibyte, Difference("store_space"), 12);
        Assert.Equal(600 / Gibibyte, Difference("downflow_size"), 12);

        long Grown(string name) => after.GetProperty(name).GetInt64() - before.GetProperty(name).GetInt64();

        double Difference(string name) => after.GetProperty(name).GetDouble() - before.GetProperty(name).GetDouble();
    }

    private async Task<JsonElement> ReadAsync(string path)
    {
        using var response = await Admin.GetAsync(path, Cancellation);
        await Installation.ShouldBeAsync(response, 200);
        return await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
    }
}

/// <summary>All that can be limited is.</summary>
public sealed class LimitedInstallation : Installation
{
    protected override IEnumerable<(string Key, string Value)> Settings => [("Images:MaxRepositoriesPerAccount", "77"), ("Images:MaxTagsPerRepository", "88"), ("Images:MaxBytesPerOrganization", "9000000")];
}
