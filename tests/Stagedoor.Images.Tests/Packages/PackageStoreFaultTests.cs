using System.Net.Sockets;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Packages;

/// <summary>What operations on packages answer while files of the blob store, or what rows hold, are broken behind the server's back; on each engine.</summary>
public sealed class PackageStoreFaultTests(Engines<PackageInstallation> engines) : IClassFixture<Engines<PackageInstallation>>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Provokes("SVCSTG.SWR.5000033")]
    [Provokes("SVCSTG.SWR.5001020")]
    public Task A_file_in_the_place_of_the_folder_of_uploads_stops_uploads() => engines.EachAsync(async images =>
    {
        var version = await images.CreateAsync("spool");
        await images.UploadAsync(version, "a.jar", [1]);
        using (new Swap(Path.Combine(images.Blobs, "uploads")))
        {
            using var raw = await PackageInstallation.PutAsync(images.App.Admin, version, "a.jar", [2]);
            await raw.ShouldFailAsync(500, "SVCSTG.SWR.5000033");
            using var form = await PutFormAsync(images, version);
            await form.ShouldFailAsync(500, "SVCSTG.SWR.5001020");
        }

        // The old content is served until the new one is complete.
        Assert.Equal([1], await images.App.Admin.GetByteArrayAsync($"{version}/file_paths/a.jar", Cancellation));
        await images.UploadAsync(version, "a.jar", [2]);
        using var repeated = await PutFormAsync(images, version);
        await Installation.ShouldBeAsync(repeated, 201);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(images.Blobs, "uploads")));
    });

    [Fact]
    [Provokes("SVCSTG.SWR.5000033")]
    public Task A_folder_in_the_place_of_the_bytes_stops_the_upload() => engines.EachAsync(async images =>
    {
        var version = await images.CreateAsync("place");
        var content = Installation.Random(50);
        var hex = Installation.DigestOf(content)[7..];
        var path = Path.Combine(images.Blobs, "images", "sha256", hex[..2], hex);
        Directory.CreateDirectory(path);
        using (var failed = await PackageInstallation.PutAsync(images.App.Admin, version, "a.jar", content))
        {
            await failed.ShouldFailAsync(500, "SVCSTG.SWR.5000033");
        }

        Assert.Equal("[]", (await images.ReadAsync($"{version}/file_paths")).GetRawText());
        Directory.Delete(path);
        await images.UploadAsync(version, "a.jar", content);
    });

    [Fact]
    [Provokes("SVCSTG.SWR.5070070")]
    public Task A_store_that_was_unmounted_is_the_store_s_own_fault() => engines.EachAsync(async images =>
    {
        var version = await images.CreateAsync("unmounted");
        await images.UploadAsync(version, "a.jar", [1, 2]);
        var aside = images.Blobs + "-aside";
        Directory.Move(images.Blobs, aside);
        Directory.CreateDirectory(images.Blobs);
        using (var put = await PackageInstallation.PutAsync(images.App.Admin, version, "b.jar", Installation.Random(10)))
        {
            await put.ShouldFailAsync(507, "SVCSTG.SWR.5070070");
        }

        await images.ShouldRefuseAsync(HttpMethod.Get, $"{version}/file_paths/a.jar", null, 507, "5070070");
        Directory.Delete(images.Blobs, recursive: true);
        Directory.Move(aside, images.Blobs);
        await images.UploadAsync(version, "b.jar", Installation.Random(10));
        Assert.Equal([1, 2], await images.App.Admin.GetByteArrayAsync($"{version}/file_paths/a.jar", Cancellation));
    });

    [Fact]
    [Provokes("SVCSTG.SWR.5000019")]
    public Task Bytes_that_are_gone_or_others_are_told_and_can_be_uploaded_again() => engines.EachAsync(async images =>
    {
        var version = await images.CreateAsync("gone");
        var content = Installation.Random(200);
        var file = images.FileOf((await images.UploadAsync(version, "a.jar", content)).GetProperty("sha256").GetString()!);
        File.Delete(file);
        await images.ShouldRefuseAsync(HttpMethod.Get, $"{version}/file_paths/a.jar", null, 500, "5000019");
        using (var head = await images.App.Admin.SendAsync(new(HttpMethod.Head, $"{version}/file_paths/a.jar"), Cancellation))
        {
            Assert.Equal(500, (int)head.StatusCode);
        }

        await images.UploadAsync(version, "a.jar", content);
        Assert.Equal(content, await images.App.Admin.GetByteArrayAsync($"{version}/file_paths/a.jar", Cancellation));

        await File.WriteAllBytesAsync(file, Installation.Random(200), Cancellation);
        File.SetLastWriteTimeUtc(file, images.App.Clock.GetUtcNow().UtcDateTime.AddMinutes(1));
        await images.ShouldRefuseAsync(HttpMethod.Get, $"{version}/file_paths/a.jar", null, 500, "5000019");
        File.SetLastWriteTimeUtc(file, images.App.Clock.GetUtcNow().UtcDateTime);
        await images.UploadAsync(version, "a.jar", content);
        Assert.Equal(content, await images.App.Admin.GetByteArrayAsync($"{version}/file_paths/a.jar", Cancellation));
    });

    [Fact]
    [Provokes("SVCSTG.SWR.5000024")]
    public Task Stored_bytes_that_cannot_be_hashed_for_reuse_stop_the_upload() => engines.EachAsync(async images =>
    {
        var version = await images.CreateAsync("unreadable");
        var file = images.FileOf((await images.UploadAsync(version, "empty", [])).GetProperty("sha256").GetString()!);
        File.Delete(file);
        var socket = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}");
        using (var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            // As long as the file was, and no program can read it, whoever runs it.
            server.Bind(new UnixDomainSocketEndPoint(socket));
            File.Move(socket, file);
            File.SetLastWriteTimeUtc(file, images.App.Clock.GetUtcNow().UtcDateTime.AddMinutes(1));
            using var failed = await PackageInstallation.PutAsync(images.App.Admin, version, "empty", []);
            await failed.ShouldFailAsync(500, "SVCSTG.SWR.5000024");
            File.Delete(file);
        }

        await images.UploadAsync(version, "empty", []);
    });

    [Fact]
    [Provokes("SVCSTG.SWR.5000082")]
    public Task A_damaged_meta_file_is_told_and_written_anew_by_the_next_change() => engines.EachAsync(async images =>
    {
        var version = await images.CreateAsync("damaged");
        await images.UploadAsync(version, "a.jar", [1]);
        var meta = $"{images.Team}/repositories/damaged/meta";
        string tag;
        using (var whole = await images.App.Admin.GetAsync(meta, Cancellation))
        {
            tag = whole.Headers.ETag!.Tag.Trim('"');
        }

        await File.WriteAllTextAsync(images.FileOf(tag), "{bad", Cancellation);
        await images.ShouldRefuseAsync(HttpMethod.Get, meta, null, 500, "5000082");
        File.Delete(images.FileOf(tag));
        await images.ShouldRefuseAsync(HttpMethod.Get, meta, null, 500, "5000082");

        await images.UploadAsync(version, "b.jar", [2]);
        Assert.Equal(2, FilesOf(await images.ReadAsync(meta)).Count);
    });

    [Fact]
    [Provokes("SVCSTG.SWR.5000022")]
    public Task A_meta_file_that_could_not_be_written_is_written_by_whoever_asks_for_it() => engines.EachAsync(async images =>
    {
        var version = await images.CreateAsync("late");
        using (images.App.Sabotage("images").RefuseInsert("package_meta"))
        {
            using var failed = await PackageInstallation.PutAsync(images.App.Admin, version, "a.jar", [1]);
            await failed.ShouldFailAsync(500, "SVCSTG.SWR.5000022");
            await images.ShouldRefuseAsync(HttpMethod.Get, $"{images.Team}/repositories/late/meta", null, 500, "5000022");
        }

        Assert.Equal(["a.jar"], FilesOf(await images.ReadAsync($"{images.Team}/repositories/late/meta")));
        Assert.Equal([1], await images.App.Admin.GetByteArrayAsync($"{version}/file_paths/a.jar", Cancellation));
    });

    [Fact]
    [Provokes("SVCSTG.SWR.5000032")]
    public Task Stored_manifests_that_are_no_JSON_are_told() => engines.EachAsync(async images =>
    {
        await images.CreateAsync("broken-json");
        var packages = $"{images.Team}/repositories/broken-json/packages";
        images.App.Sabotage("images").Execute("UPDATE packages SET manifests = '{bad' WHERE name = 'broken-json-app'");

        await images.ShouldRefuseAsync(HttpMethod.Get, $"{packages}/broken-json-app", null, 500, "5000032");
        await images.ShouldRefuseAsync(HttpMethod.Get, packages, null, 500, "5000032");

        await images.DoAsync(HttpMethod.Patch, $"{packages}/broken-json-app", """{"manifests":{}}""");
        await images.DoAsync(HttpMethod.Get, $"{packages}/broken-json-app", status: 200);
    });

    [Fact]
    public Task A_file_that_was_cut_off_on_its_way_leaves_the_old_one() => engines.EachAsync(async images =>
    {
        var version = await images.CreateAsync("cut");
        await images.UploadAsync(version, "a.jar", [1]);
        var path = new Uri(images.App.Url + version).AbsolutePath;
        var login = images.App.Registry().DefaultRequestHeaders.Authorization!;
        using (var tcp = new TcpClient())
        {
            var uri = new Uri(images.App.Url);
            await tcp.ConnectAsync(uri.Host, uri.Port, Cancellation);
            await tcp.GetStream().WriteAsync(
                System.Text.Encoding.ASCII.GetBytes($"PUT {path}/file_paths/a.jar HTTP/1.1\r\nHost: {uri.Authority}\r\nAuthorization: {login}\r\nContent-Length: 1000\r\n\r\nhalf"), Cancellation);
        }

        await Eventually.TrueAsync("nothing is staged", TimeSpan.FromSeconds(30), () => !Directory.EnumerateFileSystemEntries(Path.Combine(images.Blobs, "uploads")).Any());
        Assert.Equal([1], await images.App.Admin.GetByteArrayAsync($"{version}/file_paths/a.jar", Cancellation));
    });

    private static List<string?> FilesOf(JsonElement meta) =>
        [.. meta.GetProperty("packages").EnumerateArray().SelectMany(p => p.GetProperty("versions").EnumerateArray())
            .SelectMany(v => v.GetProperty("files").EnumerateArray()).Select(f => f.GetProperty("name").GetString())];

    private static async Task<HttpResponseMessage> PutFormAsync(PackageInstallation images, string version)
    {
        using var body = Installation.Octets([3]);
        using var form = new MultipartFormDataContent { { body, "file", "a.jar" } };
        return await images.App.Admin.PutAsync($"{version}/file_paths/form.jar", form, Cancellation);
    }

    // A file stands in the place of a folder, until it is disposed.
    private sealed class Swap : IDisposable
    {
        private readonly string _folder;

        public Swap(string folder)
        {
            _folder = folder;
            Directory.Move(folder, folder + "-aside");
            File.WriteAllText(folder, "");
        }

        public void Dispose()
        {
            File.Delete(_folder);
            Directory.Move(_folder + "-aside", _folder);
        }
    }
}
