using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>What works on a stopped installation alone: it leaves a record, and says what to use while a server runs.</summary>
public sealed class AdminOfflineTests
{
    [Fact]
    public async Task What_was_done_offline_is_in_the_audit_log_and_the_log_is_whole()
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync();
        var (account, user) = (stagedoor.FirstRun.Domain, stagedoor.FirstRun.User);
        await stagedoor.StopAsync();
        (await stagedoor.AdminAsync("account", "create", "acme")).ShouldSucceed();
        (await stagedoor.AdminAsync("account", "disable", "acme")).ShouldSucceed();
        (await stagedoor.AdminAsync("reset-password", account, user)).ShouldSucceed();
        var verified = (await stagedoor.AdminAsync("audit", "verify")).ShouldSucceed();
        await stagedoor.StartAsync();

        var lines = (await stagedoor.AdminAsync("audit", "tail")).ShouldSucceed().Output;

        Assert.Contains("as they were written", verified.Output, StringComparison.Ordinal);
        Assert.Matches($"IAM updateUserPwd {user} by [^ ]+@[^ ]+ from -: 0", lines);
        Assert.DoesNotContain("acme", lines, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("admin", "account", "list")]
    [InlineData("admin", "account", "create", "acme")]
    [InlineData("admin", "account", "disable", "acme")]
    [InlineData("admin", "account", "enable", "acme")]
    [InlineData("admin", "reset-password", "stagedoor", "admin")]
    [InlineData("admin", "audit", "verify")]
    [InlineData("doctor", "--repair-store")]
    [InlineData("doctor", "--repair-store", "--yes")]
    [InlineData("doctor", "--begin-anew", "images", "--yes")]
    [InlineData("backup", "target")]
    public async Task A_folder_without_an_installation_is_refused_and_nothing_is_made_there(params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        var mistyped = Path.Combine(folder.Path, "dtaa");
        string[] given = [.. arguments.Select(a => a is "target" ? Path.Combine(folder.Path, a) : a)];

        (await Tool.RunAsync(StagedoorProcess.Call([.. given, "--data", mistyped]))).ShouldEndWith(1, $"There is no installation in {mistyped}. Name its folder with --data.");

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData("stagedoor admin user create", "account", "list")]
    [InlineData("stagedoor admin user password", "reset-password", "stagedoor", "admin")]
    [InlineData("stagedoor admin audit tail", "audit", "verify")]
    public async Task While_a_server_runs_it_says_what_to_use_instead(string instead, params string[] arguments)
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync();

        (await stagedoor.AdminAsync(arguments)).ShouldEndWith(7, instead);
    }
}
