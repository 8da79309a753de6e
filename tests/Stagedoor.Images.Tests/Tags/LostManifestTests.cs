using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Tags;

/// <summary>Tags whose manifest was lost.</summary>
public sealed class LostManifestTests(Installation images) : IClassFixture<Installation>
{
    private const string Repos = "/v2/manage/namespaces/team/repos";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tag_whose_manifest_is_lost_is_still_listed()
    {
        await images.PushImageAsync("team/lost", "v1");
        await images.PushImageAsync("team/lost", "v2");
        images.App.Sabotage("images").Execute(
            "DELETE FROM manifests WHERE digest = (SELECT digest FROM tags WHERE name = 'v1' AND repository_id = (SELECT id FROM repositories WHERE name = 'lost'))");

        using var shown = await images.App.Admin.GetAsync($"{Repos}/lost/tags/v1", Cancellation);
        await shown.ShouldFailAsync(500, "SVCSTG.SWR.5001026");
        var list = await images.App.Admin.GetFromJsonAsync<JsonElement>($"{Repos}/lost/tags?order_column=tag&order_type=asc", Cancellation);
        Assert.Equal(["v1:0", "v2:300"], list.EnumerateArray().Select(t => $"{t.GetProperty("Tag")}:{t.GetProperty("size")}"));
        using var retagged = await SendAsync("lost/tags", """{"source_tag":"v1","destination_tag":"v3"}""");
        await retagged.ShouldFailAsync(404, "SVCSTG.SWR.4040048");

        // It can be moved to what is there.
        using var moved = await SendAsync("lost/tags", """{"source_tag":"v2","destination_tag":"v1","override":true}""");
        await Installation.ShouldBeAsync(moved, 201);
        using var found = await images.App.Admin.GetAsync($"{Repos}/lost/tags/v1", Cancellation);
        await Installation.ShouldBeAsync(found, 200);
    }

    private async Task<HttpResponseMessage> SendAsync(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await images.App.Admin.PostAsync($"{Repos}/{path}", content, Cancellation);
    }
}
