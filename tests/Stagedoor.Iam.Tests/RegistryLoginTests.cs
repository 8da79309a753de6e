using Stagedoor.Iam.Credentials;
using Stagedoor.Iam.Projects;
using Stagedoor.Storage;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

public sealed class RegistryLoginTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private Installation _installation = null!;
    private FirstRunCredentials _made = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IRegistryLogins Logins => _installation.Get<IRegistryLogins>();

    public async ValueTask InitializeAsync()
    {
        _installation = new(_folder.Path);
        _made = (await _installation.StartAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await _installation.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_login_key_opens_the_project()
    {
        var caller = await Logins.FindCallerAsync(_made.RegistryUser, _made.RegistryKey, null, Cancellation);

        Assert.NotNull(caller);
        Assert.Equal((_made.UserId, _made.ProjectId), (caller.UserId, caller.ProjectId));
        Assert.Equal((AuthenticationMethod.RegistryLogin, _made.AccessKey), (caller.Method, caller.AccessKey));
    }

    [Fact]
    public async Task Anything_else_opens_nothing()
    {
        var other = (await IamModule.CreateAccountAsync(_installation.Services, "other", Cancellation))!;
        var key = _made.RegistryKey;

        foreach (var (user, password) in new[]
        {
            (_made.RegistryUser, key.ToUpperInvariant()),
            (_made.RegistryUser, key[..^1]),
            (_made.RegistryUser, ""),
            (_made.RegistryUser, _made.SecretKey),
            (_made.RegistryUser, other.RegistryKey),
            (_made.AccessKey, key),
            ("@" + _made.AccessKey, key),
            ("nowhere@" + _made.AccessKey, key),
            ("cn-local-1@AAAAAAAAAAAAAAAAAAAA", key),
            ("cn-local-1@", key),
            ("", ""),
        })
        {
            Assert.Null(await Logins.FindCallerAsync(user, password, null, Cancellation));
        }
    }

    [Fact]
    public async Task A_suspended_project_and_an_inactive_key_open_nothing()
    {
        var projects = _installation.Get<ProjectStore>();
        var credentials = _installation.Get<CredentialStore>();
        var identities = _installation.Get<Identities>();

        await projects.SetEnabledAsync(_made.ProjectId, false, Cancellation);
        var suspended = await Logins.FindCallerAsync(_made.RegistryUser, _made.RegistryKey, null, Cancellation);
        await projects.SetEnabledAsync(_made.ProjectId, true, Cancellation);
        identities.ForgetProjects();
        var open = await Logins.FindCallerAsync(_made.RegistryUser, _made.RegistryKey, null, Cancellation);
        var key = await credentials.FindAsync(_made.AccessKey, Cancellation);
        await credentials.UpdateAsync(key!, Credential.Inactive, null, Cancellation);
        // Another replica changed it, so this one finds out within two seconds.
        _installation.Clock.Advance(TimeSpan.FromSeconds(2));
        var inactive = await Logins.FindCallerAsync(_made.RegistryUser, _made.RegistryKey, null, Cancellation);

        Assert.Null(suspended);
        Assert.NotNull(open);
        Assert.Null(inactive);
    }

    [Fact]
    public async Task A_login_survives_a_short_outage_and_an_unknown_key_does_not()
    {
        await Logins.FindCallerAsync(_made.RegistryUser, _made.RegistryKey, null, Cancellation);
        var sabotage = Installation.Sabotage(_folder.Path);
        using var keys = sabotage.Unreadable("access_key");
        using var users = sabotage.Unreadable("iam_user");
        using var projects = sabotage.Unreadable("project");

        _installation.Clock.Advance(TimeSpan.FromSeconds(30));
        var known = await Logins.FindCallerAsync(_made.RegistryUser, _made.RegistryKey, null, Cancellation);
        await Assert.ThrowsAsync<StorageException>(
            async () => await Logins.FindCallerAsync("cn-local-1@AAAAAAAAAAAAAAAAAAAA", _made.RegistryKey, null, Cancellation));
        _installation.Clock.Advance(TimeSpan.FromSeconds(31));

        Assert.NotNull(known);
        await Assert.ThrowsAsync<StorageException>(
            async () => await Logins.FindCallerAsync(_made.RegistryUser, _made.RegistryKey, null, Cancellation));
    }
}
