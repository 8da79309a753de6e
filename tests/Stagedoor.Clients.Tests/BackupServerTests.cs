using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Backups of installations on PostgreSQL and S3: the rows by <c>pg_dump</c>, the blobs copied or listed.</summary>
public sealed class BackupServerTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly StagedoorProcess _stagedoor = new();
    private readonly TestImage _image = TestImage.Opaque(4_000, 60_000);
    private readonly string _prefix = $"backup-{Guid.NewGuid():n}";
    private OwnDatabase? _database;
    private OwnDatabase? _empty;

    private string Backup => Path.Combine(_folder.Path, "backup");

    private string Restored => Path.Combine(_folder.Path, "restored");

    public async ValueTask InitializeAsync()
    {
        Tool.Require("pg_dump", "pg_restore");
        _database = await OwnDatabase.CreateAsync();
        _empty = await OwnDatabase.CreateAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stagedoor.DisposeAsync();
        foreach (var database in (OwnDatabase?[])[_database, _empty])
        {
            if (database is not null)
            {
                await database.DisposeAsync();
            }
        }

        _folder.Dispose();
    }

    [Theory]
    [InlineData("backup")]
    [InlineData("backup.tar")]
    public async Task Rows_of_a_server_and_blobs_in_files_are_restored(string name)
    {
        var backup = Path.Combine(_folder.Path, name);
        await StartAsync([]);
        (await RunAsync(_database!, [], "backup", backup, "--data", _stagedoor.DataDirectory, "--with-keys")).ShouldSucceed();
        (await Backups.VerifyAsync(backup)).ShouldSucceed();

        (await RunAsync(_empty!, [], "restore", backup, "--data", Restored)).ShouldSucceed();
        (await RunAsync(_empty!, [], "doctor", "--data", Restored, "--urls", "http://127.0.0.1:0")).ShouldSucceed();
        await ShouldServeAsync([]);
    }

    [Fact]
    public async Task Blobs_in_S3_are_listed_and_found_again_and_those_that_are_gone_are_named()
    {
        var s3 = S3("listed");
        await StartAsync(s3);
        var made = (await RunAsync(_database!, s3, "backup", Backup, "--data", _stagedoor.DataDirectory, "--with-keys", "--json")).ShouldSucceed();
        using var json = JsonDocument.Parse(made.Output);
        Assert.False(json.RootElement.GetProperty("hasBlobs").GetBoolean());
        Assert.Equal(_image.Blobs.Count, json.RootElement.GetProperty("blobs").GetInt32());
        await _stagedoor.StopAsync();

        var elsewhere = await RunAsync(_empty!, S3("empty"), "restore", Backup, "--data", Restored);
        Assert.Equal(2, elsewhere.ExitCode);
        Assert.Contains(_image.Blobs.Keys.First(), elsewhere.Output, StringComparison.Ordinal);
        Directory.Delete(Restored, recursive: true);
        await _empty!.DisposeAsync();
        _empty = await OwnDatabase.CreateAsync();
        (await RunAsync(_empty, s3, "restore", Backup, "--data", Restored)).ShouldSucceed();
        await ShouldServeAsync(s3);
    }

    [Fact]
    public async Task Blobs_in_S3_are_copied_when_they_are_asked_for()
    {
        await StartAsync(S3("copied"));
        (await RunAsync(_database!, S3("copied"), "backup", Backup, "--data", _stagedoor.DataDirectory, "--with-keys", "--blobs", "copy")).ShouldSucceed();

        var target = S3("target");
        (await RunAsync(_empty!, target, "restore", Backup, "--data", Restored)).ShouldSucceed();

        await ShouldServeAsync(target);
    }

    [Fact]
    public async Task A_database_that_is_in_use_is_not_restored_into()
    {
        await StartAsync([]);
        (await RunAsync(_database!, [], "backup", Backup, "--data", _stagedoor.DataDirectory)).ShouldSucceed();

        (await RunAsync(_database!, [], "restore", Backup, "--data", Restored)).ShouldFail("holds this installation already");
        (await Backups.RestoreAsync(Backup, Path.Combine(_folder.Path, "sqlite"))).ShouldFail("holds databases of postgresql");
    }

    [Fact]
    public async Task Without_the_program_the_command_is_named_and_the_rest_is_taken_on_demand()
    {
        await StartAsync([]);
        var call = Call(_database!, [], "backup", Backup, "--data", _stagedoor.DataDirectory, "--with-keys");
        var without = call with { Environment = new Dictionary<string, string>(call.Environment!, StringComparer.Ordinal) { ["PATH"] = "/nowhere" } };

        var refused = await Tool.RunAsync(without);
        var rest = (await Tool.RunAsync(without with { Arguments = [.. without.Arguments, "--without-database"] })).ShouldSucceed();

        refused.ShouldFail("There is no program pg_dump");
        Assert.Contains("pg_dump --format=custom", refused.Error, StringComparison.Ordinal);
        Assert.Contains("NOT in it: The rows", rest.Output, StringComparison.Ordinal);
        (await RunAsync(_empty!, [], "restore", Backup, "--data", Restored)).ShouldFail("was made without its database");
    }

    private static ToolCall Call(OwnDatabase database, IEnumerable<(string Key, string Value)> settings, params IEnumerable<string> arguments) =>
        StagedoorProcess.Call(arguments) with
        {
            Timeout = TimeSpan.FromMinutes(3),
            Environment = Of(database).Concat(settings).ToDictionary(static s => $"STAGEDOOR__{s.Key}", static s => s.Value, StringComparer.Ordinal),
        };

    private static Task<ToolResult> RunAsync(OwnDatabase database, IEnumerable<(string Key, string Value)> settings, params IEnumerable<string> arguments) =>
        Tool.RunAsync(Call(database, settings, arguments));

    private static IEnumerable<(string Key, string Value)> Of(OwnDatabase database) =>
        [("Storage__Database", "postgresql"), ("Storage__PostgreSql", database.ConnectionString)];

    private (string Key, string Value)[] S3(string name)
    {
        var s3 = Environment.GetEnvironmentVariable("STAGEDOOR_S3");
        Assert.SkipWhen(s3 is null, "Set STAGEDOOR_S3 to what eng/s3.sh start prints.");
        var parts = s3.Split(';').Skip(1).Select(static p => p.Split('=', 2)).ToDictionary(static p => p[0], static p => p[1], StringComparer.Ordinal);
        return
        [
            ("Storage__Blobs", "s3"), ("Storage__S3__Endpoint", s3.Split(';')[0]), ("Storage__S3__Bucket", parts["bucket"]), ("Storage__S3__Prefix", $"{_prefix}-{name}"),
            ("Storage__S3__AccessKey", parts["accessKey"]), ("Storage__S3__SecretKey", parts["secretKey"]),
        ];
    }

    private async Task StartAsync((string Key, string Value)[] settings)
    {
        await _stagedoor.StartAsync([.. Of(_database!), .. settings]);
        using var client = _stagedoor.NewRegistryClient();
        Assert.Equal(_image.Digest, await client.PushAsync("server/app", "v1", _image, BlobUpload.Monolithic));
    }

    private async Task ShouldServeAsync((string Key, string Value)[] settings)
    {
        await using var restored = new StagedoorProcess { DataDirectory = Restored };
        restored.Set([.. Of(_empty!), .. settings]);
        await restored.BeginAsync();
        using var client = new RegistryClient(restored.Url, _stagedoor.FirstRun.RegistryUser, _stagedoor.FirstRun.RegistryKey);
        Assert.Equal(_image.Digest, await client.VerifyAsync("server/app", "v1"));
        Assert.Equal(["v1"], await client.ListTagsAsync("server/app"));
        using var later = await client.SendAsync(HttpMethod.Get, "/v2/", null);
        Assert.Equal(200, (int)later.StatusCode);
    }
}
