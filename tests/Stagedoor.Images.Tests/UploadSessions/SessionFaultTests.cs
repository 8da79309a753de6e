using Stagedoor.Images.Tests.PageUploads;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.UploadSessions;

/// <summary>What goes wrong with a session: each step has a code of its own, and works again when its cause is gone.</summary>
public sealed class SessionFaultTests(UploadInstallation images) : IClassFixture<UploadInstallation>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private SessionClient Admin => new(images.App.Admin);

    private Sabotage Database => images.App.Sabotage("images");

    private string Uploads => Path.Combine(images.App.DataDirectory, "blobs", "uploads");

    [Fact]
    [Provokes("SVCSTG.SWR.5000044")]
    public async Task A_session_that_cannot_be_made_leaves_nothing()
    {
        using (Database.RefuseInsert("upload_sessions"))
        {
            await RefuseAsync(Admin.TryBeginAsync(Image), 500, "5000044");
        }

        Assert.Empty(Directory.EnumerateFiles(Uploads, "sessions-*"));
        Directory.Move(Uploads, Uploads + "-away");
        await File.WriteAllTextAsync(Uploads, "in the way", Cancellation);
        await RefuseAsync(Admin.TryBeginAsync(Image), 500, "5000044");
        File.Delete(Uploads);
        Directory.Move(Uploads + "-away", Uploads);
        await Admin.DropAsync(await Admin.BeginImageAsync());
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5070070")]
    public async Task Without_the_object_store_no_session_is_begun_or_goes_on()
    {
        var id = await Admin.BeginImageAsync();
        var store = Path.Combine(images.App.DataDirectory, "blobs");
        Directory.Move(store, store + ".away");
        await RefuseAsync(Admin.AppendAsync(id, [1], 0), 507, "5070070");
        Directory.Move(store + ".away", store);
        await Admin.AppendedAsync(id, [1], 0);
        await Admin.DropAsync(id);
        Directory.Move(store, store + ".away");
        await RefuseAsync(Admin.TryBeginAsync(Image), 507, "5070070");
        Directory.Move(store + ".away", store);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000041")]
    public async Task A_session_that_cannot_be_read_is_neither_shown_nor_gone_on_with()
    {
        var id = await Admin.BeginImageAsync();
        using (Database.Unreadable("upload_sessions"))
        {
            await RefuseAsync(Admin.TryShowAsync(id), 500, "5000041");
            await RefuseAsync(Admin.AppendAsync(id, [1], 0), 500, "5000041");
            await RefuseAsync(Admin.FinishAsync(id), 500, "5000041");
        }

        await Admin.ShowAsync(id);
        await Admin.DropAsync(id);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000020")]
    public async Task Whose_turn_it_is_has_to_be_known()
    {
        var id = await Admin.BeginImageAsync();
        using (Database.RefuseInsert("session_locks"))
        {
            await RefuseAsync(Admin.AppendAsync(id, [1], 0), 500, "5000020");
            await RefuseAsync(Admin.FinishAsync(id), 500, "5000020");
        }

        await Admin.AppendedAsync(id, [1], 0);
        await Admin.DropAsync(id);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000040")]
    public async Task A_piece_or_an_end_that_cannot_be_noted_does_not_count()
    {
        var id = await Admin.BeginImageAsync();
        using (Database.RefuseUpdate("upload_sessions"))
        {
            await RefuseAsync(Admin.AppendAsync(id, [1, 2], 0), 500, "5000040");
            await RefuseAsync(Admin.PatchAsync(id, new { status = "error" }), 500, "5000040");
            await RefuseAsync(Admin.FinishAsync(id), 500, "5000040");
        }

        Assert.Equal(2, await Admin.AppendedAsync(id, [3, 4], 0));
        Assert.Equal([3, 4], await File.ReadAllBytesAsync(StagedOf(id), Cancellation));
        using (var given = await Admin.PatchAsync(id, new { status = "error" }))
        {
            await Installation.ShouldBeAsync(given, 200);
        }

        await Admin.DropAsync(id);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000042")]
    public async Task A_session_that_cannot_be_dropped_stays()
    {
        var id = await Admin.BeginImageAsync();
        using (Database.RefuseDelete("upload_sessions"))
        {
            await RefuseAsync(Admin.DeleteAsync(id), 500, "5000042");
        }

        await Admin.ShowAsync(id);
        await Admin.DropAsync(id);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000054")]
    public async Task Manifests_that_cannot_be_kept_are_not()
    {
        var id = await Admin.BeginAsync(App);
        using (Database.RefuseUpdate("upload_sessions"))
        {
            await RefuseAsync(Admin.SubmitAsync(id, Manifests), 500, "5000054");
        }

        using (var kept = await Admin.SubmitAsync(id, Manifests))
        {
            await Installation.ShouldBeAsync(kept, 200);
        }

        await Admin.DropAsync(id);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000030")]
    public async Task Behind_bytes_that_are_gone_nothing_can_be_written()
    {
        var archive = new SavedImage("team/cut:v1").ToArray();
        var id = await Admin.BeginImageAsync();
        await Admin.AppendedAsync(id, archive[..1000], 0);
        await File.WriteAllBytesAsync(StagedOf(id), archive[..500], Cancellation);
        await RefuseAsync(Admin.AppendAsync(id, archive[1000..], 1000), 500, "5000030");
        await RefuseAsync(Admin.FinishAsync(id), 500, "5000030");
        await Admin.DropAsync(id);
        await StoreAsync(archive);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000019")]
    public async Task A_staged_file_that_is_gone_cannot_be_stored()
    {
        var archive = new SavedImage("team/gone:v1").ToArray();
        var id = await Admin.BeginImageAsync();
        await Admin.AppendedAsync(id, archive, 0);
        File.Delete(StagedOf(id));
        await RefuseAsync(Admin.FinishAsync(id), 500, "5000019");
        await Admin.DropAsync(id);

        id = await Admin.BeginImageAsync();
        await Admin.AppendedAsync(id, archive, 0);
        Swap(id);
        await RefuseAsync(Admin.FinishAsync(id), 500, "5000019");
        Directory.Delete(StagedOf(id));
        await Admin.DropAsync(id);
        await StoreAsync(archive);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000024")]
    public async Task A_file_that_cannot_be_put_aside_cannot_be_hashed()
    {
        var archive = new SavedImage("team/unhashed:v1").ToArray();
        var id = await Admin.BeginImageAsync();
        await Admin.AppendedAsync(id, archive, 0);
        var spool = Path.Combine(images.App.DataDirectory, "spool");
        if (Directory.Exists(spool))
        {
            Directory.Delete(spool);
        }

        await File.WriteAllTextAsync(spool, "in the way", Cancellation);
        await RefuseAsync(Admin.FinishAsync(id), 500, "5000024");
        File.Delete(spool);
        Assert.Equal("SVCSTG.SWR.5000024", (await Admin.ShowAsync(id)).GetProperty("error").GetProperty("errorCode").GetString());
        await Admin.DropAsync(id);
        await StoreAsync(archive);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5001055")]
    [Provokes("SVCSTG.SWR.5000033")]
    public async Task Bytes_that_cannot_be_written_are_called_by_what_they_are()
    {
        var id = await Admin.BeginImageAsync();
        Swap(id);
        await RefuseAsync(Admin.AppendAsync(id, [1], 0), 500, "5001055");
        Directory.Delete(StagedOf(id));
        await Admin.DropAsync(id);

        id = await Admin.BeginAsync(App);
        Swap(id);
        await RefuseAsync(Admin.AppendAsync(id, [1], 0, "shop.jar"), 500, "5000033");
        Directory.Delete(StagedOf(id));
        await Admin.DropAsync(id);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000082")]
    public async Task Manifests_that_have_decayed_are_not_stored()
    {
        var id = await Admin.BeginAsync(App);
        using (var kept = await Admin.SubmitAsync(id, Manifests))
        {
            await Installation.ShouldBeAsync(kept, 200);
        }

        await Admin.AppendedAsync(id, [1], 0, "shop.jar");
        Database.Execute($"UPDATE upload_sessions SET manifests = '{{bad' WHERE id = '{id}'");
        await RefuseAsync(Admin.FinishAsync(id), 500, "5000082");
        await Admin.DropAsync(id);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000021")]
    public async Task A_file_whose_place_is_taken_is_not_made_one_of_the_package()
    {
        var content = Installation.Random(100);
        var hex = Installation.DigestOf(content)["sha256:".Length..];
        var place = Path.Combine(images.App.DataDirectory, "blobs", "images", "sha256", hex[..2], hex);
        Directory.CreateDirectory(place);
        var id = await SubmittedAsync(content);
        await RefuseAsync(Admin.FinishAsync(id), 500, "5000021");
        await Admin.DropAsync(id);

        Directory.Delete(place);
        id = await SubmittedAsync(content);
        using var stored = await Admin.FinishAsync(id);
        await Installation.ShouldBeAsync(stored, 200);
    }

    private async Task<string> SubmittedAsync(byte[] content)
    {
        var id = await Admin.BeginAsync(App);
        using var kept = await Admin.SubmitAsync(id, Manifests);
        await Installation.ShouldBeAsync(kept, 200);
        await Admin.AppendedAsync(id, content, 0, "shop.jar");
        return id;
    }

    [Fact]
    public async Task An_end_that_a_crash_has_interrupted_can_be_asked_for_again()
    {
        var archive = new SavedImage("team/interrupted:v1").ToArray();
        var id = await Admin.BeginImageAsync();
        await Admin.AppendedAsync(id, archive, 0);

        // As a process leaves it that was killed in the middle: its turn lasts some seconds more.
        Database.Execute($"UPDATE upload_sessions SET status = 'verifying', epoch = epoch + 1 WHERE id = '{id}'");
        Database.Execute($"INSERT INTO session_locks (session_id, holder, held_until) VALUES ('{id}', 'dead', {images.App.Clock.GetUtcNow().AddSeconds(20).ToUnixTimeMilliseconds()})");
        await RefuseAsync(Admin.AppendAsync(id, [1], archive.Length), 400, "4000045");
        images.App.Clock.Advance(TimeSpan.FromSeconds(30));
        await Admin.FinishedAsync(id);
        await Admin.DropAsync(id);
    }

    private static object Image => new { type = "image", @namespace = "team", file_name = "image.tar" };

    private static object App => new { type = "app", @namespace = "team", file_name = "shop.jar", package = "faulty", version = "1" };

    private static object Manifests => new { is_public = false, manifests = new { } };

    private static async Task RefuseAsync(Task<HttpResponseMessage> doing, int status, string code)
    {
        using var response = await doing;
        await response.ShouldFailAsync(status, "SVCSTG.SWR." + code);
    }

    private string StagedOf(string id) => Path.Combine(Uploads, "sessions-" + id);

    private void Swap(string id)
    {
        File.Delete(StagedOf(id));
        Directory.CreateDirectory(StagedOf(id));
    }

    private async Task StoreAsync(byte[] archive)
    {
        var id = await Admin.BeginImageAsync();
        await Admin.AppendedAsync(id, archive, 0);
        await Admin.FinishedAsync(id);
        await Admin.DropAsync(id);
    }
}
