using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Stagedoor.Storage;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Serve;

/// <summary>Any one part of an installation that is lost, emptied or another installation's stops the start, and back in its place it is used again.</summary>
public sealed class InstallationTests
{
    public static TheoryData<string, string> Parts => new()
    {
        { "gateway.db*", "gateway.db has no account" },
        { "images.db*", "The database of images" },
        { "discovery.db*", "The database of discovery" },
        { "blobs", "The blob store" },
    };

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task A_lost_part_stops_the_start(string pattern, string named)
    {
        using var installed = new Installed();
        var digest = "";
        await installed.RunAsync(async app => digest = await installed.PushAsync(app));
        var keys = await File.ReadAllTextAsync(installed.At("first-run.json"), TestContext.Current.CancellationToken);

        using (installed.Away(pattern))
        {
            Assert.Contains(named, await installed.FailAsync(), StringComparison.Ordinal);
            Assert.Contains(named, await installed.FailAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(keys, await File.ReadAllTextAsync(installed.At("first-run.json"), TestContext.Current.CancellationToken));
        await installed.RunAsync(async app => Assert.Equal(System.Net.HttpStatusCode.OK, await installed.PullAsync(app, digest)));
    }

    [Theory]
    [InlineData("gateway.db")]
    [InlineData("images.db")]
    [InlineData("discovery.db")]
    public async Task An_emptied_database_stops_the_start(string name)
    {
        using var installed = new Installed();
        await installed.RunAsync(installed.PushAsync);
        using var away = installed.Away(name + "*");
        await File.WriteAllBytesAsync(installed.At(name), [], TestContext.Current.CancellationToken);

        Assert.Contains(name, await installed.FailAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task A_part_of_another_installation_stops_the_start(string pattern, string named)
    {
        Assert.NotEmpty(named);
        using var installed = new Installed();
        using var other = new Installed();
        await installed.RunAsync(installed.PushAsync);
        await other.RunAsync(other.PushAsync);
        using var away = installed.Away(pattern);
        foreach (var entry in Directory.EnumerateFileSystemEntries(other.Data, pattern))
        {
            Directory.Move(entry, installed.At(Path.GetFileName(entry)));
        }

        var problem = await installed.FailAsync();

        Assert.Contains("belongs to another installation", problem, StringComparison.Ordinal);
        Assert.StartsWith("The ", problem, StringComparison.Ordinal);
        Assert.Contains(pattern.TrimEnd('*'), problem[..problem.IndexOf("belongs", StringComparison.Ordinal)], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_root_of_a_fresh_volume_is_an_empty_folder()
    {
        using var installed = new Installed();
        Directory.CreateDirectory(Path.Combine(installed.Data, "lost+found"));
        var blobs = installed.Data + "-blobs";
        Directory.CreateDirectory(Path.Combine(blobs, "lost+found"));
        await File.WriteAllTextAsync(Path.Combine(blobs, "lost+found", "#12"), "found", TestContext.Current.CancellationToken);
        installed.Settings["Storage:Files:Path"] = blobs;

        await installed.RunAsync(installed.PushAsync);
        await installed.RunAsync(async app =>
        {
            var listed = await app.Services.GetRequiredService<IBlobStore>().ListAsync("", TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
            Assert.DoesNotContain(listed, static e => e.Key.ToString().Contains("lost", StringComparison.Ordinal));
            Assert.NotEmpty(listed);
        });

        Assert.True(File.Exists(Path.Combine(blobs, "lost+found", "#12")));
    }

    [Fact]
    public async Task A_data_directory_of_another_installation_stops_the_start()
    {
        using var installed = new Installed();
        using var other = new Installed();
        await installed.RunAsync();
        await other.RunAsync();
        File.Move(other.At("stagedoor.json"), installed.At("stagedoor.json"), overwrite: true);

        Assert.StartsWith("The data directory belongs to another installation", await installed.FailAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_databases_lost_at_once_are_no_new_installation()
    {
        using var installed = new Installed();
        await installed.RunAsync(installed.PushAsync);
        using var away = installed.Away("*.db*");

        Assert.Contains("has no account", await installed.FailAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_that_is_gone_stops_the_start()
    {
        using var installed = new Installed();
        await installed.RunAsync();
        new Sabotage(installed.At("gateway.db")).Execute("DELETE FROM domain");

        Assert.Contains("has no account", await installed.FailAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_mark_of_the_store_stops_the_start()
    {
        using var installed = new Installed();
        await installed.RunAsync(installed.PushAsync);
        File.Delete(installed.At("blobs/installation.json"));

        Assert.Contains("empty or another one", await installed.FailAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("images.db*", "discovery")]
    [InlineData("discovery.db*", "images")]
    public async Task A_service_that_is_switched_on_later_begins_empty(string pattern, string first)
    {
        using var installed = new Installed();
        installed.Settings["Modules"] = first;
        await installed.RunAsync();
        Assert.Empty(Directory.EnumerateFiles(installed.Data, pattern));
        installed.Settings.Remove("Modules");

        await installed.RunAsync();

        Assert.NotEmpty(Directory.EnumerateFiles(installed.Data, pattern));
    }

    [Fact]
    public async Task An_installation_from_before_the_marks_gets_them()
    {
        using var installed = new Installed();
        var digest = "";
        await installed.RunAsync(async app => digest = await installed.PushAsync(app));
        await ForgetMarksAsync(installed);

        await installed.RunAsync(async app => Assert.Equal(System.Net.HttpStatusCode.OK, await installed.PullAsync(app, digest)));

        Assert.Contains("installation", await File.ReadAllTextAsync(installed.At("stagedoor.json"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.True(File.Exists(installed.At("blobs/installation.json")));
        using var away = installed.Away("images.db*");
        Assert.Contains("The database of images", await installed.FailAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task Of_an_installation_from_before_the_marks_a_lost_part_is_missed_too(string pattern, string named)
    {
        using var installed = new Installed();
        await installed.RunAsync(installed.PushAsync);
        await ForgetMarksAsync(installed);
        using var away = installed.Away(pattern);

        Assert.Contains(named, await installed.FailAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_database_beside_a_full_store_stops_the_start_on_PostgreSql_too()
    {
        await using var database = await OwnDatabase.CreateAsync();
        await using var empty = await OwnDatabase.CreateAsync();
        using var installed = new Installed();
        installed.Settings["Storage:Database"] = "postgresql";
        installed.Settings["Storage:PostgreSql"] = database.ConnectionString;
        await installed.RunAsync(installed.PushAsync);

        installed.Settings["Storage:PostgreSql"] = empty.ConnectionString;
        Assert.Contains("has no account", await installed.FailAsync(), StringComparison.Ordinal);
        Assert.Empty(await SchemasAsync(empty.ConnectionString));

        installed.Settings["Storage:PostgreSql"] = database.ConnectionString;
        await ExecuteAsync(database.ConnectionString, "DROP SCHEMA images CASCADE");
        Assert.Contains("The database of images", await installed.FailAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_process_with_an_empty_database_does_not_get_the_bucket_of_the_first()
    {
        await using var database = await OwnDatabase.CreateAsync();
        await using var empty = await OwnDatabase.CreateAsync();
        using var installed = new Installed();
        using var second = new Installed();
        foreach (var (key, value) in ReplicaTests.Settings(database.ConnectionString))
        {
            installed.Settings[key] = value;
            second.Settings[key] = value;
        }

        await installed.RunAsync(installed.PushAsync);
        second.Settings["Storage:PostgreSql"] = empty.ConnectionString;

        Assert.Contains("the blob store http", await second.FailAsync(), StringComparison.Ordinal);
        Assert.Empty(await SchemasAsync(empty.ConnectionString));
    }

    private static async Task ForgetMarksAsync(Installed installed)
    {
        foreach (var name in (string[])["gateway", "images", "discovery", "monitoring"])
        {
            new Sabotage(installed.At(name + ".db")).Execute("DROP TABLE installation; DROP TABLE installation_part");
        }

        File.Delete(installed.At("blobs/installation.json"));
        await File.WriteAllTextAsync(installed.At("stagedoor.json"), """{"product":"stagedoor","format":1}""", TestContext.Current.CancellationToken);
    }

    internal static async Task<List<string>> SchemasAsync(string database)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand("SELECT nspname FROM pg_namespace WHERE nspname IN ('gateway', 'images', 'discovery')", connection);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var found = new List<string>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            found.Add(reader.GetString(0));
        }

        return found;
    }

    private static async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
