using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using SQLitePCL;
using Stagedoor.Storage;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Growth;

/// <summary>
/// What the registry does does not grow with what else is stored. Counted are the steps of SQLite's machine, which are the same on a slow computer.
/// </summary>
public sealed class GrowthTests : Installation
{
    private const int Few = 100;
    private const int Many = 2_100;
    private const int TagsOfEach = 10;

    // How the list's total is counted: some steps for each repository of the account, in an index.
    private const int StepsToCount = 5;

    // The middle one counts: what else the host does in the images database meanwhile is counted too, or leaves an operation an answer to reuse.
    private const int Attempts = 5;

    // On a busy machine something of that is in the middle one too; what grows takes a step at least for each of the two thousand.
    private const int Beside = 600;

    private readonly Steps _steps = new();

    [Fact]
    public async Task Each_operation_takes_as_many_steps_with_twenty_times_as_many_repositories()
    {
        var digest = (await PushImageAsync("team/model", "latest")).Digest;
        Seed(digest, 1, Few);
        var few = await MeasureAsync();
        Seed(digest, Few + 1, Many);
        var many = await MeasureAsync();

        var grown = string.Join('\n', Operations.Where(o => many[o.Name] > (few[o.Name] * 13 / 10) + Beside + (o.StepsForEach * (Many - Few)))
            .Select(o => string.Create(CultureInfo.InvariantCulture, $"{o.Name}: {few[o.Name]} steps among {Few}, {many[o.Name]} among {Many}")));
        Assert.True(grown is "", grown);
    }

    protected override void Configure(IServiceCollection services) =>
        PassingEngine.Install(services, (module, database) => module == "images" ? new CountedDatabase(_steps, database) : database);

    private static (string Name, int StepsForEach)[] Operations =>
    [
        ("/v2/manage/repos?limit=100&offset=0", StepsToCount),
        ("/v2/manage/repos?limit=100&offset=0&order_column=name&order_type=asc", StepsToCount),
        ("/v2/manage/repos?limit=100&offset=0&order_column=tag_count&order_type=desc", StepsToCount),
        ("/v2/manage/repos?limit=100&offset=0&order_column=is_public&order_type=asc", StepsToCount),
        ("/v2/manage/repos?namespace=team&limit=100&offset=0", StepsToCount),
        ("/v2/manage/repos?name=app-00042", 0),
        ("/v2/manage/repos?name=p-00042&namespace=team&order_column=name&order_type=asc", 0),
        ("/v2/manage/namespaces/team/repos/app-00042", 0),
        ("/v2/manage/namespaces/team/repos/app-00042/tags?limit=5&offset=0", 0),
        ("/v2/manage/namespaces/team/repos/app-00042/tags?filter=tag::7", 0),
        ("/v2/team/app-00042/tags/list", 0),
        ("/v2/team/app-00042/manifests/v7", 0),
        ("/v2/_catalog?n=50", 0),
        ("push", 0),
        ("delete a tag", 0),
        ("delete a repository", 0),
    ];

    private async Task<Dictionary<string, long>> MeasureAsync()
    {
        var taken = new Dictionary<string, long>(StringComparer.Ordinal);
        var attempts = new long[Attempts];
        foreach (var (name, _) in Operations)
        {
            // The first time prepares statements, and the others find nothing remembered.
            await PrepareAsync(name);
            await RunAsync(name);
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                await PrepareAsync(name);
                Forget();
                var before = _steps.Count;
                await RunAsync(name);
                attempts[attempt] = _steps.Count - before;
            }

            attempts.Sort();
            taken[name] = attempts[Attempts / 2];
        }

        return taken;
    }

    private async Task PrepareAsync(string operation)
    {
        if (operation is "delete a tag")
        {
            await RunAsync("push");
        }
    }

    private async Task RunAsync(string operation)
    {
        switch (operation)
        {
            case "push":
                await PushImageAsync("team/app-00043", "pushed");
                break;
            case "delete a tag":
                using (var deleted = await App.Admin.DeleteAsync("/v2/manage/namespaces/team/repos/app-00043/tags/pushed", Cancellation))
                {
                    await ShouldBeAsync(deleted, 204);
                }

                break;
            case "delete a repository":
                using (var refused = await App.Admin.DeleteAsync("/v2/manage/namespaces/team/repos/app-00042", Cancellation))
                {
                    await ShouldBeAsync(refused, 406);
                }

                break;
            default:
                using (var response = await (operation.StartsWith("/v2/manage", StringComparison.Ordinal) ? App.Admin : Registry).GetAsync(operation, Cancellation))
                {
                    await ShouldBeAsync(response, 200);
                }

                break;
        }
    }

    private void Seed(string digest, int first, int last) => App.Sabotage("images").Execute(
        $"""
        INSERT INTO repositories (id, organization_id, name, path, domain_id, creator_id, creator_name, num_images, created_at, updated_at)
        WITH RECURSIVE numbers (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})
        SELECT 1000000 + n, organization_id, printf('app-%05d', n), printf('team/app-%05d', n), domain_id, creator_id, creator_name, {TagsOfEach}, n, n
        FROM numbers, repositories WHERE name = 'model';
        INSERT INTO repository_name_ends (domain_id, ending, repository_id)
        WITH RECURSIVE places (place) AS (SELECT 1 UNION ALL SELECT place + 1 FROM places WHERE place < 9)
        SELECT r.domain_id, substr(r.name, p.place), r.id FROM repositories r, places p WHERE r.id BETWEEN 1000000 + {first} AND 1000000 + {last};
        INSERT INTO manifests (
            repository_id, digest, media_type, artifact_type, subject, config_digest, is_index, size, total_size, annotations, content, created_at)
        SELECT r.id, m.digest, m.media_type, m.artifact_type, m.subject, m.config_digest, m.is_index, m.size, m.total_size, m.annotations, m.content, m.created_at
        FROM manifests m, repositories r WHERE m.digest = '{digest}' AND m.repository_id < 1000000 AND r.id BETWEEN 1000000 + {first} AND 1000000 + {last};
        INSERT INTO tags (id, repository_id, name, digest, created_at, updated_at)
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {TagsOfEach})
        SELECT r.id * 100 + n, r.id, 'v' || n, '{digest}', n, n FROM numbers, repositories r WHERE r.id BETWEEN 1000000 + {first} AND 1000000 + {last};
        """);

    private sealed class Steps
    {
        private long _count;

        public long Count => Interlocked.Read(ref _count);

        public void Add(int steps) => Interlocked.Add(ref _count, steps);
    }

    private sealed class CountedDatabase(Steps steps, IDatabase inner) : PassingDatabase(inner)
    {
        private const int Grain = 10;

        public override Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken) =>
            base.ReadAsync(connection => CountedAsync(connection, work), cancellationToken);

        public override Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken) =>
            base.WriteAsync((connection, transaction) => CountedAsync(connection, c => work(c, transaction)), cancellationToken);

        private async Task<T> CountedAsync<T>(DbConnection connection, Func<DbConnection, Task<T>> work)
        {
            if (connection is not SqliteConnection { Handle: { } handle })
            {
                return await work(connection);
            }

            raw.sqlite3_progress_handler(handle, Grain, Progress, null);
            try
            {
                return await work(connection);
            }
            finally
            {
                raw.sqlite3_progress_handler(handle, 0, null, null);
            }
        }

        private int Progress(object user)
        {
            steps.Add(Grain);
            return 0;
        }
    }
}
