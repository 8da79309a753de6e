using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Images.Tests.Oci;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Collection;

/// <summary><c>POST /v2/manage/gc</c></summary>
public sealed class CollectGarbageTests : Installation
{
    private const string Path = "/v2/manage/gc";

    private readonly BlobGate _gate = new();

    protected override IEnumerable<(string Key, string Value)> Settings => [("Images:Collector:Enabled", "false"), ("Images:Scrubber:Enabled", "false")];

    [Fact]
    public async Task What_was_removed_is_counted()
    {
        await PushBlobAsync("team/x", Random(1000));
        await PushImageAsync("team/x", "v1");
        await PushImageAsync("team/x", "v1");
        await PushImageAsync("team/x", "v2");
        using var deleted = await Registry.DeleteAsync("/v2/team/x/manifests/v2", Cancellation);
        await ShouldBeAsync(deleted, 202);
        Assert.Equal((0, 0, 0, 0L), await CollectAsync());

        App.Clock.Turn(TimeSpan.FromHours(25));
        Assert.Equal((1, 0, 1, 1000L), await CollectAsync());

        App.Clock.Turn(TimeSpan.FromDays(31));
        Assert.Equal((0, 1, 0, 0L), await CollectAsync());
        App.Clock.Turn(TimeSpan.FromHours(2));
        Assert.Equal((0, 0, 2, 300L), await CollectAsync());
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4039002")]
    public async Task It_is_for_administrators_of_the_operators_account()
    {
        var user = await AddUserAsync("gardener");
        using (var refused = await user.Signed.PostAsync(Path, null, Cancellation))
        {
            await refused.ShouldFailAsync(403, "SVCSTG.SWR.4039002");
        }

        user.Signed.Dispose();
        var (signed, registry) = await AddAccountAsync("tenant");
        using (var refused = await signed.PostAsync(Path, null, Cancellation))
        {
            await refused.ShouldFailAsync(403, "SVCSTG.SWR.4039002");
        }

        signed.Dispose();
        registry.Dispose();
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4090023")]
    public async Task A_second_one_at_the_same_time_is_refused()
    {
        await PushBlobAsync("team/x", Random(10));
        App.Clock.Turn(TimeSpan.FromMinutes(61));
        using var held = _gate.HoldNext(BlobStep.Delete);
        var first = CollectAsync();
        await held.ReachedAsync();

        using (var second = await App.Admin.PostAsync(Path, null, Cancellation))
        {
            await second.ShouldFailAsync(409, "SVCSTG.SWR.4090023");
        }

        held.Release();
        Assert.Equal((0, 0, 1, 10L), await first);
        Assert.Equal((0, 0, 0, 0L), await CollectAsync());
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000088")]
    public async Task A_layer_that_the_store_does_not_delete_ends_it()
    {
        await PushBlobAsync("team/x", Random(10));
        await PushBlobAsync("team/x", Random(10));
        App.Clock.Turn(TimeSpan.FromMinutes(61));
        // The disk of the store goes away between the first layer and the second.
        using var one = _gate.HoldNext(BlobStep.Delete);
        using var two = _gate.HoldNext(BlobStep.Delete);
        var collecting = App.Admin.PostAsync(Path, null, Cancellation);
        await one.ReachedAsync();
        one.Release();
        await two.ReachedAsync();
        var store = System.IO.Path.Combine(App.DataDirectory, "blobs");
        Directory.Move(store, store + ".away");
        two.Release();
        using (var refused = await collecting)
        {
            await refused.ShouldFailAsync(500, "SVCSTG.SWR.5000088");
        }

        Assert.False(Directory.Exists(store));
        Directory.Move(store + ".away", store);
        Assert.Equal((0, 0, 1, 10L), await CollectAsync());
    }

    [Fact]
    public async Task An_unreadable_table_ends_it_and_the_next_goes_on()
    {
        await PushBlobAsync("team/x", Random(10));
        App.Clock.Turn(TimeSpan.FromMinutes(61));
        using (App.Sabotage("images").RefuseUpdate("blobs"))
        {
            using var refused = await App.Admin.PostAsync(Path, null, Cancellation);
            await refused.ShouldFailAsync(500, "SVCSTG.SWR.5000005");
        }

        Assert.Equal((0, 0, 1, 10L), await CollectAsync());
    }

    [Fact]
    public async Task Where_database_and_store_do_not_belong_together_nothing_is_removed()
    {
        await PushBlobAsync("team/x", Random(10));
        App.Clock.Turn(TimeSpan.FromMinutes(61));
        var mark = Directory.EnumerateFiles(System.IO.Path.Combine(App.DataDirectory, "blobs"), "*", SearchOption.TopDirectoryOnly).Single(static f => System.IO.Path.GetFileName(f).Contains("installation", StringComparison.Ordinal));
        File.Move(mark, mark + ".away");

        using (var refused = await App.Admin.PostAsync(Path, null, Cancellation))
        {
            var error = await refused.ShouldFailAsync(409, "SVCSTG.SWR.4090023");
            Assert.Contains("nothing is collected", error.Body, StringComparison.Ordinal);
        }

        File.Move(mark + ".away", mark);
        Assert.Equal((0, 0, 1, 10L), await CollectAsync());
    }

    protected override void Configure(Microsoft.Extensions.DependencyInjection.IServiceCollection services) => _gate.Install(services);

    private async Task<(int Tags, int Manifests, int Blobs, long Bytes)> CollectAsync()
    {
        using var response = await App.Admin.PostAsync(Path, null, Cancellation);
        await ShouldBeAsync(response, 200);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.Equal(["deleted_tags", "deleted_manifests", "deleted_blobs", "freed_bytes"], body.EnumerateObject().Select(static m => m.Name));
        return (
            body.GetProperty("deleted_tags").GetInt32(), body.GetProperty("deleted_manifests").GetInt32(), body.GetProperty("deleted_blobs").GetInt32(),
            body.GetProperty("freed_bytes").GetInt64());
    }
}

/// <summary>The same on two replicas of one installation.</summary>
public sealed class SharedCollectGarbageTests
{
    [Fact]
    public async Task A_collection_of_another_replica_is_in_the_way()
    {
        Assert.SkipUnless(OwnDatabase.IsAvailable, OwnDatabase.Missing);
        await using var hosts = await TwoHosts.StartAsync(two: true, s3: false);
        using (var pushed = await TwoHosts.PushAsync(hosts.First, "team/x", Installation.Random(10)))
        {
            await Installation.ShouldBeAsync(pushed, 201);
        }

        await hosts.ExecuteAsync("UPDATE blobs SET leased_until = 0");
        await hosts.ExecuteAsync("UPDATE blob_links SET used_at = 0");
        await hosts.ExecuteAsync("UPDATE upload_owners SET active_at = 0");
        using var held = hosts.Gate.HoldNext(BlobStep.Delete);
        var first = hosts.FirstApp.Admin.PostAsync("/v2/manage/gc", null, Installation.Cancellation);
        await held.ReachedAsync();

        using (var second = await hosts.SecondApp.Admin.PostAsync("/v2/manage/gc", null, Installation.Cancellation))
        {
            await second.ShouldFailAsync(409, "SVCSTG.SWR.4090023");
        }

        held.Release();
        using var done = await first;
        Assert.Equal(
            """{"deleted_tags":0,"deleted_manifests":0,"deleted_blobs":1,"freed_bytes":10}""", await done.Content.ReadAsStringAsync(Installation.Cancellation));
        using var again = await hosts.SecondApp.Admin.PostAsync("/v2/manage/gc", null, Installation.Cancellation);
        await Installation.ShouldBeAsync(again, 200);
    }
}
