using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Stagedoor.Images.Tests.Access;

/// <summary>Changes of the grants of one organization or repository by two replicas, the second of which begins while the first has not committed.</summary>
public sealed class GrantRaceTests(TwoReplicas images) : IClassFixture<TwoReplicas>
{
    private static int s_names;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>On what, the first change and the second, whether the user has a grant before, and what they answer.</summary>
    public static IEnumerable<TheoryDataRow<string, string, string, bool, int, int>> Races =>
        from place in (string[])["organization", "repository"]
        from r in ((string First, string Second, bool IsGranted, int One, int Two)[])
        [
            ("grant", "grant", false, 201, 409),
            ("grant", "revoke", false, 201, 204),
            ("revoke", "grant", true, 204, 201),
            ("revoke", "revoke", true, 204, 404),
            ("change", "revoke", true, 201, 204),
            ("revoke", "change", true, 204, 404),
            ("grant", "delete", false, 201, 204),
            ("delete", "grant", false, 204, 404),
        ]
        select new TheoryDataRow<string, string, string, bool, int, int>(place, r.First, r.Second, r.IsGranted, r.One, r.Two);

    [Theory]
    [MemberData(nameof(Races))]
    public async Task The_second_sees_what_the_first_has_done(string place, string first, string second, bool isGranted, int one, int two)
    {
        images.Require();
        var name = $"granting-{Interlocked.Increment(ref s_names)}";
        var user = await images.AddUserAsync(name);
        user.Signed.Dispose();
        var path = $"/v2/manage/namespaces/{name}";
        await images.CreateOrganizationAsync(name);
        if (place is "repository")
        {
            await images.PushBlobAsync($"{name}/app", Installation.Random(10));
            path += "/repos/app";
        }

        if (isGranted)
        {
            Assert.Equal(201, await RunAsync(images.App.Admin, "grant", path, name, user.Id));
        }

        var answers = await images.OverlapAsync(
            () => RunAsync(images.App.Admin, first, path, name, user.Id), () => RunAsync(images.Other.Admin, second, path, name, user.Id));

        Assert.Equal((one, two), answers);
        // What a deleted repository leaves is the collector's.
        var left = place is "repository"
            ? "SELECT COUNT(*) FROM repo_acl a JOIN repositories r ON r.id = a.repository_id WHERE a.user_id = @Id"
            : "SELECT COUNT(*) FROM org_acl WHERE user_id = @Id";
        var db = images.App.Services.GetRequiredService<ImagesDb>();
        Assert.Equal(second is "grant" && first is not "delete" ? 1 : 0, await db.FindAsync<long>(left, new { user.Id }, Cancellation));
    }

    private static async Task<int> RunAsync(HttpClient client, string change, string path, string name, string userId)
    {
        var grants = $$"""[{"user_id":"{{userId}}","user_name":"{{name}}","auth":{{(change is "change" ? 7 : 3)}}}]""";
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
