using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>Lists of tags come from memory for a moment, and never behind a change of this process.</summary>
public sealed class TagPageTests : Installation
{
    [Fact]
    public async Task A_tag_that_comes_or_goes_is_seen_at_once()
    {
        var (digest, manifest) = await PushImageAsync("team/x", "v1");
        Assert.Equal(["v1"], await TagsAsync());

        using var pushed = await PutManifestAsync("team/x", "v2", manifest);
        await ShouldBeAsync(pushed, 201);
        Assert.Equal(["v1", "v2"], await TagsAsync());

        using var untagged = await Registry.DeleteAsync("/v2/team/x/manifests/v1", Cancellation);
        await ShouldBeAsync(untagged, 202);
        Assert.Equal(["v2"], await TagsAsync());

        using var deleted = await Registry.DeleteAsync($"/v2/team/x/manifests/{digest}", Cancellation);
        await ShouldBeAsync(deleted, 202);
        Assert.Empty(await TagsAsync());
    }

    [Fact]
    public async Task A_page_is_read_once_in_a_second()
    {
        await PushImageAsync("team/x", "v1");
        await PushImageAsync("team/x", "v2");
        Assert.Equal(["v1"], await TagsAsync("?n=1"));
        using (App.Sabotage("images").Unreadable("tags"))
        {
            Assert.Equal(["v1"], await TagsAsync("?n=1"));
            using var other = await Registry.GetAsync("/v2/team/x/tags/list?n=2", Cancellation);
            await ShouldBeAsync(other, 500);

            Forget();
            using var later = await Registry.GetAsync("/v2/team/x/tags/list?n=1", Cancellation);
            await ShouldBeAsync(later, 500);
        }

        using var page = await Registry.GetAsync("/v2/team/x/tags/list?n=1", Cancellation);
        using var again = await Registry.GetAsync("/v2/team/x/tags/list?n=1", Cancellation);
        Assert.Equal("</v2/team/x/tags/list?n=1&last=v1>; rel=\"next\"", Assert.Single(again.Headers.GetValues("Link")));
        Assert.Equal(["v2"], await TagsAsync("?n=1&last=v1"));
    }

    private async Task<IEnumerable<string?>> TagsAsync(string query = "")
    {
        var page = await Registry.GetFromJsonAsync<JsonElement>($"/v2/team/x/tags/list{query}", Cancellation);
        return page.GetProperty("tags").EnumerateArray().Select(static t => t.GetString());
    }
}
