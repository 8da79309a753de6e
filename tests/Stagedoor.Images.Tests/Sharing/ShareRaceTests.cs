using System.Text;
using Xunit;

namespace Stagedoor.Images.Tests.Sharing;

/// <summary>Changes of one repository's shares by two replicas, the second of which begins while the first has not committed.</summary>
public sealed class ShareRaceTests(TwoReplicas images) : IClassFixture<TwoReplicas>
{
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
        images.Require();
        var name = $"sharing-{Interlocked.Increment(ref s_names)}";
        var (signed, registry) = await images.AddAccountAsync(name);
        using var unused = signed;
        using var unusedToo = registry;
        await images.PushBlobAsync($"team/{name}", Installation.Random(10));
        if (isShared)
        {
            Assert.Equal(201, await RunAsync(images.App.Admin, "share", name));
        }

        Assert.Equal((one, two), await images.OverlapAsync(() => RunAsync(images.App.Admin, first, name), () => RunAsync(images.Other.Admin, second, name)));
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
