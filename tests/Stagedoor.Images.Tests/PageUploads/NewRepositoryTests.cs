using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Images.PageUploads;
using Stagedoor.Images.Repositories;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.PageUploads;

/// <summary>Uploads at once into a repository that is not there yet, of which one cannot be stored; on each engine.</summary>
public sealed class NewRepositoryTests(Engines<StoreFaultTests.GatedInstallation> engines) : IClassFixture<Engines<StoreFaultTests.GatedInstallation>>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Beside_an_upload_that_is_refused_another_is_stored(bool isSame) => engines.EachAsync(async images =>
    {
        var name = $"beside-{isSame}".ToLowerInvariant();
        var (archive, other) = (new SavedImage($"team/{name}:v1").ToArray(), new SavedImage($"team/{name}:v2").ToArray());

        using var first = images.Gate.HoldNext(BlobStep.Create);
        var refused = images.UploadAsync(archive);
        await first.ReachedAsync();
        using var second = images.Gate.HoldNext(BlobStep.Create);
        var stored = images.UploadAsync(isSame ? archive : other);
        await second.ReachedAsync();
        images.Gate.FailNext(BlobStep.Append);
        first.Release();
        await UploadInstallation.ShouldRefuseAsync(refused, 507, "5070070");
        second.Release();

        using var response = await stored;
        await UploadInstallation.StoredAsync(response);
        await images.PullAsync($"team/{name}", isSame ? "v1" : "v2");
    });

    [Fact]
    public Task A_repository_that_is_deleted_while_its_image_comes_is_made_anew() => engines.EachAsync(async images =>
    {
        await UploadInstallation.StoredAsync(await images.UploadAsync(new SavedImage("team/anew:v1").ToArray()));
        using var held = images.Gate.HoldNext(BlobStep.Create);
        var uploading = images.UploadAsync(new SavedImage("team/anew:v2").ToArray());
        await held.ReachedAsync();
        foreach (var path in new[] { "/tags/v1", "" })
        {
            using var deleted = await images.App.Admin.DeleteAsync("/v2/manage/namespaces/team/repos/anew" + path, Cancellation);
            Assert.True(deleted.IsSuccessStatusCode, $"{path}: {deleted.StatusCode}");
        }

        held.Release();

        await UploadInstallation.StoredAsync(await uploading);
        await images.PullAsync("team/anew", "v2");
    });

    [Theory]
    [InlineData("")]
    [InlineData("INSERT INTO repo_acl (repository_id, user_id, user_name, auth, created_at) VALUES (@id, 'u', 'u', 1, 0)")]
    [InlineData("INSERT INTO favorites (user_id, repository_id, created_at) VALUES ('u', @id, 0)")]
    [InlineData("INSERT INTO blob_links (repository_id, digest, used_at) VALUES (@id, 'sha256:x', 0)")]
    [InlineData("INSERT INTO tags (id, repository_id, name, digest, created_at, updated_at) VALUES (0, @id, 'v1', 'sha256:x', 0, 0)")]
    [InlineData("INSERT INTO blob_uploads (id, owner, user_id, algorithm, received, staged, epoch, created_at, updated_at) VALUES ('x', 'team/taken-back', 'u', 'sha256', 0, '', 0, 0, 0)")]
    [InlineData("UPDATE repositories SET description = 'mine' WHERE id = @id")]
    [InlineData("UPDATE repositories SET updated_at = updated_at + 1 WHERE id = @id")]
    public Task A_repository_that_somebody_uses_is_not_taken_back(string use) => engines.EachAsync(async images =>
    {
        var services = images.App.Services;
        var db = services.GetRequiredService<ImagesDb>();
        var organization = await db.FindAsync<long>("SELECT id FROM organizations WHERE name = 'team'", null, Cancellation);
        var caller = new Caller { UserId = "u", UserName = "u", DomainId = "d", DomainName = "d", Method = AuthenticationMethod.Token };
        await services.GetRequiredService<RepositoryStore>().AddAsync(organization, "taken-back", caller, Cancellation);
        var id = await db.FindAsync<long>("SELECT id FROM repositories WHERE name = 'taken-back'", null, Cancellation);
        if (use.Length > 0)
        {
            await db.ExecuteAsync(use, new { id }, Cancellation);
        }

        Assert.Equal(use.Length == 0, await services.GetRequiredService<PageUploadStore>().RemoveUnusedAsync(id, "team/taken-back", Cancellation));

        Assert.Equal(use.Length == 0 ? 0 : 1, await db.ExecuteAsync("DELETE FROM repositories WHERE id = @id", new { id }, Cancellation));
        await db.ExecuteAsync("DELETE FROM blob_uploads WHERE id = 'x'", null, Cancellation);
    });
}
