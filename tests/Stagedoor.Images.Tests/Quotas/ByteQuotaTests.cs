using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Content.Collection;
using Stagedoor.Images.Tests.Oci;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Quotas;

/// <summary>How much an organization may hold, and how much it does.</summary>
public sealed class ByteQuotaTests : Installation
{
    protected override IEnumerable<(string Key, string Value)> Settings => [("Images:Collector:Enabled", "false"), ("Images:Scrubber:Enabled", "false")];

    [Fact]
    public async Task A_blob_counts_once_in_an_organization_and_as_long_as_it_is_needed()
    {
        await CreateOrganizationAsync("other");
        var (config, layer) = (Random(100), Random(200));
        var (one, two) = (ManifestOf(config, layer), ManifestOf(config, layer, annotations: new { n = "2" }));
        foreach (var name in (string[])["team/a", "team/b", "other/a"])
        {
            await PushBlobAsync(name, config);
            await PushBlobAsync(name, layer);
        }

        Assert.Equal(0, await UsedAsync("team"));
        await PutAsync("team/a", "1", one);
        Assert.Equal(300 + one.Length, await UsedAsync("team"));
        await PutAsync("team/a", "again", one);
        await PutAsync("team/a", "2", two);
        await PutAsync("team/b", "1", one);
        Assert.Equal(300 + (2 * one.Length) + two.Length, await UsedAsync("team"));
        Assert.Equal(0, await UsedAsync("other"));
        await PutAsync("other/a", "1", one);
        Assert.Equal(300 + one.Length, await UsedAsync("other"));

        await DeleteAsync("team/a", "again");
        await DeleteAsync("team/a", DigestOf(one));
        Assert.Equal(300 + one.Length + two.Length, await UsedAsync("team"));
        await DeleteAsync("team/a", DigestOf(two));
        Assert.Equal(300 + one.Length, await UsedAsync("team"));
        await DeleteAsync("team/b", DigestOf(one));
        Assert.Equal(0, await UsedAsync("team"));
        Assert.Equal(300 + one.Length, await UsedAsync("other"));
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000099")]
    public async Task A_push_that_would_be_too_much_is_refused_and_leaves_nothing()
    {
        var (_, first) = await PushImageAsync("team/x", "v1");
        var limit = 300 + first.Length;
        await SetAsync($$"""{"quota_bytes":{{limit + 1}}}""");
        var second = await NewManifestAsync("team/x");
        using (var refused = await PutManifestAsync("team/x", "v2", second))
        {
            var error = await refused.ShouldFailAsync(403, "SVCSTG.SWR.4000099");
            Assert.Contains($"holds {limit} of {limit + 1} bytes and this image needs {300 + second.Length} more", error.Body, StringComparison.Ordinal);
            Assert.Contains("DENIED", error.Body, StringComparison.Ordinal);
        }

        Assert.Equal(limit, await UsedAsync("team"));
        Assert.Equal("""{"name":"team/x","tags":["v1"]}""", await Registry.GetStringAsync("/v2/team/x/tags/list", Cancellation));
        using (var absent = await Registry.GetAsync($"/v2/team/x/manifests/{DigestOf(second)}", Cancellation))
        {
            await ShouldBeAsync(absent, 404);
        }

        await PutAsync("team/x", "alias", first);
        await SetAsync($$"""{"quota_bytes":{{limit + 300 + second.Length}}}""");
        await PutAsync("team/x", "v2", second);

        using (var full = await Registry.PostAsync("/v2/team/x/blobs/uploads/", null, Cancellation))
        {
            await full.ShouldFailAsync(403, "SVCSTG.SWR.4000099");
        }

        await DeleteAsync("team/x", DigestOf(first));
        using var begun = await Registry.PostAsync("/v2/team/x/blobs/uploads/", null, Cancellation);
        await ShouldBeAsync(begun, 202);
    }

    [Fact]
    public async Task What_a_deleted_repository_held_is_given_back_by_the_next_collection()
    {
        await PushImageAsync("team/gone", "v1");
        var (_, kept) = await PushImageAsync("team/kept", "v1");
        await DeleteAsync("team/gone", "v1");
        using (var deleted = await App.Admin.DeleteAsync("/v2/manage/namespaces/team/repos/gone", Cancellation))
        {
            await ShouldBeAsync(deleted, 204);
        }

        await App.Services.GetRequiredService<Collector>().CollectAsync(Cancellation);

        Assert.Equal(300 + kept.Length, await UsedAsync("team"));
    }

    [Fact]
    public async Task Untagged_manifests_that_go_give_back_what_they_held()
    {
        await PushImageAsync("team/x", "v1");
        var (_, kept) = await PushImageAsync("team/x", "v1");
        var collector = App.Services.GetRequiredService<Collector>();
        await collector.CollectAsync(Cancellation);
        App.Clock.Turn(TimeSpan.FromDays(31));
        Assert.Equal(1, (await collector.CollectAsync(Cancellation)).Retired);

        Assert.Equal(300 + kept.Length, await UsedAsync("team"));
    }

    private async Task SetAsync(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await App.Admin.PatchAsync("/v2/manage/namespaces/team", content, Cancellation);
        await ShouldBeAsync(response, 201);
    }

    private async Task<long> UsedAsync(string organization) =>
        (await App.Admin.GetFromJsonAsync<JsonElement>($"/v2/manage/namespaces/{organization}/settings", Cancellation)).GetProperty("used_bytes").GetInt64();

    private async Task PutAsync(string name, string tag, byte[] manifest)
    {
        using var pushed = await PutManifestAsync(name, tag, manifest);
        await ShouldBeAsync(pushed, 201);
    }

    private async Task DeleteAsync(string name, string reference)
    {
        using var deleted = await Registry.DeleteAsync($"/v2/{name}/manifests/{reference}", Cancellation);
        await ShouldBeAsync(deleted, 202);
    }
}

/// <summary>Fifty callers at the edge of a quota.</summary>
public sealed class ByteQuotaRaceTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task However_many_push_at_once_it_is_never_exceeded(bool two)
    {
        Assert.SkipWhen(two && !OwnDatabase.IsAvailable, OwnDatabase.Missing);
        var (config, layer) = (Installation.Random(1000), Installation.Random(5000));
        var manifests = Enumerable.Range(0, 50).Select(i => Installation.ManifestOf(config, layer, annotations: new { n = $"{i + 100}" })).ToList();
        // Blobs that all have in common, and seven of the manifests.
        var limit = 6000 + (7 * manifests[0].Length);
        await using var hosts = await TwoHosts.StartAsync(two, s3: false, ("Images:MaxBytesPerOrganization", $"{limit}"));
        foreach (var name in (string[])["team/a", "team/b", "team/c"])
        {
            foreach (var blob in (byte[][])[config, layer])
            {
                using var pushed = await TwoHosts.PushAsync(hosts.First, name, blob);
                await Installation.ShouldBeAsync(pushed, 201);
            }
        }

        var answers = await Task.WhenAll(manifests.Select((m, i) => PutAsync(i % 2 == 0 ? hosts.First : hosts.Second, $"team/{"abc"[i % 3]}", $"v{i}", m)));

        Assert.Equal((7, 43), (answers.Count(static s => s == 201), answers.Count(static s => s == 403)));
        var settings = await hosts.FirstApp.Admin.GetFromJsonAsync<JsonElement>("/v2/manage/namespaces/team/settings", Installation.Cancellation);
        Assert.Equal(limit, settings.GetProperty("used_bytes").GetInt64());

        var deleted = await Task.WhenAll(manifests.Select((m, i) => DeleteAsync(i % 2 == 0 ? hosts.Second : hosts.First, $"/v2/team/{"abc"[i % 3]}/manifests/{Installation.DigestOf(m)}")));
        Assert.Equal(7, deleted.Count(static s => s == 202));
        settings = await hosts.SecondApp.Admin.GetFromJsonAsync<JsonElement>("/v2/manage/namespaces/team/settings", Installation.Cancellation);
        Assert.Equal(0, settings.GetProperty("used_bytes").GetInt64());
    }

    private static async Task<int> PutAsync(HttpClient registry, string name, string tag, byte[] manifest)
    {
        using var content = new ByteArrayContent(manifest);
        content.Headers.ContentType = new(Installation.Manifest);
        using var response = await registry.PutAsync($"/v2/{name}/manifests/{tag}", content, Installation.Cancellation);
        return (int)response.StatusCode;
    }

    private static async Task<int> DeleteAsync(HttpClient registry, string path)
    {
        using var response = await registry.DeleteAsync(path, Installation.Cancellation);
        return (int)response.StatusCode;
    }
}
