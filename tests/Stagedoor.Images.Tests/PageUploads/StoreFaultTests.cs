using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.PageUploads;

/// <summary>What goes wrong while images are stored: each has a code of its own, leaves nothing, and is over when its cause is; on each engine.</summary>
public sealed class StoreFaultTests(Engines<StoreFaultTests.GatedInstallation> engines) : IClassFixture<Engines<StoreFaultTests.GatedInstallation>>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Provokes("SVCSTG.SWR.5001020")]
    public Task Without_a_place_for_what_arrives_nothing_is_taken() => engines.EachAsync(async images =>
    {
        var archive = new SavedImage("team/spooled:v1").ToArray();
        await SwapAsync(images, "spool", () => RefuseAsync(images, archive, 500, "5001020"));
        await StoredAsync(images, archive);
    });

    [Fact]
    [Provokes("SVCSTG.SWR.5000027")]
    public Task Without_a_place_for_what_is_unpacked_nothing_is_opened() => engines.EachAsync(async images =>
    {
        var archive = Tarball.Gzip(new SavedImage("team/unpacked:v1").ToArray());
        await SwapAsync(images, "work", () => RefuseAsync(images, archive, 500, "5000027"));
        await StoredAsync(images, archive);
    });

    [Fact]
    [Provokes("SVCSTG.SWR.5070070")]
    public Task Without_the_object_store_nothing_is_begun() => engines.EachAsync(async images =>
    {
        var archive = new SavedImage("team/storeless:v1").ToArray();
        var store = Path.Combine(images.App.DataDirectory, "blobs");
        Directory.Move(store, store + ".away");
        var before = images.Everything();
        await UploadInstallation.ShouldRefuseAsync(images.UploadAsync(archive), 507, "5070070");
        Assert.Equal(before, images.Everything());
        Directory.Move(store + ".away", store);
        await StoredAsync(images, archive);
    });

    [Theory]
    [InlineData(BlobStep.Create)]
    [InlineData(BlobStep.Append)]
    [InlineData(BlobStep.Commit)]
    [Provokes("SVCSTG.SWR.5070070")]
    public Task An_object_store_that_goes_away_on_the_way_leaves_nothing(BlobStep step) => engines.EachAsync(async images =>
    {
        var archive = new SavedImage($"team/away-{step}:v1".ToLowerInvariant()).ToArray();
        images.Gate.FailNext(step);

        await RefuseAsync(images, archive, 507, "5070070");
        await StoredAsync(images, archive);
    });

    [Fact]
    [Provokes("SVCSTG.SWR.5000087")]
    public Task A_layer_that_cannot_be_looked_up_is_not_stored_anew() => engines.EachAsync(async images =>
    {
        var archive = new SavedImage("team/looked-up:v1").ToArray();
        await StoredAsync(images, archive);
        using (images.App.Sabotage("images").Unreadable("blobs"))
        {
            await UploadInstallation.ShouldRefuseAsync(images.UploadAsync(archive), 500, "5000087");
        }

        await StoredAsync(images, archive);
    });

    [Fact]
    [Provokes("SVCSTG.SWR.5000050")]
    public Task A_stored_layer_that_cannot_be_read_to_its_end_is_not_used_again() => engines.EachAsync(async images =>
    {
        var image = new SavedImage("team/verified:v1") { Layers = [SavedImage.Layer(1_000_000)] };
        var archive = image.ToArray();
        await StoredAsync(images, archive);
        var digest = Installation.DigestOf(image.Layers[0])[7..];
        var file = Path.Combine(images.App.DataDirectory, "blobs", "images", "sha256", digest[..2], digest);
        using (var held = images.Gate.HoldNext(BlobStep.Read))
        {
            var uploading = images.UploadAsync(archive);
            await held.ReachedAsync();
            await File.WriteAllBytesAsync(file, image.Layers[0][..1000], Cancellation);
            held.Release();
            await UploadInstallation.ShouldRefuseAsync(uploading, 500, "5000050");
        }

        // The archive has what was lost.
        await StoredAsync(images, archive);
        Assert.Equal(image.Layers[0], await File.ReadAllBytesAsync(file, Cancellation));
    });

    [Fact]
    public Task A_stored_layer_with_other_bytes_is_replaced() => engines.EachAsync(async images =>
    {
        var image = new SavedImage("team/replaced:v1");
        await StoredAsync(images, image.ToArray());
        var digest = Installation.DigestOf(image.Layers[0])[7..];
        var file = Path.Combine(images.App.DataDirectory, "blobs", "images", "sha256", digest[..2], digest);
        await File.WriteAllBytesAsync(file, new byte[image.Layers[0].Length], Cancellation);

        await StoredAsync(images, image.ToArray());

        Assert.Equal(image.Layers[0], await File.ReadAllBytesAsync(file, Cancellation));
    });

    [Theory]
    [InlineData("blobs", "INSERT", "5001055")]
    [InlineData("blob_links", "INSERT", "5001055")]
    [InlineData("repositories", "INSERT", "5001058")]
    [InlineData("manifests", "INSERT", "5001058")]
    [InlineData("tags", "INSERT", "5000085")]
    [InlineData("repositories", "UPDATE", "5000011")]
    [InlineData("organizations", "UPDATE", "5001058")]
    [InlineData("org_acl", "", "5000077")]
    [InlineData("organizations", "", "5000057")]
    [InlineData("repositories", "", "5000002")]
    public Task A_row_that_cannot_be_written_or_read_is_called_by_its_step(string table, string operation, string code) => engines.EachAsync(async images =>
    {
        var name = $"row-{table.Replace('_', '-')}-{operation}".ToLowerInvariant().TrimEnd('-');
        var user = await images.AddUserAsync(name);
        using var client = user.Signed;
        images.GrantOnOrganization("team", user.Id, 3);
        var archive = new SavedImage($"team/{name}:v1").ToArray();
        var sabotage = images.App.Sabotage("images");
        var before = images.Everything();
        using (sabotage.Break(operation, table))
        {
            await UploadInstallation.ShouldRefuseAsync(images.UploadAsync(archive, client: client), 500, code);
        }

        // Blobs that nothing refers to are the collector's, as those of a push that does not come to its end.
        static bool IsCollected(string e) => e.Contains("/blobs/", StringComparison.Ordinal) || e.StartsWith("blobs ", StringComparison.Ordinal);
        Assert.Equal(before.Where(static e => !IsCollected(e)), images.Everything().Where(static e => !IsCollected(e)));
        await UploadInstallation.StoredAsync(await images.UploadAsync(archive, client: client));
    });

    [Fact]
    [Provokes("SVCSTG.SWR.5000086")]
    public Task A_tag_that_cannot_be_moved_stays() => engines.EachAsync(async images =>
    {
        var (first, second) = (new SavedImage("team/unmoved:v1").ToArray(), new SavedImage("team/unmoved:v1").ToArray());
        await StoredAsync(images, first);
        var digest = (await images.PullAsync("team/unmoved", "v1")).Digest;
        using (images.App.Sabotage("images").RefuseUpdate("tags"))
        {
            await UploadInstallation.ShouldRefuseAsync(images.UploadAsync(second), 500, "5000086");
        }

        Assert.Equal(digest, (await images.PullAsync("team/unmoved", "v1")).Digest);
        await StoredAsync(images, second);
        Assert.NotEqual(digest, (await images.PullAsync("team/unmoved", "v1")).Digest);
    });

    [Fact]
    public Task An_image_before_one_that_cannot_be_stored_stays() => engines.EachAsync(async images =>
    {
        await StoredAsync(images, new SavedImage("team/second:v1").ToArray());
        using (images.App.Sabotage("images").RefuseUpdate("tags"))
        {
            await UploadInstallation.ShouldRefuseAsync(
                images.UploadAsync([("one.tar", new SavedImage("team/first:v1").ToArray()), ("two.tar", new SavedImage("team/second:v1").ToArray())]), 500, "5000086");
        }

        await images.PullAsync("team/first", "v1");
    });

    private static async Task StoredAsync(GatedInstallation images, byte[] archive)
    {
        using var response = await images.UploadAsync(archive);
        await UploadInstallation.StoredAsync(response);
    }

    private static async Task SwapAsync(GatedInstallation images, string folder, Func<Task> meanwhile)
    {
        var path = Path.Combine(images.App.DataDirectory, folder);
        if (Directory.Exists(path))
        {
            Directory.Delete(path);
        }

        await File.WriteAllTextAsync(path, "in the way", Cancellation);
        await meanwhile();
        File.Delete(path);
    }

    private static async Task RefuseAsync(GatedInstallation images, byte[] archive, int status, string code)
    {
        var before = images.Everything();
        await UploadInstallation.ShouldRefuseAsync(images.UploadAsync(archive), status, code);
        Assert.Equal(before, images.Everything());
    }

    /// <summary>An installation whose object store can be stopped.</summary>
    public sealed class GatedInstallation : UploadInstallation
    {
        public BlobGate Gate { get; } = new();

        protected override void Configure(IServiceCollection services)
        {
            base.Configure(services);
            Gate.Install(services);
        }
    }
}
