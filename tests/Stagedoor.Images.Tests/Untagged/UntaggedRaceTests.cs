using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Content.Collection;
using Stagedoor.Images.Tests.Oci;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Untagged;

/// <summary>A collection that removes a manifest at the moment in which somebody pushes or pulls it, on one process and on two replicas.</summary>
public sealed class UntaggedRaceTests : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly DatabaseGate _collecting = new();
    private readonly DatabaseGate _pushing = new();
    private OwnDatabase? _database;
    private StagedoorApp _first = null!;
    private StagedoorApp _second = null!;
    private HttpClient _registry = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_push_that_is_first_keeps_it()
    {
        var (images, manifest) = await SetAsync();
        using var held = _pushing.HoldNext("images");
#pragma warning disable CA2025 // It is awaited below, before the client is disposed of.
        var pushing = PutAsync(images, "kept", manifest);
#pragma warning restore CA2025
        await held.ReachedAsync();
        var collecting = CollectAsync();
        await Eventually.TrueAsync("the collection done or waiting for the push", s_patience, async () => collecting.IsCompleted || await _database!.HasWaitersAsync());
        held.Release();

        Assert.Equal(201, await pushing);
        Assert.Equal(0, (await collecting).Retired);
        await ShouldBePulledAsync(manifest);
    }

    [Fact]
    public async Task A_push_that_comes_second_stores_it_again()
    {
        var (images, manifest) = await SetAsync();
        // Behind the mark of the collection.
        using var held = _collecting.HoldNext("images", after: 1);
        var collecting = CollectAsync();
        await held.ReachedAsync();
#pragma warning disable CA2025 // It is awaited below, before the client is disposed of.
        var pushing = PutAsync(images, "kept", manifest);
#pragma warning restore CA2025
        await Eventually.TrueAsync("the push done or waiting for the collection", s_patience, async () => pushing.IsCompleted || await _database!.HasWaitersAsync());
        held.Release();

        Assert.Equal(1, (await collecting).Retired);
        Assert.Equal(201, await pushing);
        await ShouldBePulledAsync(manifest);
    }

    [Fact]
    public async Task A_pull_that_was_noted_before_keeps_it()
    {
        var (images, manifest) = await SetAsync();
        using var pulled = await images.GetAsync($"/v2/team/x/manifests/{Installation.DigestOf(manifest)}", Cancellation);
        await Installation.ShouldBeAsync(pulled, 200);
        await _second.Services.GetRequiredService<Stagedoor.Images.Untagged.ManifestPulls>().FlushAsync(Cancellation);

        Assert.Equal(0, (await CollectAsync()).Retired);
    }

    [Fact]
    public async Task Two_collections_at_once_remove_it_once()
    {
        var (_, _) = await SetAsync();
        var both = await Task.WhenAll(CollectAsync(), CollectAsync(_second));

        Assert.Equal(1, both.Sum(static c => c.Retired));
    }

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
        {
            _registry.Dispose();
            await _second.DisposeAsync();
            await _first.DisposeAsync();
            await _database.DisposeAsync();
        }
    }

    private static async Task<int> PutAsync(HttpClient registry, string tag, byte[] manifest)
    {
        using var content = new ByteArrayContent(manifest);
        content.Headers.ContentType = new(Installation.Manifest);
        using var response = await registry.PutAsync($"/v2/team/x/manifests/{tag}", content, Cancellation);
        return (int)response.StatusCode;
    }

    private async Task<Collected> CollectAsync(StagedoorApp? app = null) =>
        await (app ?? _first).Services.GetRequiredService<Collector>().CollectAsync(Cancellation);

    private async Task ShouldBePulledAsync(byte[] manifest)
    {
        await _first.Services.GetRequiredService<Collector>().CollectAsync(Cancellation);
        using var pulled = await _registry.GetAsync("/v2/team/x/manifests/kept", Cancellation);
        await Installation.ShouldBeAsync(pulled, 200);
        var root = System.Text.Json.JsonDocument.Parse(manifest).RootElement;
        using var layer = await _registry.GetAsync($"/v2/team/x/blobs/{root.GetProperty("layers")[0].GetProperty("digest")}", Cancellation);
        await Installation.ShouldBeAsync(layer, 200);
    }

    // A manifest without a tag that has been marked long ago, and layers that nobody was told of lately.
    private async Task<(HttpClient Registry, byte[] Manifest)> SetAsync()
    {
        Assert.SkipUnless(OwnDatabase.IsAvailable, OwnDatabase.Missing);
        _database = await OwnDatabase.CreateAsync();
        (string, string)[] settings =
        [
            .. _database.Settings, ("Modules", "images"), ("Gateway:PasswordIterations", "10000"), ("Gateway:RequestsPerSecond", "0"),
            ("Images:Collector:Enabled", "false"), ("Images:Scrubber:Enabled", "false"), ("Images:AutoCreateOrganization", "true"),
        ];
        _first = await StagedoorApp.StartAsync(_collecting.Install, settings);
        _second = await StagedoorApp.JoinAsync(_first, _pushing.Install, settings);
        _registry = _second.Registry();
        var (config, layer) = (Installation.Random(100), Installation.Random(200));
        foreach (var blob in (byte[][])[config, layer])
        {
            using var pushed = await TwoHosts.PushAsync(_registry, "team/x", blob);
            await Installation.ShouldBeAsync(pushed, 201);
        }

        var manifest = Installation.ManifestOf(config, layer);
        Assert.Equal(201, await PutAsync(_registry, Installation.DigestOf(manifest), manifest));
        await CollectAsync();
        var db = _first.Services.GetRequiredService<ImagesDb>();
        foreach (var change in (string[])
        [
            "UPDATE untagged_manifests SET since = 1, rests_since = 1", "UPDATE manifests SET created_at = 1", "UPDATE blobs SET leased_until = 0",
            "UPDATE blob_links SET used_at = 0", "UPDATE upload_owners SET active_at = 0",
        ])
        {
            await db.ExecuteAsync(change, null, Cancellation);
        }

        return (_registry, manifest);
    }
}
