using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Serve;

public sealed class FirstRunTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_start_writes_its_keys_for_the_owner_alone()
    {
        await using var app = await StagedoorApp.StartAsync();
        var file = Path.Combine(app.DataDirectory, "first-run.json");

        var members = JsonDocument.Parse(await File.ReadAllTextAsync(file, Cancellation)).RootElement.EnumerateObject().Select(m => m.Name);

        Assert.Equal(
            [
                "url", "domain", "domainId", "project", "projectId", "user", "userId", "password", "accessKey", "secretKey", "registryUser",
                "registryKey",
            ],
            members);
        Assert.Equal(app.Url, app.FirstRun.Url);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task A_later_start_keeps_the_account_and_its_keys()
    {
        await using var app = await StagedoorApp.StartAsync();
        var before = app.FirstRun;

        await app.RestartAsync();

        Assert.Equal(before.AccessKey, app.FirstRun.AccessKey);
        using var response = await app.Admin.GetAsync("/v2/manage/namespaces", Cancellation);
        response.EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task No_secret_stands_in_the_database_files()
    {
        await using var app = await StagedoorApp.StartAsync();
        await app.RestartAsync();

        foreach (var file in Directory.EnumerateFiles(app.DataDirectory, "*.db*"))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy, Cancellation);
            var text = System.Text.Encoding.Latin1.GetString(copy.ToArray());
            Assert.DoesNotContain(app.FirstRun.SecretKey, text, StringComparison.Ordinal);
            Assert.DoesNotContain(app.FirstRun.Password, text, StringComparison.Ordinal);
            Assert.DoesNotContain(app.FirstRun.RegistryKey, text, StringComparison.Ordinal);
        }
    }
}
