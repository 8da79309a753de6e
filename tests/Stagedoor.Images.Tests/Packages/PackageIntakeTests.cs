using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Content.Collection;
using Stagedoor.Content.Uploads;
using Stagedoor.Http;
using Stagedoor.Images.Organizations;
using Stagedoor.Images.Packages;
using Xunit;

namespace Stagedoor.Images.Tests.Packages;

/// <summary>What upload sessions hand over, and what becomes of bytes that nothing refers to any more.</summary>
public sealed class PackageIntakeTests : PackageInstallation
{
    private PackageIntake Intake => App.Services.GetRequiredService<PackageIntake>();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_brings_its_package_its_version_and_the_default_repository(bool isUpload)
    {
        var content = Random(100_000);
        var first = await StoreAsync(content, isUpload, "a.jar", "1.0");
        var second = await StoreAsync(Random(10), isUpload, "b.jar", "1.0");
        await StoreAsync(Random(20), isUpload, "b.jar", "1.0");
        await StoreAsync(Random(30), isUpload, "a.jar", "2.0");

        Assert.Equal(("default", "app", "1.0", "a.jar"), (first.Path.Repository, first.Path.Package, first.Path.Version, first.Row.Name));
        Assert.Equal("b.jar", second.Row.Name);
        var package = await ReadAsync($"{Team}/repositories/default/packages/app");
        Assert.Equal("""["1.0","2.0"]""", package.GetProperty("versions").GetRawText());
        Assert.Equal(("""{"app":{"name":"app"}}""", true), (package.GetProperty("manifests").GetRawText(), package.GetProperty("is_public").GetBoolean()));
        Assert.Equal(content, await App.Anonymous.GetByteArrayAsync($"{Team}/repositories/default/packages/app/versions/1.0/file_paths/a.jar", Cancellation));
        Assert.Equal(2, (await ReadAsync($"{Team}/repositories/default/packages/app/versions/1.0/file_paths")).GetArrayLength());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(App.DataDirectory, "blobs", "uploads")));
    }

    [Fact]
    public async Task A_target_is_refused_before_anything_is_sent()
    {
        await CreateAsync("theirs");
        var user = await AddUserAsync("outsider");
        user.Signed.Dispose();
        var (organization, caller) = (await OrganizationAsync(), Caller(user.Id, "outsider", isRoot: false));

        Assert.Equal("4037017", await RefusalAsync(organization, null, "new", caller));
        await CreateOrganizationAsync("own");
        GrantOnOrganization("own", user.Id, 3);
        Assert.Equal("4037020", await RefusalAsync(organization, null, "new", caller));
        Assert.Equal("4011044", await RefusalAsync(organization, null, "theirs-app", caller));
        Assert.Equal("", await RefusalAsync(organization, null, "theirs-app", Admin()));
        Assert.Equal("", await RefusalAsync(organization, "theirs", "new", Admin()));
        Assert.Equal("4040004", await RefusalAsync(organization, "nowhere", "new", Admin()));
        Assert.Equal("4040004", await RefusalAsync(organization, "default", "theirs-app", Admin()));
    }

    [Fact]
    public async Task A_folder_in_the_place_of_the_bytes_is_the_fault_of_the_hand_over()
    {
        var content = Random(50);
        var hex = DigestOf(content)[7..];
        var path = Path.Combine(App.DataDirectory, "blobs", "images", "sha256", hex[..2], hex);
        Directory.CreateDirectory(path);

        var failed = await Assert.ThrowsAsync<ApiException>(() => StoreAsync(content, isUpload: false, "a.jar", "1.0"));

        Assert.Equal("SVCSTG.SWR.5000021", failed.Error.Code);
        Assert.Equal(0, App.Sabotage("images").Count("packages"));
        Directory.Delete(path);
        await StoreAsync(content, isUpload: false, "a.jar", "1.0");
    }

    [Fact]
    public async Task Staged_bytes_that_have_changed_are_not_taken()
    {
        var failed = await Assert.ThrowsAsync<ApiException>(async () => await Intake.StoreAsync(
            Delivery(await OrganizationAsync(), Random(10), "a.jar", "1.0") with { Content = new MemoryStream(Random(10)) }, Cancellation));

        Assert.Equal("SVCSTG.SWR.5000021", failed.Error.Code);
    }

    [Fact]
    public async Task Bytes_are_collected_when_no_file_has_them_any_more()
    {
        var version = await CreateAsync("collected");
        var (kept, replaced, deleted) = (Random(100), Random(200), Random(300));
        await UploadAsync(version, "kept.jar", kept);
        var replacedFile = FileOf((await UploadAsync(version, "replaced.jar", replaced)).GetProperty("sha256").GetString()!);
        var deletedFile = FileOf((await UploadAsync(version, "deleted.jar", deleted)).GetProperty("sha256").GetString()!);
        await UploadAsync(version, "replaced.jar", [1]);
        await DoAsync(HttpMethod.Delete, $"{version}/file_paths/deleted.jar", status: 204);
        var collector = App.Services.GetRequiredService<Collector>();
        await collector.CollectAsync(Cancellation);
        Assert.True(File.Exists(replacedFile) && File.Exists(deletedFile), "collected within the lease");

        App.Clock.Turn(TimeSpan.FromMinutes(61));
        await collector.CollectAsync(Cancellation);

        Assert.False(File.Exists(replacedFile) || File.Exists(deletedFile));
        Assert.Equal(kept, await App.Admin.GetByteArrayAsync($"{version}/file_paths/kept.jar", Cancellation));
        Assert.Equal([1], await App.Admin.GetByteArrayAsync($"{version}/file_paths/replaced.jar", Cancellation));
        Assert.Equal(2, (await ReadAsync($"{Team}/repositories/collected/meta")).GetProperty("packages")[0].GetProperty("versions")[0].GetProperty("files").GetArrayLength());
        // The same bytes can come again.
        await UploadAsync(version, "again.jar", deleted);
        Assert.Equal(deleted, await App.Admin.GetByteArrayAsync($"{version}/file_paths/again.jar", Cancellation));
    }

    private async Task<Organization> OrganizationAsync() => (await App.Services.GetRequiredService<OrganizationStore>().FindAsync("team", Cancellation))!;

    private Caller Caller(string id, string name, bool isRoot) => new()
    {
        UserId = id,
        UserName = name,
        DomainId = App.FirstRun.DomainId,
        DomainName = App.FirstRun.Domain,
        Method = AuthenticationMethod.Token,
        IsAccountRoot = isRoot,
    };

    private Caller Admin() => Caller("root", App.FirstRun.User, isRoot: true);

    private PackageDelivery Delivery(Organization organization, byte[] content, string file, string version) => new()
    {
        Caller = Admin(),
        Organization = organization,
        Package = "app",
        Version = version,
        File = file,
        Digest = Digest.Sha256(SHA256.HashData(content)),
        Size = content.Length,
        Content = new MemoryStream(content),
        Manifests = """{"app":{"name":"app"}}""",
        IsPublic = true,
    };

    private async Task<StoredPackageFile> StoreAsync(byte[] content, bool isUpload, string file, string version)
    {
        var delivery = Delivery(await OrganizationAsync(), content, file, version);
        if (!isUpload)
        {
            return await Intake.StoreAsync(delivery, Cancellation);
        }

        await using var upload = await App.Services.GetRequiredService<BlobUploads>().BeginWholeAsync(Guid.NewGuid().ToString("D"), "sessions:1", Cancellation);
        await upload.ReceiveAsync(new MemoryStream(content), "sha256", long.MaxValue, Cancellation);
        return await Intake.StoreAsync(delivery with { Upload = upload, Content = null }, Cancellation);
    }

    private async Task<string> RefusalAsync(Organization organization, string? repository, string package, Caller caller)
    {
        try
        {
            await Intake.CheckTargetAsync(organization, repository, package, "1.0", caller, Cancellation);
            return "";
        }
        catch (ApiException e)
        {
            return e.Error.Code["SVCSTG.SWR.".Length..];
        }
    }
}
