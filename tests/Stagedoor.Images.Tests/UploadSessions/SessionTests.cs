using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Images.Tests.PageUploads;
using Stagedoor.Images.UploadSessions;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.UploadSessions;

/// <summary>Files that come in pieces.</summary>
public sealed class SessionTests(UploadInstallation images) : IClassFixture<UploadInstallation>
{
    private const string Form = "multipart/form-data; boundary=b";
    private const string Part = "--b\nContent-Disposition: form-data; name=\"file\"; filename=\"image.tar\"\n\nxyz\n--b--\n";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private SessionClient Admin => new(images.App.Admin);

    [Fact]
    public async Task An_image_comes_in_pieces_and_nothing_of_the_session_stays()
    {
        var archive = new SavedImage("team/pieces:v1").ToArray();
        var hex = Installation.DigestOf(archive)[7..];
        var id = await Admin.BeginAsync(new { type = "image", @namespace = "team", file_name = "image.tar", size = archive.Length, sha256 = hex });

        Assert.Equal(1000, await Admin.AppendedAsync(id, archive[..1000], 0));
        var shown = await Admin.ShowAsync(id);
        Assert.Equal(("uploading", 1000, "image", "team", "image.tar"), (
            shown.GetProperty("status").GetString(), shown.GetProperty("offset").GetInt64(), shown.GetProperty("type").GetString(),
            shown.GetProperty("namespace").GetString(), shown.GetProperty("file_name").GetString()));
        Assert.Equal(JsonValueKind.Null, shown.GetProperty("error").ValueKind);
        await Admin.AppendedAsync(id, archive[1000..1500], 1000);
        await Admin.AppendedAsync(id, archive[1500..], 1500);

        var done = await Admin.FinishedAsync(id);
        var image = Assert.Single(done.GetProperty("images").EnumerateArray());
        Assert.Equal((id, "done", "pieces"), (done.GetProperty("session_id").GetString(), done.GetProperty("status").GetString(), image.GetProperty("repository").GetString()));
        Assert.Equal(image.GetProperty("digest").GetString(), (await images.PullAsync("team/pieces", "v1")).Digest);
        Assert.Equal("done", (await Admin.ShowAsync(id)).GetProperty("status").GetString());
        Assert.Empty(Staged());
        await Admin.DropAsync(id);
        Assert.Equal(0, images.App.Sabotage("images").Count("upload_sessions"));
        Assert.Equal(0, images.App.Sabotage("images").Count("session_locks"));
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001010")]
    public async Task A_session_is_for_an_image_or_a_package() => await RefuseBeginAsync(new { type = "x", @namespace = "team", file_name = "a.tar" }, 400, "4001010");

    [Fact]
    [Provokes("SVCSTG.SWR.4001014")]
    public async Task A_session_needs_what_it_is_for()
    {
        await RefuseBeginAsync(new { @namespace = "team", file_name = "a.tar" }, 400, "4001014");
        await RefuseBeginAsync(new { type = "image", file_name = "a.tar" }, 400, "4001014");
        await RefuseBeginAsync(new { type = "image", @namespace = "team" }, 400, "4001014");
        await RefuseBeginAsync(new { type = "app", @namespace = "team", file_name = "a.jar", version = "1" }, 400, "4001014");
        await RefuseBeginAsync(new { type = "app", @namespace = "team", file_name = "a.jar", package = "p" }, 400, "4001014");
        await RefuseBeginAsync(new { type = 1 }, 400, "4000014");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001021")]
    [Provokes("SVCSTG.SWR.4000016")]
    [Provokes("SVCSTG.SWR.4001030")]
    [Provokes("SVCSTG.SWR.4000015")]
    [Provokes("SVCSTG.SWR.4001022")]
    [Provokes("SVCSTG.SWR.4001023")]
    [Provokes("SVCSTG.SWR.4130025")]
    [Provokes("SVCSTG.SWR.4000013")]
    [Provokes("SVCSTG.SWR.4001028")]
    [Provokes("SVCSTG.SWR.4040058")]
    public async Task What_a_session_is_begun_with_is_looked_at()
    {
        await RefuseBeginAsync(App(version: ""), 400, "4001021");
        await RefuseBeginAsync(App(version: "-1"), 400, "4000016");
        await RefuseBeginAsync(App(package: "-p"), 400, "4001030");
        await RefuseBeginAsync(App(file: "../a.jar"), 400, "4000015");
        await RefuseBeginAsync(App(file: "a.exe"), 400, "4001023");
        await RefuseBeginAsync(new { type = "image", @namespace = "team", file_name = "a.zip" }, 400, "4001022");
        await RefuseBeginAsync(new { type = "image", @namespace = "team", file_name = "a.tar", size = UploadInstallation.MaxFileBytes + 1 }, 413, "4130025");
        await RefuseBeginAsync(new { type = "image", @namespace = "team", file_name = "a.tar", size = -1 }, 400, "4000014");
        await RefuseBeginAsync(new { type = "image", @namespace = "team", file_name = "a.tar", sha256 = "abc" }, 400, "4000013");
        await RefuseBeginAsync(new { type = "image", @namespace = "team", file_name = "a.tar", repository = "A" }, 400, "4001029");
        await RefuseBeginAsync(new { type = "image", @namespace = "UPPER", file_name = "a.tar" }, 400, "4001028");
        await RefuseBeginAsync(new { type = "image", @namespace = "nowhere", file_name = "a.tar" }, 404, "4040058");
        await Admin.DropAsync(await Admin.BeginAsync(new { type = "image", @namespace = "team", file_name = "a.tar", size = UploadInstallation.MaxFileBytes }));
        Assert.Empty(Staged());
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4037017")]
    [Provokes("SVCSTG.SWR.4090023")]
    [Provokes("SVCSTG.SWR.4040043")]
    [Provokes("SVCSTG.SWR.4000045")]
    public async Task A_session_is_its_users_and_one_at_a_time()
    {
        var user = await images.AddUserAsync("session-user");
        using var signed = user.Signed;
        var client = new SessionClient(signed);
        using (var refused = await client.TryBeginAsync(Image()))
        {
            await refused.ShouldFailAsync(403, "SVCSTG.SWR.4037017");
        }

        images.GrantOnOrganization("team", user.Id, 3);
        var id = await client.BeginImageAsync();
        using (var second = await client.TryBeginAsync(Image()))
        {
            Assert.Contains(id, (await second.ShouldFailAsync(409, "SVCSTG.SWR.4090023")).Body, StringComparison.Ordinal);
        }

        // Another user of the account has one of its own.
        var mine = await Admin.BeginImageAsync();
        await RefuseAsync(Admin.TryShowAsync(id), 404, "4040043");
        await RefuseAsync(Admin.DeleteAsync(id), 404, "4040043");
        await RefuseAsync(Admin.AppendAsync(id, [1], 0), 400, "4000045");
        await RefuseAsync(Admin.FinishAsync(id), 400, "4000045");
        await RefuseAsync(Admin.TryShowAsync(Guid.NewGuid().ToString()), 404, "4040043");
        await Admin.DropAsync(mine);
        await client.DropAsync(id);

        // Once it is over there is room for the next.
        id = await client.BeginImageAsync();
        using (var given = await client.PatchAsync(id, new { status = "error" }))
        {
            await Installation.ShouldBeAsync(given, 200);
        }

        await client.DropAsync(await client.BeginImageAsync());
        Assert.Equal("error", (await client.ShowAsync(id)).GetProperty("status").GetString());
        await client.DropAsync(id);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000039")]
    public async Task An_id_is_a_UUID()
    {
        await RefuseAsync(Admin.TryShowAsync("abc"), 400, "4000039");
        await RefuseAsync(Admin.DeleteAsync("abc"), 400, "4000039");
        await RefuseAsync(Admin.AppendAsync("abc", [1], 0), 400, "4000039");
        await RefuseAsync(Admin.FinishAsync("abc"), 400, "4000039");
        await RefuseAsync(Admin.SubmitAsync("abc", new { }), 400, "4000039");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001000")]
    [Provokes("SVCSTG.SWR.4001005")]
    [Provokes("SVCSTG.SWR.4001015")]
    [Provokes("SVCSTG.SWR.4001003")]
    [Provokes("SVCSTG.SWR.4001019")]
    [Provokes("SVCSTG.SWR.4001036")]
    [Provokes("SVCSTG.SWR.4000014")]
    [Provokes("SVCSTG.SWR.4000045")]
    [Provokes("SVCSTG.SWR.4130025")]
    public async Task A_piece_counts_as_a_whole_or_not_at_all()
    {
        var id = await Admin.BeginImageAsync();
        await RefuseAsync(Admin.SendAsync(id, "{}", "application/json", "bytes 0-1/*"), 400, "4001000");
        await RefuseAsync(Admin.SendAsync(id, "--c--", Form, "bytes 0-1/*"), 400, "4001005");
        await RefuseAsync(Admin.SendAsync(id, Part[..^8], Form, "bytes 0-2/*"), 400, "4001005");
        await RefuseAsync(Admin.SendAsync(id, "--b--\n", Form, "bytes 0-1/*"), 400, "4001015");
        await RefuseAsync(Admin.SendAsync(id, Part.Replace("image.tar", "", StringComparison.Ordinal), Form, "bytes 0-2/*"), 400, "4001003");
        await RefuseAsync(Admin.SendAsync(id, Part.Replace("\n\nxyz", "\nContent-Transfer-Encoding: x\n\nxyz", StringComparison.Ordinal), Form, "bytes 0-2/*"), 400, "4001019");
        await RefuseAsync(Admin.SendAsync(id, Part, Form, null), 400, "4001036");
        foreach (var range in (string[])["0-2", "bytes 2-0/*", "bytes 0-2", "bytes 0-2/2", "bytes 0-x/*", "bytes 1-3/*", "bytes 0-1/*", "bytes 0-3/*", "bytes -1-1/*"])
        {
            await RefuseAsync(Admin.SendAsync(id, Part, Form, range), 400, "4000014");
        }

        await RefuseAsync(Admin.SendAsync(id, Part, Form, "bytes 0-2/*", "other.tar"), 400, "4000045");
        await RefuseAsync(Admin.SendAsync(id, Part, Form, "bytes 0-2/*", "%20"), 400, "4000015");
        await RefuseAsync(Admin.SendAsync(id, Part, Form, $"bytes 0-2/{UploadInstallation.MaxFileBytes + 1}"), 413, "4130025");
        await RefuseAsync(Admin.SendAsync(id, Part, Form, $"bytes {UploadInstallation.MaxFileBytes}-{UploadInstallation.MaxFileBytes + 2}/*"), 413, "4130025");

        Assert.Equal(0, (await Admin.ShowAsync(id)).GetProperty("offset").GetInt64());
        using (var taken = await Admin.SendAsync(id, Part, Form, "bytes 0-2/3"))
        {
            await Installation.ShouldBeAsync(taken, 200);
        }

        await RefuseAsync(Admin.SendAsync(id, Part, Form, "bytes 0-2/3"), 400, "4000014");
        await Admin.DropAsync(id);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001027")]
    public async Task A_session_ends_in_one_of_two_ways()
    {
        var id = await Admin.BeginImageAsync();
        await RefuseAsync(Admin.PatchAsync(id, new { status = "x" }), 400, "4001027");
        await RefuseAsync(Admin.PatchAsync(id, new { status = "uploading" }), 400, "4001027");
        await RefuseAsync(Admin.PatchAsync(id, new { }), 400, "4001014");
        await Admin.DropAsync(id);
    }

    [Fact]
    public async Task A_file_that_is_no_image_ends_the_session_with_its_error()
    {
        var id = await Admin.BeginImageAsync();
        await Admin.AppendedAsync(id, [1, 2, 3], 0);
        await RefuseAsync(Admin.FinishAsync(id), 400, "4000069");

        var shown = await Admin.ShowAsync(id);
        Assert.Equal(("error", "SVCSTG.SWR.4000069"), (shown.GetProperty("status").GetString(), shown.GetProperty("error").GetProperty("errorCode").GetString()));
        Assert.NotEmpty(shown.GetProperty("error").GetProperty("errorMessage").GetString()!);
        Assert.Empty(Staged());
        await RefuseAsync(Admin.FinishAsync(id), 400, "4000045");
        await RefuseAsync(Admin.AppendAsync(id, [1], 3), 400, "4000045");
        await Admin.DropAsync(id);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000013")]
    public async Task A_file_must_be_what_was_said_that_it_is()
    {
        var archive = new SavedImage("team/said:v1").ToArray();
        var id = await Admin.BeginAsync(new { type = "image", @namespace = "team", file_name = "image.tar", size = archive.Length, sha256 = new string('0', 64) });
        await RefuseAsync(Admin.FinishAsync(id), 400, "4000014");
        await RefuseAsync(Admin.AppendAsync(id, archive, 0, range: $"bytes 0-{archive.Length - 1}/{archive.Length + 1}"), 400, "4000014");
        await Admin.AppendedAsync(id, archive, 0);
        await RefuseAsync(Admin.FinishAsync(id), 400, "4000013");
        await Admin.DropAsync(id);
    }

    [Fact]
    public async Task A_session_whose_organization_was_deleted_takes_nothing()
    {
        await images.CreateOrganizationAsync("short-lived");
        var id = await Admin.BeginImageAsync("short-lived");
        using (var deleted = await images.App.Admin.DeleteAsync("/v2/manage/namespaces/short-lived", Cancellation))
        {
            await Installation.ShouldBeAsync(deleted, 204);
        }

        await RefuseAsync(Admin.AppendAsync(id, [1], 0), 400, "4000045");
        await Admin.DropAsync(id);
    }

    [Fact]
    public async Task A_session_that_rests_is_dropped()
    {
        var id = await Admin.BeginImageAsync();
        await Admin.AppendedAsync(id, [1, 2, 3], 0);
        var reaper = images.App.Services.GetRequiredService<SessionReaper>();
        Assert.Equal(0, await reaper.ReapAsync(Cancellation));
        Assert.Single(Staged());

        images.App.Clock.Advance(TimeSpan.FromHours(25));
        await RefuseAsync(Admin.TryShowAsync(id), 404, "4040043");
        await Eventually.TrueAsync("dropped", TimeSpan.FromSeconds(30), async () =>
        {
            await reaper.ReapAsync(Cancellation);
            return Staged().Count == 0;
        });
        Assert.Equal(0, images.App.Sabotage("images").Count("upload_sessions"));
    }

    [Fact]
    public async Task A_session_that_has_rested_is_in_nobodys_way()
    {
        await Admin.BeginImageAsync();
        images.App.Clock.Advance(TimeSpan.FromHours(25));

        await Admin.DropAsync(await Admin.BeginImageAsync());

        Assert.Empty(Staged());
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001016")]
    [Provokes("SVCSTG.SWR.4001009")]
    [Provokes("SVCSTG.SWR.4001006")]
    [Provokes("SVCSTG.SWR.4001004")]
    [Provokes("SVCSTG.SWR.4131012")]
    public async Task A_package_comes_with_what_is_said_about_it()
    {
        var content = Installation.Random(5000);
        var id = await Admin.BeginAsync(App());
        await RefuseAsync(Admin.SubmitAsync(id, new { }), 400, "4001016");
        await RefuseAsync(Admin.SubmitAsync(id, new { is_public = true }), 400, "4001016");
        await RefuseAsync(Admin.SubmitAsync(id, new { is_public = "yes", manifests = new { } }), 400, "4001009");
        await RefuseAsync(Admin.SubmitAsync(id, new { is_public = true, manifests = "x" }), 400, "4001006");
        await RefuseAsync(Admin.SubmitAsync(id, new { is_public = true, manifests = new { a = new { name = "shop" } } }), 400, "4001006");
        await RefuseAsync(Admin.SubmitAsync(id, new { is_public = true, manifests = new { a = new { name = "other", version = "1.0.0" } } }), 400, "4001006");
        await RefuseAsync(Admin.SubmitAsync(id, new { is_public = true, manifests = new { }, description = new string('x', 30_001) }), 413, "4131012");
        using (var kept = await Admin.SubmitAsync(id, new { is_public = true, manifests = new { a = new { name = "shop", version = "1.0.0" } }, description = "a shop" }))
        {
            await Installation.ShouldBeAsync(kept, 200);
        }

        await Admin.AppendedAsync(id, content[..2000], 0, "shop.jar");
        await Admin.AppendedAsync(id, content[2000..], 2000, "shop.jar");
        var file = (await Admin.FinishedAsync(id)).GetProperty("file");
        Assert.Equal(("shop.jar", 5000, Installation.DigestOf(content)[7..]), (file.GetProperty("name").GetString(), file.GetProperty("size").GetInt64(), file.GetProperty("sha256").GetString()));
        var path = $"/swr/v2/domains/{images.App.FirstRun.Domain}/namespaces/team/repositories/default/packages/shop/versions/1.0.0/file_paths/shop.jar";
        Assert.Equal(content, await images.App.Admin.GetByteArrayAsync(path, Cancellation));
        Assert.Empty(Staged());
        await Admin.DropAsync(id);

        var image = await Admin.BeginImageAsync();
        await RefuseAsync(Admin.SubmitAsync(image, new { is_public = true, manifests = new { } }), 400, "4001004");
        await Admin.DropAsync(image);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001016")]
    public async Task A_package_about_which_nothing_was_said_is_not_stored()
    {
        var id = await Admin.BeginAsync(App(package: "silent"));
        await Admin.AppendedAsync(id, [1], 0, "shop.jar");
        await RefuseAsync(Admin.FinishAsync(id), 400, "4001016");
        await Admin.DropAsync(id);
    }

    private static object Image() => new { type = "image", @namespace = "team", file_name = "image.tar" };

    private static object App(string package = "shop", string version = "1.0.0", string file = "shop.jar") =>
        new { type = "app", @namespace = "team", file_name = file, package, version };

    private static async Task RefuseAsync(Task<HttpResponseMessage> doing, int status, string code)
    {
        using var response = await doing;
        await response.ShouldFailAsync(status, "SVCSTG.SWR." + code);
    }

    private Task RefuseBeginAsync(object request, int status, string code) => RefuseAsync(Admin.TryBeginAsync(request), status, code);

    private IReadOnlyList<string> Staged() => Path.Combine(images.App.DataDirectory, "blobs", "uploads") is var folder && Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder, "sessions-*")]
        : [];
}
