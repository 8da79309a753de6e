using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

public sealed class FirstRunTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_empty_installation_gets_an_account_once()
    {
        using var folder = new TemporaryFolder();
        await using var installation = new Installation(folder.Path);

        var first = await installation.StartAsync();
        var second = await installation.StartAsync();

        Assert.NotNull(first);
        Assert.Equal(("stagedoor", "cn-local-1", "admin"), (first.Domain, first.Project, first.User));
        Assert.Equal($"cn-local-1@{first.AccessKey}", first.RegistryUser);
        Assert.Equal(LoginKey.Compute(first.AccessKey, first.SecretKey), first.RegistryKey);
        Assert.Null(second);
    }

    [Fact]
    public async Task Replicas_that_start_together_make_one_account()
    {
        using var folder = new TemporaryFolder();
        await using var a = new Installation(folder.Path);
        await using var b = new Installation(folder.Path);

        var made = await Task.WhenAll(a.StartAsync(), b.StartAsync());

        Assert.Single(made, m => m is not null);
        Assert.Single(await IamModule.ListAccountsAsync(a.Services, Cancellation));
    }

    [Fact]
    public async Task Credentials_that_cannot_be_kept_are_not_made()
    {
        using var folder = new TemporaryFolder();
        await using var installation = new Installation(folder.Path);
        await new IamModule().PrepareAsync(installation.Services, Cancellation);

        await Assert.ThrowsAsync<IOException>(
            () => IamModule.EnsureFirstRunAsync(installation.Services, static _ => throw new IOException("no space"), Cancellation));
        var again = await installation.StartAsync();

        Assert.NotNull(again);
    }

    [Fact]
    public async Task A_renamed_region_gets_a_default_project()
    {
        using var folder = new TemporaryFolder();
        await using (var before = new Installation(folder.Path))
        {
            await before.StartAsync();
        }

        await using var after = new Installation(folder.Path, ("Gateway:Region", "eu-here-2"));
        await after.StartAsync();

        var account = Assert.Single(await IamModule.ListAccountsAsync(after.Services, Cancellation));
        Assert.NotNull(await after.Get<Projects.ProjectStore>().FindDefaultAsync(account.Id, Cancellation));
    }

    [Fact]
    public async Task Accounts_are_made_listed_and_switched_off()
    {
        using var folder = new TemporaryFolder();
        await using var installation = new Installation(folder.Path);
        await installation.StartAsync();

        var made = await IamModule.CreateAccountAsync(installation.Services, "acme", Cancellation);
        var twice = await IamModule.CreateAccountAsync(installation.Services, "acme", Cancellation);
        var before = await installation.Get<Identities>().FindAccessKeyAsync(made!.AccessKey, Cancellation);
        var off = await IamModule.SetAccountEnabledAsync(installation.Services, "acme", false, Cancellation);
        var after = await installation.Get<Identities>().FindAccessKeyAsync(made.AccessKey, Cancellation);

        Assert.Null(twice);
        Assert.True(off);
        Assert.Equal((true, false), (before!.IsActive, after!.IsActive));
        Assert.False(await IamModule.SetAccountEnabledAsync(installation.Services, "nobody", false, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => IamModule.CreateAccountAsync(installation.Services, "no spaces", Cancellation));
    }
}
