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
        await using var race = await BeginAsync();

        var (one, two) = await RunHeldAsync(race, (first, "one"), (second, "two"));

        Assert.True(one < 500, $"{first} ends with {one}");
        Assert.True(two < 500, $"{second} ends with {two}");
        Assert.Equal(0, await race.CountAsync("repositories r WHERE NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = r.organization_id)"));
        Assert.InRange(await race.CountAsync("organizations"), 1, 3);
        Assert.InRange(await race.CountAsync("repositories"), 0, 1);
    }

    [Theory]
    [InlineData("tag", "delete")]
    [InlineData("delete", "tag")]
    public async Task A_manifest_that_is_pushed_while_its_organization_is_deleted_is_stored_or_refused(string first, string second)
    {
        await using var race = await BeginAsync();

        var ended = await RunHeldAsync(race, (first, "one"), (second, "one"));

        Assert.Equal(first is "tag" ? (201, 406) : (204, 404), ended);
        Assert.Equal(0, await race.CountAsync("manifests m WHERE NOT EXISTS (SELECT 1 FROM repositories r WHERE r.id = m.repository_id)"));
    }

    [Theory]
    [InlineData("blob")]
    [InlineData("delete")]
    public async Task A_blob_that_is_pushed_while_its_repository_is_deleted_is_recorded_before_or_refused(string first)
    {
        await using var race = await BeginAsync();
        await images.PushBlobAsync($"{race.Name}/one", [1]);
        // The bytes are there and their row is not: it comes with the push's next transaction.
        using var published = images.Blobs.HoldNext(BlobStep.Commit);
        var pushing = RunAsync("blob", race.Name, "one");
        await published.ReachedAsync();
        using var held = images.Gate.HoldNext("images");
        var deleting = first is "delete" ? RunAsync("delete repository", race.Name, "one") : null;
        if (deleting is null)
        {
            published.Release();
        }

        await Eventually.TrueAsync($"{first} before its commit", s_patience, () => held.IsReached);
        published.Release();
        deleting ??= RunAsync("delete repository", race.Name, "one");
        await Eventually.TrueAsync("the other waits", s_patience, async () => await race.Database.HasWaitersAsync());
        held.Release();

        Assert.Equal(first is "blob" ? (201, 204) : (404, 204), (await pushing, await deleting));
        Assert.Equal(0, await race.CountAsync(
            $"blob_links l JOIN repositories r ON r.id = l.repository_id WHERE l.digest = '{Installation.DigestOf(ContentOf(race.Name))}'"));
    }

    private async Task<Race> BeginAsync()
    {
        var database = images.Require();
        var name = $"racing-{Interlocked.Increment(ref s_names)}";
        await images.CreateOrganizationAsync(name);
        return new(images, database, name);
    }

    // Begins the second when the first stands before its commit.
    private async Task<(int First, int Second)> RunHeldAsync(Race race, (string Change, string Suffix) first, (string Change, string Suffix) second)
    {
        using var held = images.Gate.HoldNext("images");
        var one = RunAsync(first.Change, race.Name, first.Suffix);
        await Eventually.TrueAsync($"{first.Change} before its commit", s_patience, () => held.IsReached || one.IsCompleted);
        var two = RunAsync(second.Change, race.Name, second.Suffix);
        await Eventually.TrueAsync($"{second.Change} done or waiting", s_patience, async () => two.IsCompleted || await race.Database.HasWaitersAsync());
        held.Release();
        return (await one, await two);
    }

    private static byte[] ContentOf(string name) => System.Text.Encoding.UTF8.GetBytes(name);

    private async Task<int> RunAsync(string change, string name, string suffix)
    {
        using var content = Installation.Octets([1]);
        using var other = Installation.Octets(ContentOf(name));
        using var index = new StringContent("""{"schemaVersion":2,"manifests":[]}""", new MediaTypeHeaderValue(Installation.Index));
        using var response = await (change switch
        {
            "push" => images.Registry.PostAsync($"/v2/{name}/{suffix}/blobs/uploads/?digest={Installation.DigestOf([1])}", content, Cancellation),
            "blob" => images.Registry.PostAsync($"/v2/{name}/{suffix}/blobs/uploads/?digest={Installation.DigestOf(ContentOf(name))}", other, Cancellation),
            "tag" => images.Registry.PutAsync($"/v2/{name}/{suffix}/manifests/latest", index, Cancellation),
            "delete" => images.App.Admin.DeleteAsync($"/v2/manage/namespaces/{name}", Cancellation),
            "delete repository" => images.App.Admin.DeleteAsync($"/v2/manage/namespaces/{name}/repos/{suffix}", Cancellation),
            _ => images.App.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = $"{name}-{suffix}" }, Cancellation),
        });
        return (int)response.StatusCode;
    }

    /// <summary>An organization of one test's own, which goes with all that came of it.</summary>
    private sealed class Race(Fixture images, OwnDatabase database, string name) : IAsyncDisposable
    {
        public OwnDatabase Database => database;

        public string Name => name;

        private ImagesDb Db => images.App.Services.GetRequiredService<ImagesDb>();

        public Task<long> CountAsync(string rows) => Db.FindAsync<long>($"SELECT COUNT(*) FROM {rows}", null, Cancellation);

        public async ValueTask DisposeAsync()
        {
            foreach (var table in (string[])["manifests", "blob_links", "repositories", "organizations WHERE name <> 'team'"])
            {
                await Db.ExecuteAsync($"DELETE FROM {table}", null, Cancellation);
            }

            images.Forget();
        }
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
