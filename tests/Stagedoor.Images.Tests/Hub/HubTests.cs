using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Hub;

public sealed class HubTests(Installation images) : IClassFixture<Installation>
{
    private const string Images = "/v2/manage/hub/images";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Admin => images.App.Admin;

    [Fact]
    public async Task Everybody_finds_what_is_public_whosever_it_is()
    {
        await PublishAsync("hub-open/tools/build");
        await images.PushImageAsync("hub-open/hidden", "v1");
        var (signed, registry) = await images.AddAccountAsync("hub_reader");
        using var foreign = signed;
        using var unused = registry;

        var listed = await ReadAsync(foreign, $"{Images}?filter=name::hub-open|limit::10|offset::0");
        var item = Assert.Single(listed.EnumerateArray());
        Assert.Equal(("tools/build", "hub-open", 1), (item.GetProperty("name").GetString(), item.GetProperty("namespace").GetString(), item.GetProperty("total_range").GetInt32()));
        Assert.Equal(["v1"], item.GetProperty("tags").EnumerateArray().Select(static t => t.GetString()));
        foreach (var name in new[] { "tools/build", "tools%2Fbuild", "tools$build" })
        {
            var shown = await ReadAsync(foreign, $"{Images}/hub-open/{name}");
            Assert.Equal(("tools/build", true), (shown.GetProperty("name").GetString(), shown.GetProperty("is_public").GetBoolean()));
        }
    }

    [Fact]
    public async Task A_list_is_narrowed_and_paged()
    {
        foreach (var name in new[] { "one", "two", "three" })
        {
            await PublishAsync($"hub-paged/{name}");
        }

        images.App.Sabotage("images").Execute("UPDATE repositories SET category = 'linux' WHERE path = 'hub-paged/two'");
        using var page = await Admin.GetAsync($"{Images}?filter=name::hub-paged|limit::2|offset::1", Cancellation);
        await Installation.ShouldBeAsync(page, 200);
        Assert.Equal("1-2/3", page.Content.Headers.GetValues("Content-Range").Single());
        // What changed last comes first.
        Assert.Equal(["two", "one"], Names(await page.Content.ReadFromJsonAsync<JsonElement>(Cancellation)));
        Assert.Equal(["two"], Names(await ReadAsync(Admin, $"{Images}?name=hub-paged&category=linux")));
        Assert.Empty(Names(await ReadAsync(Admin, $"{Images}?name=hub-paged&limit=5&offset=3")));
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4040113")]
    public async Task What_is_not_public_is_not_there()
    {
        await images.PushImageAsync("team/private", "v1");
        foreach (var path in new[] { $"{Images}/team/private", $"{Images}/team/absent", $"{Images}/absent/app" })
        {
            using var shown = await Admin.GetAsync(path, Cancellation);
            await shown.ShouldFailAsync(404, "SVCSTG.SWR.4040113");
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4040115")]
    public async Task The_tags_of_what_is_public_are_shown_to_everybody()
    {
        await PublishAsync("hub-tags/web/app");
        await images.PushImageAsync("hub-tags/web/app", "v2");
        var (signed, registry) = await images.AddAccountAsync("hub_tag_reader");
        using var foreign = signed;
        using var unused = registry;
        var path = $"{Images}/hub-tags/web%2Fapp/tags";

        Assert.Equal(["v1", "v2"], (await ReadAsync(foreign, $"{path}?order_column=tag&order_type=asc")).EnumerateArray().Select(static t => t.GetProperty("Tag").GetString()));
        var one = await ReadAsync(foreign, $"{path}/v2");
        Assert.Equal(("v2", 300), (one.GetProperty("Tag").GetString(), one.GetProperty("size").GetInt32()));
        using (var absent = await foreign.GetAsync($"{path}/v3", Cancellation))
        {
            await absent.ShouldFailAsync(404, "SVCSTG.SWR.4040115");
        }

        using (var malformed = await foreign.GetAsync($"{path}/-bad", Cancellation))
        {
            await malformed.ShouldFailAsync(400, "SVCSTG.SWR.4000016");
        }

        images.App.Sabotage("images").Execute("UPDATE repositories SET is_public = 0 WHERE path = 'hub-tags/web/app'");
        using var hidden = await foreign.GetAsync($"{path}/v1", Cancellation);
        await hidden.ShouldFailAsync(404, "SVCSTG.SWR.4040113");
    }

    [Theory]
    [InlineData("UPPER/app", "SVCSTG.SWR.4001028")]
    [InlineData("team/UPPER", "SVCSTG.SWR.4001029")]
    public async Task Names_are_looked_at_first(string name, string code)
    {
        using var response = await Admin.GetAsync($"{Images}/{name}", Cancellation);
        await response.ShouldFailAsync(400, code);
    }

    private async Task PublishAsync(string path)
    {
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        using (await Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = path[..slash] }, Cancellation))
        {
            await images.PushImageAsync(path, "v1");
        }

        images.Publish(path[(slash + 1)..]);
        images.App.Clock.Advance(TimeSpan.FromMilliseconds(5));
    }

    private static IEnumerable<string?> Names(JsonElement list) => list.EnumerateArray().Select(static i => i.GetProperty("name").GetString());

    private static async Task<JsonElement> ReadAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path, Cancellation);
        await Installation.ShouldBeAsync(response, 200);
        return await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
    }
}
