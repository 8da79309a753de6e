using System.Text;
using Stagedoor.Images.Tests.Oci;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Access;

/// <summary>Changes of one repository's grants at the same moment, within a process and from two.</summary>
public sealed class RepositoryAuthRaceTests(SharedDatabase images) : IClassFixture<SharedDatabase>
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
        await images.PushBlobAsync($"team/{name}", Installation.Random(10));
        if (isGranted)
        {
            Assert.Equal(201, await RunAsync(images.App.Admin, "grant", name, user.Id));
        }

        using var held = images.Gate.HoldNext("images");
        var ahead = RunAsync(images.App.Admin, first, name, user.Id);
        await Eventually.TrueAsync($"{first} before its commit", s_patience, () => held.IsReached || ahead.IsCompleted);
        var behind = RunAsync(images.App.Admin, second, name, user.Id);
        await Eventually.TrueAsync($"{second} done or waiting", s_patience, async () => behind.IsCompleted || await database.HasWaitersAsync());
        held.Release();

        Assert.Equal((one, two), (await ahead, await behind));
    }

    [Fact]
    public async Task Two_replicas_grant_and_revoke_one_after_the_other()
    {
        Assert.SkipUnless(OwnDatabase.IsAvailable, OwnDatabase.Missing);
        await using var hosts = await TwoHosts.StartAsync(two: true, s3: false);
        using (var pushed = await TwoHosts.PushAsync(hosts.First, "team/both", Installation.Random(10)))
        {
            await Installation.ShouldBeAsync(pushed, 201);
        }

        using var there = hosts.SecondApp.WithKeys(hosts.FirstApp.FirstRun.AccessKey, hosts.FirstApp.FirstRun.SecretKey);
        using var made = await hosts.FirstApp.Admin.PostAsync(
            "/v3/users", new StringContent("""{"user":{"name":"both","password":"correct-Horse-7","access_mode":"default"}}""", Encoding.UTF8, "application/json"), Cancellation);
        await Installation.ShouldBeAsync(made, 201);
        var id = System.Text.Json.JsonDocument.Parse(await made.Content.ReadAsStringAsync(Cancellation)).RootElement.GetProperty("user").GetProperty("id").GetString()!;
        for (var round = 0; round < 8; round++)
        {
            var granted = await Task.WhenAll(RunAsync(hosts.FirstApp.Admin, "grant", "both", id), RunAsync(there, "grant", "both", id));
            Assert.Equal([201, 409], granted.Order());

            var mixed = await Task.WhenAll(RunAsync(hosts.FirstApp.Admin, "revoke", "both", id), RunAsync(there, "grant", "both", id));
            Assert.Equal(204, mixed[0]);
            Assert.Contains(mixed[1], (int[])[201, 409]);
            var left = await hosts.ExecuteAsync("SELECT COUNT(*) FROM repo_acl");
            Assert.Equal(mixed[1] == 201 ? "1" : "0", left.Single());
            if (mixed[1] == 201)
            {
                Assert.Equal(204, await RunAsync(there, "revoke", "both", id));
            }
        }
    }

    private static async Task<int> RunAsync(HttpClient client, string change, string name, string userId)
    {
        var grants = $$"""[{"user_id":"{{userId}}","user_name":"{{name}}","auth":{{(change is "change" ? 7 : 3)}}}]""";
        var path = $"/v2/manage/namespaces/team/repos/{name}";
        var (method, target, body) = change switch
        {
            "grant" => (HttpMethod.Post, $"{path}/access", grants),
            "change" => (HttpMethod.Patch, $"{path}/access", grants),
            "revoke" => (HttpMethod.Delete, $"{path}/access", $"[\"{userId}\"]"),
            _ => (HttpMethod.Delete, path, ""),
        };
        using var request = new HttpRequestMessage(method, target) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await client.SendAsync(request, Cancellation);
        return (int)response.StatusCode;
    }
}
