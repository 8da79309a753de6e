using System.Text;
using Stagedoor.Images.Tests.Oci;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Sharing;

/// <summary>Shares of one repository that change at the same moment.</summary>
public sealed class ShareRaceTests(SharedDatabase images) : IClassFixture<SharedDatabase>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static int s_names;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("share", "share", false, 201, 409)]
    [InlineData("share", "end", false, 201, 204)]
    [InlineData("end", "share", true, 204, 201)]
    [InlineData("end", "end", true, 204, 404)]
    [InlineData("change", "end", true, 201, 204)]
    [InlineData("end", "change", true, 204, 404)]
    [InlineData("share", "publish", false, 201, 201)]
    [InlineData("publish", "share", false, 201, 400)]
    [InlineData("share", "delete", false, 201, 204)]
    [InlineData("delete", "share", false, 204, 404)]
    public async Task The_second_sees_what_the_first_has_done(string first, string second, bool isShared, int one, int two)
    {
        var database = images.Require();
        var name = $"sharing-{Interlocked.Increment(ref s_names)}";
        var (signed, registry) = await images.AddAccountAsync(name);
        using var unused = signed;
        using var unusedToo = registry;
        await images.PushBlobAsync($"team/{name}", Installation.Random(10));
        if (isShared)
        {
            Assert.Equal(201, await RunAsync(images.App.Admin, "share", name));
        }

        using var held = images.Gate.HoldNext("images");
        var ahead = RunAsync(images.App.Admin, first, name);
        await Eventually.TrueAsync($"{first} before its commit", s_patience, () => held.IsReached || ahead.IsCompleted);
        var behind = RunAsync(images.App.Admin, second, name);
        await Eventually.TrueAsync($"{second} done or waiting", s_patience, async () => behind.IsCompleted || await database.HasWaitersAsync());
        held.Release();

        Assert.Equal((one, two), (await ahead, await behind));
    }

    [Fact]
    public async Task Two_replicas_share_and_end_one_after_the_other()
    {
        Assert.SkipUnless(OwnDatabase.IsAvailable, OwnDatabase.Missing);
        await using var hosts = await TwoHosts.StartAsync(two: true, s3: false);
        using (var pushed = await TwoHosts.PushAsync(hosts.First, "team/both", Installation.Random(10)))
        {
            await Installation.ShouldBeAsync(pushed, 201);
        }

        Assert.NotNull(await Iam.IamModule.CreateAccountAsync(hosts.FirstApp.Services, "both", Cancellation));
        using var there = hosts.SecondApp.WithKeys(hosts.FirstApp.FirstRun.AccessKey, hosts.FirstApp.FirstRun.SecretKey);
        for (var round = 0; round < 8; round++)
        {
            var shared = await Task.WhenAll(RunAsync(hosts.FirstApp.Admin, "share", "both"), RunAsync(there, "share", "both"));
            Assert.Equal([201, 409], shared.Order());
            var ended = await Task.WhenAll(RunAsync(hosts.FirstApp.Admin, "end", "both"), RunAsync(there, "end", "both"));
            Assert.Equal([204, 404], ended.Order());
            Assert.Equal("0", (await hosts.ExecuteAsync("SELECT COUNT(*) FROM share_domains")).Single());
        }
    }

    private static async Task<int> RunAsync(HttpClient client, string change, string name)
    {
        const string Terms = """{"permit":"read","deadline":"2099-01-01T00:00:00Z"}""";
        var repository = $"/v2/manage/namespaces/team/repos/{name}";
        var (method, path, body) = change switch
        {
            "share" => (HttpMethod.Post, ShareTests.Path(name), ShareTests.Body(name)),
            "end" => (HttpMethod.Delete, ShareTests.Path(name, name), ""),
            "change" => (HttpMethod.Patch, ShareTests.Path(name, name), Terms),
            "publish" => (HttpMethod.Patch, repository, """{"is_public":true}"""),
            _ => (HttpMethod.Delete, repository, ""),
        };
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await client.SendAsync(request, Cancellation);
        return (int)response.StatusCode;
    }
}
