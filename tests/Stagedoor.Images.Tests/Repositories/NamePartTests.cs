using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace Stagedoor.Images.Tests.Repositories;

#pragma warning disable CA5394 // Nobody has to guess what is tried.
/// <summary>Repositories are found by any part of their names, and by nothing else; on each engine.</summary>
public sealed class NamePartTests(Engines<Installation> engines) : IClassFixture<Engines<Installation>>
{
    private const string Signs = "aab-_./1";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task Whatever_a_look_at_each_name_finds_is_found() => engines.EachAsync(async images =>
    {
        var random = new Random(150);
        var names = await CreateAsync(images, "parts", Enumerable.Range(0, 200).Select(_ => Name(random)).Where(Images.Repositories.RepositoryName.IsValidRepository).Append(new('z', 128)));

        foreach (var part in Enumerable.Range(0, 150).Select(_ => Part(random, names)).Concat(["%", "_", "\\", "'", "ä", "\ud83d\ude00", "\u212a", "A", "zZ", new('z', 128)]))
        {
            var expected = names.Where(n => n.Contains(part.ToLowerInvariant(), StringComparison.Ordinal)).Order(StringComparer.Ordinal);
            Assert.Equal(expected, await FindAsync(images, "parts", part));
        }
    });

    [Fact]
    public Task A_deleted_repository_is_found_no_more_and_one_of_its_name_again() => engines.EachAsync(async images =>
    {
        var entries = images.App.Sabotage("images").Count("repository_name_ends");
        await CreateAsync(images, "gone", ["here/and/there"]);

        using (var deleted = await images.App.Admin.DeleteAsync("/v2/manage/namespaces/gone/repos/here$and$there", Cancellation))
        {
            await Installation.ShouldBeAsync(deleted, 204);
        }

        Assert.Empty(await FindAsync(images, "gone", "and"));
        Assert.Equal(entries, images.App.Sabotage("images").Count("repository_name_ends"));
        await CreateAsync(images, "gone", ["here/and/there"], isNew: false);
        Assert.Equal(["here/and/there"], await FindAsync(images, "gone", "and"));
    });

    [Fact]
    public Task What_very_many_names_contain_is_found_too() => engines.EachAsync(async images =>
    {
        await CreateAsync(images, "many", ["many-names-seed"]);
        Seed(images, "many-names-seed", 1_100);

        using var response = await images.App.Admin.GetAsync("/v2/manage/repos?name=any-names&limit=10&offset=1095", Cancellation);

        await Installation.ShouldBeAsync(response, 200);
        Assert.Equal("1095-6/1101", response.Content.Headers.GetValues("Content-Range").Single());
    });

    [Fact]
    public Task The_migration_enters_what_was_there_before() => engines.EachAsync(async images =>
    {
        await CreateAsync(images, "before", ["of-old", "of/old"]);
        var file = images.Database is null ? "0150_repository_names.sqlite.sql" : "0150_repository_names.sql";
        await using var script = typeof(ImagesModule).Assembly.GetManifestResourceStream(file)!;
        using var reader = new StreamReader(script);
        var sql = await reader.ReadToEndAsync(Cancellation);

        images.App.Sabotage("images").Execute("DROP TABLE repository_name_ends; " + sql);

        Assert.Equal(["of-old", "of/old"], await FindAsync(images, "before", "old"));
    });

    private static async Task<List<string>> CreateAsync(Installation images, string organization, IEnumerable<string> names, bool isNew = true)
    {
        if (isNew)
        {
            await images.CreateOrganizationAsync(organization);
        }

        var made = names.Distinct(StringComparer.Ordinal).ToList();
        foreach (var repository in made)
        {
            using var response = await images.App.Admin.PostAsJsonAsync(
                $"/v2/manage/namespaces/{organization}/repos", new { repository, is_public = false }, Cancellation);
            await Installation.ShouldBeAsync(response, 201);
        }

        return made;
    }

    private static async Task<List<string>> FindAsync(Installation images, string organization, string part)
    {
        var found = await images.App.Admin.GetFromJsonAsync<JsonElement>(
            $"/v2/manage/repos?namespace={organization}&name={Uri.EscapeDataString(part)}&limit=1000&offset=0&order_column=name&order_type=asc", Cancellation);
        return [.. found.EnumerateArray().Select(static r => r.GetProperty("name").GetString()!).Order(StringComparer.Ordinal)];
    }

    private static void Seed(Installation images, string like, int count) => images.App.Sabotage("images").Execute(
        $"""
        INSERT INTO repositories (id, organization_id, name, path, domain_id, creator_id, creator_name, created_at, updated_at)
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
        SELECT 1000000 + n, organization_id, 'many-names-' || n, 'many/many-names-' || n, domain_id, creator_id, creator_name, n, n FROM numbers, repositories WHERE name = '{like}';
        INSERT INTO repository_name_ends (domain_id, ending, repository_id) SELECT domain_id, substr(name, 2), id FROM repositories WHERE id > 1000000
        """);

    private static string Name(Random random) => string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => Signs[random.Next(Signs.Length)]));

    private static string Part(Random random, List<string> names)
    {
        if (random.Next(3) == 0)
        {
            return Name(random);
        }

        var name = names[random.Next(names.Count)];
        var from = random.Next(name.Length);
        return name.Substring(from, random.Next(1, Math.Min(6, name.Length - from) + 1));
    }
}
