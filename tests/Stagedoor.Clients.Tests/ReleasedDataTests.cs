using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Serve;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>
/// Data folders as released versions have left them (<c>eng/fixture.sh</c>) are opened by this build: the old keys log in, the old images are pulled, the old
/// microservice is found. One that a newer version has written is refused.
/// </summary>
public sealed class ReleasedDataTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StagedoorProcess _stagedoor = new();

    public static TheoryData<string> Versions =>
        [.. Directory.EnumerateDirectories(Path.Combine(Checkout.Root, "tests", "fixtures")).Select(static f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _stagedoor.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task What_a_released_version_has_kept_is_there(string version)
    {
        var expected = await UnpackAsync(version);

        await _stagedoor.BeginAsync();
        await ShouldHoldAsync(_stagedoor.Url, expected);

        Assert.Equal(0, await _stagedoor.StopAsync());
        Assert.Contains("All is well.", (await Backups.ExamineAsync(_stagedoor.DataDirectory)).ShouldSucceed().Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_backup_of_what_a_released_version_has_kept_is_restored_and_brought_up_to_date(string version)
    {
        var expected = await UnpackAsync(version);
        var (backup, restored) = (Path.Combine(_folder.Path, "backup.tar"), Path.Combine(_folder.Path, "restored"));
        (await Backups.MakeAsync(_stagedoor, backup, "--with-keys")).ShouldSucceed();
        (await Backups.RestoreAsync(backup, restored)).ShouldSucceed();

        _stagedoor.DataDirectory = restored;
        await _stagedoor.BeginAsync();

        await ShouldHoldAsync(_stagedoor.Url, expected);
    }

    [Theory]
    [InlineData("images", 4000)]
    [InlineData("gateway", 25)]
    [InlineData("discovery", 9)]
    public async Task A_data_folder_of_a_newer_version_is_refused_in_a_line_that_names_versions(string module, long schema)
    {
        await UnpackAsync(Versions.Last());
        new Sabotage(Path.Combine(_stagedoor.DataDirectory, module + ".db"))
            .Execute($"INSERT INTO schema_migration (version, name, applied_at) VALUES ({schema}, 'newer.sql', 1)");

        var refused = await Tool.RunAsync(StagedoorProcess.Call("serve", "--data", _stagedoor.DataDirectory, "--urls", "http://127.0.0.1:0"));
        var examined = await Backups.ExamineAsync(_stagedoor.DataDirectory);

        Assert.Equal(1, refused.ExitCode);
        var line = Assert.Single(refused.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), static l => l.StartsWith("stagedoor: ", StringComparison.Ordinal));
        Assert.Matches($@"was written by a newer version of stagedoor \(schema {schema}\) than this one, [0-9.]+\S* \(schema \d+\)", line);
        examined.ShouldFail($"(schema {schema})");
    }

    private async Task<Expected> UnpackAsync(string version)
    {
        var fixture = Path.Combine(Checkout.Root, "tests", "fixtures", version);
        (await Tool.RunAsync("tar", "-xzf", Path.Combine(fixture, "data.tar.gz"), "-C", _folder.Path)).ShouldSucceed();
        _stagedoor.DataDirectory = Path.Combine(_folder.Path, "data");
        return JsonSerializer.Deserialize<Expected>(await File.ReadAllTextAsync(Path.Combine(fixture, "expected.json"), Cancellation), JsonSerializerOptions.Web)!;
    }

    private static async Task ShouldHoldAsync(string url, Expected expected)
    {
        using (var registry = new RegistryClient(url, expected.FirstRun.RegistryUser, expected.FirstRun.RegistryKey))
        {
            Assert.NotEmpty(expected.Images);
            foreach (var (repository, tag, digest) in expected.Images)
            {
                Assert.Equal(digest, await registry.VerifyAsync(repository, tag));
            }
        }

        using (var identity = await Backups.IdentityAsync(url, expected.FirstRun))
        {
            var user = await identity.GetFromJsonAsync<JsonElement>($"/v3/users/{expected.User.Id}", Cancellation);
            Assert.Equal(expected.User.Name, user.GetProperty("user").GetProperty("name").GetString());
            using var key = await identity.GetAsync($"/v3.0/OS-CREDENTIAL/credentials/{expected.Key.Access}", Cancellation);
            Assert.Equal(200, (int)key.StatusCode);
        }

        using (var own = await Backups.IdentityAsync(url, expected.FirstRun with { User = expected.User.Name, Password = expected.User.Password }, isScoped: false))
        using (var self = await own.GetAsync($"/v3/users/{expected.User.Id}", Cancellation))
        {
            Assert.Equal(200, (int)self.StatusCode);
        }

        using var engine = Backups.Engine(url, expected.FirstRun);
        var service = await engine.GetFromJsonAsync<JsonElement>($"/v4/default/registry/microservices/{expected.Service.Id}", Cancellation);
        Assert.Equal(expected.Service.Name, service.GetProperty("service").GetProperty("serviceName").GetString());
    }

    private sealed record Expected(FirstRun FirstRun, IReadOnlyList<ExpectedImage> Images, ExpectedUser User, ExpectedKey Key, ExpectedService Service);

    private sealed record ExpectedImage(string Repository, string Tag, string Digest);

    private sealed record ExpectedUser(string Id, string Name, string Password);

    private sealed record ExpectedKey(string Access, string Secret);

    private sealed record ExpectedService(string Id, string Name);
}
