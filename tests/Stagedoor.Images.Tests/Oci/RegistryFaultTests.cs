using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

public sealed class RegistryFaultTests(OpenInstallation images) : IClassFixture<OpenInstallation>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Provokes("SVCSTG.SWR.5001046")]
    public async Task Unreadable_organizations_stop_push_pull_and_login()
    {
        images.Forget();
        using var fault = images.App.Sabotage("images").Unreadable("organizations");
        using var pulled = await GetAsync("/v2/team/x/manifests/v1");
        var error = await pulled.ShouldFailAsync(500, "SVCSTG.SWR.5001046");
        Assert.Contains("\"code\":\"UNKNOWN\"", error.Body, StringComparison.Ordinal);
        using var token = await GetAsync("/swr/auth/v2/registry/auth?scope=repository:team/x:pull");
        await token.ShouldFailAsync(500, "SVCSTG.SWR.5001046");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5001047")]
    public async Task An_organization_that_cannot_be_saved_stops_the_push()
    {
        using var fault = images.App.Sabotage("images").RefuseInsert("organizations");

        using var response = await StoreAsync("newcomer/x");

        await response.ShouldFailAsync(500, "SVCSTG.SWR.5001047");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5001058")]
    public async Task An_organization_whose_first_repository_cannot_be_saved_goes_again()
    {
        using (images.App.Sabotage("images").RefuseInsert("repositories"))
        {
            using var response = await StoreAsync("undone/x");
            await response.ShouldFailAsync(500, "SVCSTG.SWR.5001058");
        }

        using var shown = await images.App.Admin.GetAsync("/v2/manage/namespaces/undone", Cancellation);
        await shown.ShouldFailAsync(404, "SVCSTG.SWR.4040058");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5001049")]
    public async Task An_organization_that_cannot_go_again_is_the_delete_failure()
    {
        using var repository = images.App.Sabotage("images").RefuseInsert("repositories");
        using var organization = images.App.Sabotage("images").RefuseDelete("organizations");

        using var response = await StoreAsync("stuck/x");

        await response.ShouldFailAsync(500, "SVCSTG.SWR.5001049");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000077")]
    [Provokes("SVCSTG.SWR.5000090")]
    public async Task Unreadable_grants_are_named_by_their_kind()
    {
        await images.PushImageAsync("team/grants", "v1");
        var user = await images.AddUserAsync("grantless");
        user.Signed.Dispose();
        using var login = images.App.Registry(user.User, user.Key);
        using (images.App.Sabotage("images").Unreadable("org_acl"))
        {
            using var response = await login.GetAsync("/v2/team/grants/manifests/v1", Cancellation);
            await response.ShouldFailAsync(500, "SVCSTG.SWR.5000077");
        }

        using (images.App.Sabotage("images").Unreadable("repo_acl"))
        {
            using var response = await login.GetAsync("/v2/team/grants/manifests/v1", Cancellation);
            await response.ShouldFailAsync(500, "SVCSTG.SWR.5000090");
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5001050")]
    public async Task A_blob_that_cannot_be_found_or_opened_is_the_layer_failure()
    {
        var digest = await images.PushBlobAsync("team/lost", Installation.Random(30));
        using (images.App.Sabotage("images").Unreadable("blobs"))
        {
            using var row = await GetAsync($"/v2/team/lost/blobs/{digest}");
            await row.ShouldFailAsync(500, "SVCSTG.SWR.5001050");
        }

        File.Delete(BlobFile(digest));
        using var got = await GetAsync($"/v2/team/lost/blobs/{digest}");
        await got.ShouldFailAsync(500, "SVCSTG.SWR.5001050");
        using var head = await images.Registry.SendAsync(new(HttpMethod.Head, $"/v2/team/lost/blobs/{digest}"), Cancellation);
        Assert.Equal(500, (int)head.StatusCode);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5001052")]
    public async Task A_blob_that_was_cut_is_not_sent()
    {
        var content = Installation.Random(30);
        var digest = await images.PushBlobAsync("team/cut", content);
        await File.WriteAllBytesAsync(BlobFile(digest), content[..20], Cancellation);

        using var got = await GetAsync($"/v2/team/cut/blobs/{digest}");

        await got.ShouldFailAsync(500, "SVCSTG.SWR.5001052");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5001052")]
    public async Task A_blob_whose_bytes_have_changed_is_not_sent()
    {
        var content = Installation.Random(1_000_000);
        var digest = await images.PushBlobAsync("team/flipped", content);
        var file = BlobFile(digest);
        await File.WriteAllBytesAsync(file, Installation.Random(1_000_000), Cancellation);
        // As if time had passed since the push: the installation's clock may have been set forward by another test.
        File.SetLastWriteTimeUtc(file, images.App.Clock.GetUtcNow().AddSeconds(1).UtcDateTime);

        using var got = await GetAsync($"/v2/team/flipped/blobs/{digest}");
        await got.ShouldFailAsync(500, "SVCSTG.SWR.5001052");

        await images.PushBlobAsync("team/flipped", content);
        Assert.Equal(content, await images.Registry.GetByteArrayAsync($"/v2/team/flipped/blobs/{digest}", Cancellation));
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5001053")]
    public async Task An_upload_that_cannot_be_found_is_the_upload_failure()
    {
        var location = await images.BeginUploadAsync("team/staged");
        using var fault = images.App.Sabotage("images").Unreadable("blob_uploads");

        using var patched = await images.PatchAsync(location, Installation.Random(100));
        await patched.ShouldFailAsync(500, "SVCSTG.SWR.5001053");
        using var finished = await images.FinishAsync(location, Installation.DigestOf([1]));
        await finished.ShouldFailAsync(500, "SVCSTG.SWR.5001053");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5001054")]
    public async Task An_upload_needs_its_directory()
    {
        var folder = Path.Combine(images.App.DataDirectory, "blobs", "uploads");
        await images.BeginUploadAsync("team/staged");
        Directory.Move(folder, folder + "-away");
        try
        {
            await File.WriteAllTextAsync(folder, "", Cancellation);
            using var response = await PostAsync("/v2/team/staged/blobs/uploads/");
            await response.ShouldFailAsync(500, "SVCSTG.SWR.5001054");
        }
        finally
        {
            File.Delete(folder);
            Directory.Move(folder + "-away", folder);
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5001055")]
    public async Task A_blob_whose_row_cannot_be_saved_is_the_save_failure()
    {
        await images.PushBlobAsync("team/unsaved", [1]);
        foreach (var table in (string[])["blobs", "blob_links"])
        {
            using var fault = images.App.Sabotage("images").RefuseInsert(table);
            using var body = Installation.Octets(Installation.Random(20 + table.Length));
            var digest = Installation.DigestOf(await body.ReadAsByteArrayAsync(Cancellation));
            using var response = await images.Registry.PostAsync($"/v2/team/unsaved/blobs/uploads/?digest={digest}", body, Cancellation);
            await response.ShouldFailAsync(500, "SVCSTG.SWR.5001055");
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5001063")]
    public async Task A_link_that_cannot_be_removed_is_the_delete_failure()
    {
        var digest = await images.PushBlobAsync("team/linked", Installation.Random(10));
        using var fault = images.App.Sabotage("images").RefuseDelete("blob_links");

        using var response = await images.Registry.DeleteAsync($"/v2/team/linked/blobs/{digest}", Cancellation);

        await response.ShouldFailAsync(500, "SVCSTG.SWR.5001063");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5001059")]
    public async Task A_manifest_that_cannot_be_read_is_the_image_failure()
    {
        var (digest, _) = await images.PushImageAsync("team/unread", "v1");
        using var fault = images.App.Sabotage("images").Unreadable("manifests");

        foreach (var path in (string[])["manifests/v1", $"manifests/{digest}", $"referrers/{digest}"])
        {
            using var response = await GetAsync($"/v2/team/unread/{path}");
            await response.ShouldFailAsync(500, "SVCSTG.SWR.5001059");
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5001056")]
    public async Task Tags_that_cannot_be_read_are_the_list_failure()
    {
        await images.PushImageAsync("team/unlisted", "v1");
        using var fault = images.App.Sabotage("images").Unreadable("tags");

        using var response = await GetAsync("/v2/team/unlisted/tags/list");

        await response.ShouldFailAsync(500, "SVCSTG.SWR.5001056");
    }

    [Theory]
    [InlineData("INSERT", "manifests", "SVCSTG.SWR.5001058")]
    [InlineData("INSERT", "tags", "SVCSTG.SWR.5000085")]
    [InlineData("UPDATE", "repositories", "SVCSTG.SWR.5000011")]
    [InlineData("UPDATE", "organizations", "SVCSTG.SWR.5001062")]
    public async Task A_push_that_cannot_be_saved_leaves_nothing(string operation, string table, string code)
    {
        var name = $"team/unpushed-{table}";
        var manifest = await images.NewManifestAsync(name);
        var sabotage = images.App.Sabotage("images");
        using (operation is "INSERT" ? sabotage.RefuseInsert(table) : sabotage.RefuseUpdate(table))
        {
            using var response = await images.PutManifestAsync(name, "v1", manifest);
            await response.ShouldFailAsync(500, code);
        }

        using var got = await GetAsync($"/v2/{name}/manifests/{Installation.DigestOf(manifest)}");
        await got.ShouldFailAsync(404, "SVCSTG.SWR.4041060");
        using var retried = await images.PutManifestAsync(name, "v1", manifest);
        await Installation.ShouldBeAsync(retried, 201);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5001058")]
    [Provokes("SVCSTG.SWR.5000085")]
    [Provokes("SVCSTG.SWR.5000086")]
    [Provokes("SVCSTG.SWR.5000011")]
    [Provokes("SVCSTG.SWR.5001062")]
    public async Task Each_step_of_a_push_has_its_own_failure()
    {
        var sabotage = images.App.Sabotage("images");
        await images.PushImageAsync("team/steps", "v1");
        var manifest = await images.NewManifestAsync("team/steps");
        await PushAsync(sabotage.RefuseInsert("manifests"), "v2", "SVCSTG.SWR.5001058");
        await PushAsync(sabotage.RefuseInsert("tags"), "v2", "SVCSTG.SWR.5000085");
        await PushAsync(sabotage.RefuseUpdate("tags"), "v1", "SVCSTG.SWR.5000086");
        await PushAsync(sabotage.RefuseUpdate("repositories"), "v2", "SVCSTG.SWR.5000011");
        await PushAsync(sabotage.RefuseUpdate("organizations"), "v2", "SVCSTG.SWR.5001062");

        async Task PushAsync(IDisposable fault, string tag, string code)
        {
            using (fault)
            {
                using var response = await images.PutManifestAsync("team/steps", tag, manifest);
                await response.ShouldFailAsync(500, code);
            }
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000049")]
    [Provokes("SVCSTG.SWR.5000052")]
    public async Task Each_step_of_a_deletion_has_its_own_failure()
    {
        var sabotage = images.App.Sabotage("images");
        var (digest, _) = await images.PushImageAsync("team/undeleted", "v1");
        await DeleteAsync(sabotage.RefuseUpdate("tags"), "v1", "SVCSTG.SWR.5000049");
        await DeleteAsync(sabotage.RefuseDelete("manifests"), digest, "SVCSTG.SWR.5000049");
        await DeleteAsync(sabotage.RefuseUpdate("blob_refs"), digest, "SVCSTG.SWR.5000052");
        await DeleteAsync(sabotage.RefuseUpdate("repositories"), digest, "SVCSTG.SWR.5000011");

        using var got = await GetAsync("/v2/team/undeleted/manifests/v1");
        await Installation.ShouldBeAsync(got, 200);

        async Task DeleteAsync(IDisposable fault, string reference, string code)
        {
            using (fault)
            {
                using var response = await images.Registry.DeleteAsync($"/v2/team/undeleted/manifests/{reference}", Cancellation);
                await response.ShouldFailAsync(500, code);
            }
        }
    }

    private string BlobFile(string digest) =>
        Directory.EnumerateFiles(images.App.DataDirectory, digest.Split(':')[1], SearchOption.AllDirectories).Single();

    private Task<HttpResponseMessage> GetAsync(string path)
    {
        images.Forget();
        return images.Registry.GetAsync(path, Cancellation);
    }

    private async Task<HttpResponseMessage> StoreAsync(string name)
    {
        using var body = Installation.Octets([1]);
        return await images.Registry.PostAsync($"/v2/{name}/blobs/uploads/?digest={Installation.DigestOf([1])}", body, Cancellation);
    }

    private Task<HttpResponseMessage> PostAsync(string path) => images.Registry.PostAsync(path, null, Cancellation);
}

/// <summary>Organizations come by themselves.</summary>
public sealed class OpenInstallation : Installation
{
    protected override IEnumerable<(string Key, string Value)> Settings => [("Images:AutoCreateOrganization", "true")];
}
