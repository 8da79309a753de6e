using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Organizations;

/// <summary>Changes of one account's organizations and repositories whose transactions are open at the same time.</summary>
public sealed class OrganizationRaceTests(OrganizationRaceTests.Fixture images) : IClassFixture<OrganizationRaceTests.Fixture>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static int s_names;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("push", "delete")]
    [InlineData("delete", "push")]
    [InlineData("create", "create")]
    [InlineData("push", "push")]
    [InlineData("create", "delete")]
    [InlineData("delete", "delete")]
    public async Task Whatever_two_do_at_once_nothing_is_without_its_organization_or_beyond_the_quota(string first, string second)
    {
        var database = images.Require();
        var name = $"racing-{Interlocked.Increment(ref s_names)}";
        await images.CreateOrganizationAsync(name);
        try
        {
            using var held = images.Gate.HoldNext("images");
            var one = RunAsync(first, name, "one");
            await Eventually.TrueAsync($"{first} before its commit", s_patience, () => held.IsReached || one.IsCompleted);
            var two = RunAsync(second, name, "two");
            await Eventually.TrueAsync($"{second} done or waiting", s_patience, async () => two.IsCompleted || await database.HasWaitersAsync());
            held.Release();

            Assert.True(await one < 500, $"{first} ends with {await one}");
            Assert.True(await two < 500, $"{second} ends with {await two}");
            var db = images.App.Services.GetRequiredService<ImagesDb>();
            Assert.Equal(0, await db.FindAsync<long>(
                "SELECT COUNT(*) FROM repositories r WHERE NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = r.organization_id)", null, Cancellation));
            Assert.InRange(await db.FindAsync<long>("SELECT COUNT(*) FROM organizations", null, Cancellation), 1, 3);
            Assert.InRange(await db.FindAsync<long>("SELECT COUNT(*) FROM repositories", null, Cancellation), 0, 1);
        }
        finally
        {
            var db = images.App.Services.GetRequiredService<ImagesDb>();
            await db.ExecuteAsync("DELETE FROM manifests", null, Cancellation);
            await db.ExecuteAsync("DELETE FROM repositories", null, Cancellation);
            await db.ExecuteAsync("DELETE FROM organizations WHERE name <> 'team'", null, Cancellation);
            images.Forget();
        }
    }

    [Theory]
    [InlineData("tag", "delete")]
    [InlineData("delete", "tag")]
    public async Task A_manifest_that_is_pushed_while_its_organization_is_deleted_is_stored_or_refused(string first, string second)
    {
        var database = images.Require();
        var name = $"racing-{Interlocked.Increment(ref s_names)}";
        await images.CreateOrganizationAsync(name);
        var db = images.App.Services.GetRequiredService<ImagesDb>();
        try
        {
            await images.PushBlobAsync($"{name}/one", [1]);
            using var held = images.Gate.HoldNext("images");
            var one = RunAsync(first, name, "one");
            await Eventually.TrueAsync($"{first} before its commit", s_patience, () => held.IsReached || one.IsCompleted);
            var two = RunAsync(second, name, "one");
            await Eventually.TrueAsync($"{second} done or waiting", s_patience, async () => two.IsCompleted || await database.HasWaitersAsync());
            held.Release();

            Assert.Equal(first is "tag" ? (201, 406) : (204, 404), (await one, await two));
            Assert.Equal(0, await db.FindAsync<long>(
                "SELECT COUNT(*) FROM manifests m WHERE NOT EXISTS (SELECT 1 FROM repositories r WHERE r.id = m.repository_id)", null, Cancellation));
        }
        finally
        {
            await db.ExecuteAsync("DELETE FROM manifests", null, Cancellation);
            await db.ExecuteAsync("DELETE FROM repositories", null, Cancellation);
            await db.ExecuteAsync("DELETE FROM organizations WHERE name <> 'team'", null, Cancellation);
            images.Forget();
        }
    }

    [Theory]
    [InlineData("blob")]
    [InlineData("delete")]
    public async Task A_blob_that_is_pushed_while_its_organization_is_deleted_is_recorded_before_or_refused(string first)
    {
        var database = images.Require();
        var name = $"racing-{Interlocked.Increment(ref s_names)}";
        await images.CreateOrganizationAsync(name);
        var db = images.App.Services.GetRequiredService<ImagesDb>();
        try
        {
            await images.PushBlobAsync($"{name}/one", [1]);
            var repository = await db.FindAsync<long>(
                "SELECT r.id FROM repositories r JOIN organizations o ON o.id = r.organization_id WHERE o.name = @name", new { name }, Cancellation);
            // The bytes are there and their row is not: it comes with the push's next transaction.
            using var published = images.Blobs.HoldNext(BlobStep.Commit);
            var pushing = RunAsync("blob", name, "one");
            await published.ReachedAsync();
            using var held = images.Gate.HoldNext("images");
            var deleting = first is "delete" ? RunAsync("delete", name, "one") : null;
            if (deleting is null)
            {
                published.Release();
            }

            await Eventually.TrueAsync($"{first} before its commit", s_patience, () => held.IsReached);
            published.Release();
            deleting ??= RunAsync("delete", name, "one");
            await Eventually.TrueAsync("the other waits", s_patience, async () => await database.HasWaitersAsync());
            held.Release();

            Assert.Equal(first is "blob" ? (201, 204) : (404, 204), (await pushing, await deleting));
            Assert.Equal(0, await db.FindAsync<long>("SELECT COUNT(*) FROM blob_links WHERE repository_id = @repository", new { repository }, Cancellation));
        }
        finally
        {
            await db.ExecuteAsync("DELETE FROM repositories", null, Cancellation);
            await db.ExecuteAsync("DELETE FROM organizations WHERE name <> 'team'", null, Cancellation);
            images.Forget();
        }
    }

    private async Task<int> RunAsync(string change, string name, string suffix)
    {
        using var content = Installation.Octets([1]);
        var bytes = System.Text.Encoding.UTF8.GetBytes(name);
        using var other = Installation.Octets(bytes);
        using var index = new StringContent("""{"schemaVersion":2,"manifests":[]}""", new MediaTypeHeaderValue(Installation.Index));
        using var response = await (change switch
        {
            "push" => images.Registry.PostAsync($"/v2/{name}/{suffix}/blobs/uploads/?digest={Installation.DigestOf([1])}", content, Cancellation),
            "blob" => images.Registry.PostAsync($"/v2/{name}/{suffix}/blobs/uploads/?digest={Installation.DigestOf(bytes)}", other, Cancellation),
            "tag" => images.Registry.PutAsync($"/v2/{name}/{suffix}/manifests/latest", index, Cancellation),
            "delete" => images.App.Admin.DeleteAsync($"/v2/manage/namespaces/{name}", Cancellation),
            _ => images.App.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = $"{name}-{suffix}" }, Cancellation),
        });
        return (int)response.StatusCode;
    }

    /// <summary>Room for three organizations and one repository.</summary>
    public sealed class Fixture : SharedDatabase
    {
        public BlobGate Blobs { get; } = new();

        protected override IEnumerable<(string Key, string Value)> Limits =>
            [("Images:MaxOrganizationsPerAccount", "3"), ("Images:MaxRepositoriesPerAccount", "1")];

        protected override void Configure(IServiceCollection services)
        {
            base.Configure(services);
            Blobs.Install(services);
        }
    }
}
