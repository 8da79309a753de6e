using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Images.Tests.Oci;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Hub;

public sealed class HubListTests(Installation images) : IClassFixture<Installation>
{
    private const string Lists = "/v2/manage/hub/lists";
    private const string Favorites = "/v2/manage/hub/favorites";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Admin => images.App.Admin;

    [Fact]
    public async Task The_operator_keeps_lists_that_everybody_reads()
    {
        await PublishAsync("listed");
        await PublishAsync("listed-too");
        var (signed, registry) = await images.AddAccountAsync("list_reader");
        using var foreign = signed;
        using var unused = registry;

        await PutAsync(Admin, $"{Lists}/recommended/images/team/listed", 200);
        await PutAsync(Admin, $"{Lists}/recommended/images/team/listed", 200);
        images.App.Clock.Advance(TimeSpan.FromMilliseconds(5));
        await PutAsync(Admin, $"{Lists}/recommended/images/team/listed-too", 200);
        Assert.Equal(["listed-too", "listed"], await NamesAsync(foreign, $"{Lists}/recommended"));
        Assert.Equal(["listed"], await NamesAsync(foreign, $"{Lists}/recommended?limit=1&offset=1"));
        Assert.Empty(await NamesAsync(foreign, $"{Lists}/official"));
        images.App.Sabotage("images").Execute("UPDATE repositories SET is_public = 0 WHERE name = 'listed-too'");
        Assert.Equal(["listed"], await NamesAsync(foreign, $"{Lists}/recommended"));
        await DeleteAsync(Admin, $"{Lists}/recommended/images/team/listed-too", 204);
        await DeleteAsync(Admin, $"{Lists}/recommended/images/team/listed", 204);
        await DeleteAsync(Admin, $"{Lists}/recommended/images/team/listed", 404, "SVCSTG.SWR.4040113");
        Assert.Empty(await NamesAsync(foreign, $"{Lists}/recommended"));
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4040009")]
    public async Task A_list_of_the_operators_own_comes_and_goes()
    {
        await PublishAsync("own-listed");
        using (var absent = await Admin.GetAsync($"{Lists}/databases", Cancellation))
        {
            await absent.ShouldFailAsync(404, "SVCSTG.SWR.4040009");
        }

        await PutAsync(Admin, $"{Lists}/databases/images/team/own-listed", 404, "SVCSTG.SWR.4040009");
        await PutAsync(Admin, $"{Lists}/databases", 200);
        await PutAsync(Admin, $"{Lists}/databases", 200);
        await PutAsync(Admin, $"{Lists}/databases/images/team/own-listed", 200);
        Assert.Equal(["own-listed"], await NamesAsync(Admin, $"{Lists}/databases"));
        await DeleteAsync(Admin, $"{Lists}/databases", 204);
        await DeleteAsync(Admin, $"{Lists}/databases", 404, "SVCSTG.SWR.4040009");
        await PutAsync(Admin, $"{Lists}/databases", 200);
        Assert.Empty(await NamesAsync(Admin, $"{Lists}/databases"));
        await DeleteAsync(Admin, $"{Lists}/official", 400, "SVCSTG.SWR.4000014");
        await PutAsync(Admin, $"{Lists}/No%20List", 400, "SVCSTG.SWR.4000014");
    }

    [Fact]
    public async Task Nobody_else_keeps_lists()
    {
        await PublishAsync("kept");
        var user = await images.AddUserAsync("no-keeper");
        var (signed, registry) = await images.AddAccountAsync("no_keeper");
        using var unused = registry;
        foreach (var client in new[] { user.Signed, signed })
        {
            await PutAsync(client, $"{Lists}/official/images/team/kept", 403, "SVCSTG.SWR.4039002");
            await PutAsync(client, $"{Lists}/mine", 403, "SVCSTG.SWR.4039002");
            await DeleteAsync(client, $"{Lists}/mine", 403, "SVCSTG.SWR.4039002");
            await DeleteAsync(client, $"{Lists}/official/images/team/kept", 403, "SVCSTG.SWR.4039002");
            client.Dispose();
        }
    }

    [Fact]
    public async Task Favorites_are_the_users_own()
    {
        await PublishAsync("liked");
        await PublishAsync("tools/liked");
        var user = await images.AddUserAsync("liker");
        using var other = user.Signed;

        await PutAsync(Admin, $"{Favorites}/team/liked", 200);
        await PutAsync(Admin, $"{Favorites}/team/liked", 200);
        images.App.Clock.Advance(TimeSpan.FromMilliseconds(5));
        await PutAsync(Admin, $"{Favorites}/team/tools/liked", 200);
        Assert.Equal(["tools/liked", "liked"], await NamesAsync(Admin, Favorites));
        Assert.Empty(await NamesAsync(other, Favorites));
        await DeleteAsync(other, $"{Favorites}/team/liked", 204);
        Assert.Equal(["tools/liked", "liked"], await NamesAsync(Admin, Favorites));
        images.App.Sabotage("images").Execute("UPDATE repositories SET is_public = 0 WHERE path = 'team/liked'");
        Assert.Equal(["tools/liked"], await NamesAsync(Admin, Favorites));
        await PutAsync(Admin, $"{Favorites}/team/liked", 404, "SVCSTG.SWR.4040113");
        await DeleteAsync(Admin, $"{Favorites}/team/liked", 204);
        await DeleteAsync(Admin, $"{Favorites}/team/liked", 404, "SVCSTG.SWR.4040113");
        await DeleteAsync(Admin, $"{Favorites}/team/tools/liked", 204);
        await DeleteAsync(Admin, $"{Favorites}/team/tools/liked", 204);
        Assert.Empty(await NamesAsync(Admin, Favorites));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_list_that_goes_while_something_is_put_there_leaves_nothing(bool two)
    {
        Assert.SkipWhen(two && !OwnDatabase.IsAvailable, OwnDatabase.Missing);
        await using var hosts = await TwoHosts.StartAsync(two, s3: false);
        var (first, second) = (hosts.FirstApp.Admin, hosts.SecondApp.Admin);
        using (var made = await first.PostAsJsonAsync("/v2/manage/namespaces/team/repos", new { repository = "raced", is_public = true }, Cancellation))
        {
            await Installation.ShouldBeAsync(made, 201);
        }

        for (var round = 0; round < 5; round++)
        {
            await PutAsync(first, $"{Lists}/raced", 200);
            var ended = await Task.WhenAll(
                SendAsync(first, HttpMethod.Put, $"{Lists}/raced/images/team/raced"),
                SendAsync(second, HttpMethod.Put, $"{Lists}/raced/images/team/raced"),
                SendAsync(second, HttpMethod.Delete, $"{Lists}/raced"),
                SendAsync(first, HttpMethod.Put, $"{Favorites}/team/raced"),
                SendAsync(second, HttpMethod.Put, $"{Favorites}/team/raced"),
                SendAsync(second, HttpMethod.Delete, $"{Favorites}/team/raced"));

            Assert.All(ended.Take(2), static status => Assert.Contains(status, (int[])[200, 404]));
            Assert.Equal([204, 200, 200, 204], ended.Skip(2));
            await PutAsync(second, $"{Lists}/raced", 200);
            Assert.Empty(await NamesAsync(second, $"{Lists}/raced"));
            Assert.InRange((await NamesAsync(first, Favorites)).Count, 0, 1);
        }
    }

    private async Task PublishAsync(string name)
    {
        await images.PushImageAsync($"team/{name}", "v1");
        images.Publish(name);
    }

    private static Task PutAsync(HttpClient client, string path, int status, string? code = null) => ExpectAsync(client, HttpMethod.Put, path, status, code);

    private static Task DeleteAsync(HttpClient client, string path, int status, string? code = null) => ExpectAsync(client, HttpMethod.Delete, path, status, code);

    private static async Task ExpectAsync(HttpClient client, HttpMethod method, string path, int status, string? code)
    {
        using var request = new HttpRequestMessage(method, path);
        using var response = await client.SendAsync(request, Cancellation);
        if (code is null)
        {
            await Installation.ShouldBeAsync(response, status);
        }
        else
        {
            await response.ShouldFailAsync(status, code);
        }
    }

    private static async Task<int> SendAsync(HttpClient client, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        using var response = await client.SendAsync(request, Cancellation);
        return (int)response.StatusCode;
    }

    private static async Task<IReadOnlyList<string?>> NamesAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path, Cancellation);
        await Installation.ShouldBeAsync(response, 200);
        return [.. (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).EnumerateArray().Select(static i => i.GetProperty("name").GetString())];
    }
}
