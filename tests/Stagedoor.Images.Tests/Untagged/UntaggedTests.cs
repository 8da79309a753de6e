using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Content.Collection;
using Stagedoor.Images.Untagged;
using Stagedoor.Storage;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Untagged;

/// <summary>An image that has lost its last tag goes some time later, unless something keeps it.</summary>
public sealed class UntaggedTests : Installation
{
    private static readonly TimeSpan s_month = TimeSpan.FromDays(31);

    private readonly DatabaseGate _gate = new();

    protected override IEnumerable<(string Key, string Value)> Settings => [("Images:Collector:Enabled", "false"), ("Images:Scrubber:Enabled", "false")];

    [Fact]
    public async Task A_manifest_whose_tag_moved_goes_after_a_month_with_its_layers()
    {
        var (first, _) = await PushImageAsync("team/x", "latest");
        var (second, _) = await PushImageAsync("team/x", "latest");

        Assert.Equal((0, 0), await CollectAsync());
        App.Clock.Turn(TimeSpan.FromDays(29));
        Assert.Equal((0, 0), await CollectAsync());
        App.Clock.Turn(TimeSpan.FromDays(2));
        Assert.Equal((1, 2), await CollectAsync());

        await ShouldBeThereAsync("team/x", first, 404);
        await ShouldBeThereAsync("team/x", second, 200);
        await ShouldBeThereAsync("team/x", "latest", 200);
        Assert.Equal(0, App.Sabotage("images").Count("untagged_manifests"));
    }

    [Fact]
    public async Task A_tag_that_was_deleted_keeps_it_until_it_cannot_be_restored()
    {
        var (digest, _) = await PushImageAsync("team/x", "v1");
        await DeleteAsync("team/x", "v1");
        await CollectAsync();
        Assert.Equal(0, App.Sabotage("images").Count("untagged_manifests"));

        App.Clock.Turn(TimeSpan.FromHours(25));
        await CollectAsync();
        await CollectAsync();
        App.Clock.Turn(s_month);
        Assert.Equal((1, 2), await CollectAsync());
        await ShouldBeThereAsync("team/x", digest, 404);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task One_that_is_asked_for_stays(string method)
    {
        var (digest, _) = await PushImageAsync("team/x", "latest");
        await PushImageAsync("team/x", "latest");
        await CollectAsync();
        for (var month = 0; month < 3; month++)
        {
            App.Clock.Turn(TimeSpan.FromDays(20));
            App.Clock.Advance(TimeSpan.FromHours(2));
            using var asked = await Registry.SendAsync(new(new(method), $"/v2/team/x/manifests/{digest}"), Cancellation);
            await ShouldBeAsync(asked, 200);
            Assert.Equal(0, (await CollectAsync()).Manifests);
        }

        App.Clock.Turn(s_month);
        Assert.Equal((1, 2), await CollectAsync());
    }

    [Fact]
    public async Task Images_of_an_index_stay_with_it_and_go_with_it()
    {
        var (one, two) = (await NewManifestAsync("team/x"), await NewManifestAsync("team/x"));
        await PushAsync(one);
        await PushAsync(two);
        var index = IndexOf(one, two);
        using var tagged = await PutManifestAsync("team/x", "multi", index, Index);
        await ShouldBeAsync(tagged, 201);
        await CollectAsync();
        App.Clock.Turn(s_month);
        Assert.Equal((0, 0), await CollectAsync());

        await PushImageAsync("team/x", "multi");
        await CollectAsync();
        App.Clock.Turn(s_month);
        Assert.Equal((3, 4), await CollectAsync());
        await ShouldBeThereAsync("team/x", DigestOf(index), 404);
        await ShouldBeThereAsync("team/x", DigestOf(one), 404);
    }

    [Fact]
    public async Task A_signature_stays_with_what_it_is_about_and_goes_with_it()
    {
        var (digest, bytes) = await PushImageAsync("team/x", "v1");
        var signature = await NewManifestAsync("team/x", subject: new { mediaType = Manifest, digest, size = bytes.Length }, artifactType: "application/x");
        await PushAsync(signature);
        await CollectAsync();
        App.Clock.Turn(s_month);
        Assert.Equal((0, 0), await CollectAsync());

        await PushImageAsync("team/x", "v1");
        await CollectAsync();
        App.Clock.Turn(s_month);
        Assert.Equal((2, 4), await CollectAsync());
        await ShouldBeThereAsync("team/x", DigestOf(signature), 404);
    }

    [Fact]
    public async Task One_that_gets_a_tag_again_waits_anew_when_it_loses_it()
    {
        var (digest, bytes) = await PushImageAsync("team/x", "latest");
        var (_, other) = await PushImageAsync("team/x", "latest");
        await CollectAsync();
        App.Clock.Turn(TimeSpan.FromDays(25));
        using (var again = await PutManifestAsync("team/x", "latest", bytes))
        {
            await ShouldBeAsync(again, 201);
        }

        using (var back = await PutManifestAsync("team/x", "latest", other))
        {
            await ShouldBeAsync(back, 201);
        }

        App.Clock.Turn(TimeSpan.FromDays(10));
        await CollectAsync();
        App.Clock.Turn(TimeSpan.FromDays(29));
        Assert.Equal((0, 0), await CollectAsync());
        App.Clock.Turn(TimeSpan.FromDays(2));
        Assert.Equal((1, 2), await CollectAsync());
        await ShouldBeThereAsync("team/x", digest, 404);
    }

    [Fact]
    public async Task Until_then_they_are_listed_with_when_they_go()
    {
        var (first, _) = await PushImageAsync("team/some/x", "latest");
        var (second, _) = await PushImageAsync("team/some/x", "latest");
        Assert.Equal([first], Digests(await ListAsync("?untagged=true")));
        Assert.Equal(new[] { first, second }.Order(StringComparer.Ordinal), Digests(await ListAsync("")));
        var before = (await ListAsync("?untagged=true"))[0];
        Assert.Equal(
            ["digest", "media_type", "size", "pushed_at", "pulled_at", "untagged", "untagged_since", "removed_after"],
            before.EnumerateObject().Select(static m => m.Name));
        Assert.Equal((300, JsonValueKind.Null, JsonValueKind.Null), (before.GetProperty("size").GetInt64(), before.GetProperty("pulled_at").ValueKind, before.GetProperty("untagged_since").ValueKind));

        await CollectAsync();
        using (var pulled = await Registry.GetAsync($"/v2/team/some/x/manifests/{first}", Cancellation))
        {
            await ShouldBeAsync(pulled, 200);
        }

        await App.Services.GetRequiredService<ManifestPulls>().FlushAsync(Cancellation);
        var item = (await ListAsync("?untagged=true&limit=1&offset=0"))[0];
        var (since, asked, gone) = (TimeOf(item, "untagged_since"), TimeOf(item, "pulled_at"), TimeOf(item, "removed_after"));
        Assert.True(since < asked);
        Assert.Equal(TimeSpan.FromDays(30) + TimeSpan.FromHours(1), gone - asked);

        App.Clock.Turn(gone - App.Clock.GetUtcNow() - TimeSpan.FromMinutes(5));
        Assert.Equal(0, (await App.Services.GetRequiredService<Collector>().CollectAsync(Cancellation)).Retired);
        App.Clock.Turn(TimeSpan.FromMinutes(6));
        Assert.Equal(1, (await App.Services.GetRequiredService<Collector>().CollectAsync(Cancellation)).Retired);
        Assert.Empty(await ListAsync("?untagged=true"));
    }

    [Theory]
    [InlineData("?untagged=maybe", "SVCSTG.SWR.4001025")]
    [InlineData("?limit=0", "SVCSTG.SWR.4000056")]
    public async Task A_list_that_cannot_be_asked_for_is_refused(string query, string code)
    {
        await PushImageAsync("team/some/x", "latest");
        using var response = await App.Admin.GetAsync($"/v2/manage/namespaces/team/repos/some%2Fx/manifests{query}", Cancellation);

        await response.ShouldFailAsync(400, code);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000002")]
    public async Task Unreadable_manifests_are_a_failure_of_the_repository()
    {
        await PushImageAsync("team/some/x", "latest");
        using (App.Sabotage("images").Unreadable("manifests"))
        {
            using var response = await App.Admin.GetAsync("/v2/manage/namespaces/team/repos/some/x/manifests", Cancellation);
            await response.ShouldFailAsync(500, "SVCSTG.SWR.5000002");
        }

        Assert.Single(await ListAsync(""));
    }

    [Fact]
    public async Task A_failed_collection_leaves_everything_and_the_next_goes_on()
    {
        var (first, _) = await PushImageAsync("team/x", "latest");
        await PushImageAsync("team/x", "latest");
        await CollectAsync();
        App.Clock.Turn(s_month);
        using (App.Sabotage("images").RefuseDelete("manifest_refs"))
        {
            await Assert.ThrowsAsync<StorageException>(CollectAsync);
        }

        await ShouldBeThereAsync("team/x", first, 200);
        await App.Services.GetRequiredService<ManifestPulls>().FlushAsync(Cancellation);
        App.Clock.Turn(s_month);
        Assert.Equal((1, 2), await CollectAsync());
    }

    [Fact]
    public async Task Many_go_in_portions_that_others_can_write_between()
    {
        await PushBlobAsync("team/x", [1]);
        await PushBlobAsync("team/x", [2]);
        var manifests = Enumerable.Range(0, (2 * UntaggedManifests.Portion) + 5).Select(i => ManifestOf([1], [2], annotations: new { n = $"{i}" })).ToList();
        foreach (var manifest in manifests)
        {
            await PushAsync(manifest);
        }

        await CollectAsync();
        App.Clock.Turn(s_month);
        // Behind the mark of the collection and the first portion.
        using var second = _gate.HoldNext("images", after: 2);
        var collecting = CollectAsync();
        await second.ReachedAsync();
        Assert.Equal(manifests.Count - UntaggedManifests.Portion, App.Sabotage("images").Count("manifests"));
        second.Release();

        Assert.Equal((manifests.Count, 2), await collecting);
        Assert.Equal(0, App.Sabotage("images").Count("manifest_refs"));
    }

    protected override void Configure(IServiceCollection services) => _gate.Install(services);

    private static byte[] IndexOf(params byte[][] manifests) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        schemaVersion = 2,
        mediaType = Index,
        manifests = manifests.Select(static m => new { mediaType = Manifest, digest = DigestOf(m), size = m.Length }),
    });

    private static IEnumerable<string?> Digests(IEnumerable<JsonElement> items) => items.Select(static m => m.GetProperty("digest").GetString());

    private static DateTimeOffset TimeOf(JsonElement item, string name) => item.GetProperty(name).GetDateTimeOffset();

    private async Task<IReadOnlyList<JsonElement>> ListAsync(string query)
    {
        using var response = await App.Admin.GetAsync($"/v2/manage/namespaces/team/repos/some/x/manifests{query}", Cancellation);
        await ShouldBeAsync(response, 200);
        return [.. (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).EnumerateArray()];
    }

    private async Task PushAsync(byte[] manifest)
    {
        using var pushed = await PutManifestAsync("team/x", DigestOf(manifest), manifest);
        await ShouldBeAsync(pushed, 201);
    }

    private async Task DeleteAsync(string name, string reference)
    {
        using var deleted = await Registry.DeleteAsync($"/v2/{name}/manifests/{reference}", Cancellation);
        await ShouldBeAsync(deleted, 202);
    }

    private async Task ShouldBeThereAsync(string name, string reference, int status)
    {
        using var response = await Registry.GetAsync($"/v2/{name}/manifests/{reference}", Cancellation);
        await ShouldBeAsync(response, status);
    }

    // Blobs are left alone for a lease after their manifest has gone.
    private async Task<(int Manifests, int Blobs)> CollectAsync()
    {
        var collector = App.Services.GetRequiredService<Collector>();
        var first = await collector.CollectAsync(Cancellation);
        Assert.Null(first.Objection);
        Assert.True(first.Retired == 0 || first.Blobs == 0);
        App.Clock.Turn(TimeSpan.FromMinutes(61));
        var second = await collector.CollectAsync(Cancellation);
        return (first.Retired + second.Retired, first.Blobs + second.Blobs);
    }
}

/// <summary>An installation that removes no manifests by itself.</summary>
public sealed class KeptUntaggedTests : Installation
{
    protected override IEnumerable<(string Key, string Value)> Settings => [("Images:Collector:UntaggedDays", "0"), ("Images:Collector:Enabled", "false")];

    [Fact]
    public async Task Nothing_goes()
    {
        await PushImageAsync("team/x", "latest");
        await PushImageAsync("team/x", "latest");
        var collector = App.Services.GetRequiredService<Collector>();
        await collector.CollectAsync(Cancellation);
        App.Clock.Turn(TimeSpan.FromDays(3650));

        Assert.Equal((0, 0), (await collector.CollectAsync(Cancellation)) is var c ? (c.Retired, c.Blobs) : default);
        Assert.Equal(1, App.Sabotage("images").Count("untagged_manifests"));
    }
}
