using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Organizations;

/// <summary>Changes of one organization's grants whose transactions are open at the same time.</summary>
public sealed class NamespaceAuthRaceTests(SharedDatabase images) : IClassFixture<SharedDatabase>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static int s_names;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("grant", "grant", false, 201, 409)]
    [InlineData("grant", "revoke", false, 201, 204)]
    [InlineData("revoke", "grant", true, 204, 201)]
    [InlineData("change", "revoke", true, 201, 204)]
    [InlineData("revoke", "change", true, 204, 404)]
    [InlineData("grant", "delete", false, 201, 204)]
    [InlineData("delete", "grant", false, 204, 404)]
    public async Task The_second_sees_what_the_first_has_done(string first, string second, bool isGranted, int one, int two)
    {
        var database = images.Require();
        var name = $"granting-{Interlocked.Increment(ref s_names)}";
        var user = await images.AddUserAsync(name);
        using var unused = user.Signed;
        await images.CreateOrganizationAsync(name);
        if (isGranted)
        {
            Assert.Equal(201, await RunAsync("grant", name, user.Id));
        }

        using var held = images.Gate.HoldNext("images");
        var ahead = RunAsync(first, name, user.Id);
        await Eventually.TrueAsync($"{first} before its commit", s_patience, () => held.IsReached || ahead.IsCompleted);
        var behind = RunAsync(second, name, user.Id);
        await Eventually.TrueAsync($"{second} done or waiting", s_patience, async () => behind.IsCompleted || await database.HasWaitersAsync());
        held.Release();

        Assert.Equal((one, two), (await ahead, await behind));
        var db = images.App.Services.GetRequiredService<ImagesDb>();
        Assert.Equal(0, await db.FindAsync<long>("SELECT COUNT(*) FROM org_acl a WHERE NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = a.organization_id)", null, Cancellation));
    }

    private async Task<int> RunAsync(string change, string name, string userId)
    {
        var grants = $$"""[{"user_id":"{{userId}}","user_name":"{{name}}","auth":{{(change is "change" ? 7 : 3)}}}]""";
        var (method, path, body) = change switch
        {
            "grant" => (HttpMethod.Post, $"/v2/manage/namespaces/{name}/access", grants),
            "change" => (HttpMethod.Patch, $"/v2/manage/namespaces/{name}/access", grants),
            "revoke" => (HttpMethod.Delete, $"/v2/manage/namespaces/{name}/access", $"[\"{userId}\"]"),
            _ => (HttpMethod.Delete, $"/v2/manage/namespaces/{name}", ""),
        };
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await images.App.Admin.SendAsync(request, Cancellation);
        return (int)response.StatusCode;
    }
}
