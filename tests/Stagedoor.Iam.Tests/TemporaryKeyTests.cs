using Stagedoor.Iam.Credentials;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

public sealed class TemporaryKeyTests : IAsyncLifetime
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);
    private readonly TemporaryFolder _folder = new();
    private Installation _installation = null!;
    private FirstRunCredentials _made = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TemporaryKeys Keys => _installation.Get<TemporaryKeys>();

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
    public async Task It_opens_the_registry_and_neither_signs_nor_opens_the_microservice_engine()
    {
        var key = (await Keys.IssueAsync(await CallerAsync(), s_hour, Cancellation))!;

        var caller = await Logins.FindCallerAsync($"{_made.Project}@{key.AccessKey}", key.Password, null, Cancellation);
        var bearer = await Logins.FindCallerAsync($"bearertoken@{key.AccessKey}", key.Password, null, Cancellation);
        var engine = await _installation.Get<IAccessKeyLogins>().FindCallerByKeyAsync(key.AccessKey, key.Password, null, null, Cancellation);

        Assert.Equal((_made.UserId, _made.ProjectId, key.AccessKey), (caller?.UserId, caller?.ProjectId, caller?.AccessKey));
        Assert.Equal((_made.UserId, _made.ProjectId), (bearer?.UserId, bearer?.ProjectId));
        Assert.Null(engine);
        Assert.DoesNotContain(await _installation.Get<CredentialStore>().ListAsync(_made.UserId, Cancellation), c => c.AccessKey == key.AccessKey);
    }

    [Fact]
    public async Task It_is_known_again_until_it_ends()
    {
        var key = (await Keys.IssueAsync(await CallerAsync(), s_hour, Cancellation))!;
        var caller = (await Logins.FindCallerAsync($"{_made.Project}@{key.AccessKey}", key.Password, null, Cancellation))!;
        var callers = _installation.Get<ICallers>();

        var known = await callers.FindAgainAsync(caller.UserId, caller.ProjectId, caller.Credential!, null, Cancellation);
        _installation.Clock.Advance(s_hour);
        var ended = await callers.FindAgainAsync(caller.UserId, caller.ProjectId, caller.Credential!, null, Cancellation);

        Assert.NotNull(known);
        Assert.Null(ended);
        Assert.Null(await Logins.FindCallerAsync($"{_made.Project}@{key.AccessKey}", key.Password, null, Cancellation));
    }

    [Fact]
    public async Task Those_that_have_ended_are_removed()
    {
        var sabotage = Installation.Sabotage(_folder.Path);
        var caller = await CallerAsync();
        await Keys.IssueAsync(caller, s_hour, Cancellation);
        await Keys.IssueAsync(caller, 2 * s_hour, Cancellation);
        _installation.Clock.Advance(s_hour);

        Assert.Equal(2, sabotage.Count("temporary_access_key"));
        await Keys.ForgetExpiredAsync(Cancellation);
        Assert.Equal(1, sabotage.Count("temporary_access_key"));
    }

    [Fact]
    public async Task Of_too_many_those_go_first_that_would_have_ended_first()
    {
        var sabotage = Installation.Sabotage(_folder.Path);
        var caller = await CallerAsync();
        var (shortest, longest) = ((await Keys.IssueAsync(caller, s_hour, Cancellation))!, (await Keys.IssueAsync(caller, 3 * s_hour, Cancellation))!);
        sabotage.Execute(
            $"""
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {TemporaryKeys.MaximumPerUser - 2})
            INSERT INTO temporary_access_key (access_key, user_id, secret, secret_version, stamp, created_at, expires_at)
            SELECT 'N' || i, user_id, secret, secret_version, stamp, created_at, expires_at + 1 FROM temporary_access_key JOIN n WHERE access_key = '{shortest.AccessKey}'
            """);

        Assert.Equal(TemporaryKeys.MaximumPerUser, sabotage.Count("temporary_access_key"));
        var last = (await Keys.IssueAsync(caller, s_hour, Cancellation))!;

        Assert.Equal(TemporaryKeys.MaximumPerUser, sabotage.Count("temporary_access_key"));
        Assert.Null(await Logins.FindCallerAsync($"{_made.Project}@{shortest.AccessKey}", shortest.Password, null, Cancellation));
        Assert.NotNull(await Logins.FindCallerAsync($"{_made.Project}@{longest.AccessKey}", longest.Password, null, Cancellation));
        Assert.NotNull(await Logins.FindCallerAsync($"{_made.Project}@{last.AccessKey}", last.Password, null, Cancellation));
    }

    [Fact]
    public async Task Nobody_who_is_gone_gets_one()
    {
        var caller = await CallerAsync();

        Assert.Null(await Keys.IssueAsync(caller with { UserId = "00000000000000000000000000000000" }, s_hour, Cancellation));
    }

    private async Task<Caller> CallerAsync() => (await Logins.FindCallerAsync(_made.RegistryUser, _made.RegistryKey, null, Cancellation))!;
}
