using Stagedoor.Images.Tests.PageUploads;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.UploadSessions;

/// <summary>A session that is removed while it ends, as one whose turn was lost can be; on each engine.</summary>
public sealed class SessionRemovalTests(Engines<StoreFaultTests.GatedInstallation> engines) : IClassFixture<Engines<StoreFaultTests.GatedInstallation>>
{
    [Theory]
    [InlineData("image")]
    [InlineData("app")]
    public Task An_end_whose_bytes_are_removed_with_its_session_finds_none(string type) => engines.EachAsync(async images =>
    {
        var (client, id) = await BegunAsync(images, type);

        using var held = images.Gate.HoldNext(BlobStep.ReadStaged);
        var finishing = client.FinishAsync(id);
        await held.ReachedAsync();
        Remove(images, id);
        File.Delete(Path.Combine(images.App.DataDirectory, "blobs", "uploads", "sessions-" + id));
        held.Release();

        await UploadInstallation.ShouldRefuseAsync(finishing, 404, "4040043");
    });

    [Fact]
    public Task An_end_that_cannot_be_noted_any_more_finds_no_session() => engines.EachAsync(async images =>
    {
        var (client, id) = await BegunAsync(images, "image");

        using var held = images.Gate.HoldNext(BlobStep.ReadStaged);
        var finishing = client.FinishAsync(id);
        await held.ReachedAsync();
        Remove(images, id);
        held.Release();

        await UploadInstallation.ShouldRefuseAsync(finishing, 404, "4040043");
    });

    private static async Task<(SessionClient Client, string Id)> BegunAsync(UploadInstallation images, string type)
    {
        var client = new SessionClient(images.App.Admin);
        var file = type is "image" ? "image.tar" : "shop.jar";
        var id = await client.BeginAsync(new { type, @namespace = "team", file_name = file, package = "shop", version = "1" });
        if (type is "app")
        {
            using var submitted = await client.SubmitAsync(id, new { is_public = false, manifests = new { } });
        }

        await client.AppendedAsync(id, new SavedImage("team/removed:v1").ToArray(), 0, file);
        return (client, id);
    }

    private static void Remove(UploadInstallation images, string id) => images.App.Sabotage("images").Execute($"DELETE FROM upload_sessions WHERE id = '{id}'");
}
