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
    [InlineData("stagedoor admin user create", "account", "list")]
    [InlineData("stagedoor admin user password", "reset-password", "stagedoor", "admin")]
    [InlineData("stagedoor admin audit tail", "audit", "verify")]
    public async Task While_a_server_runs_it_says_what_to_use_instead(string instead, params string[] arguments)
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync();

        (await stagedoor.AdminAsync(arguments)).ShouldEndWith(7, instead);
    }
}
