using System.Net.Http.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Accounts;

public sealed class PasswordTests : GuardedEngine
{
    private const string Other = "Other-Horse-8";

    [Fact]
    public async Task The_own_password_is_changed_by_who_knows_it_and_ends_the_tokens_that_are_out()
    {
        using var alice = await AddAsync("alice");

        using var changed = await ChangeAsync(alice, "alice", Other, Password);

        Assert.Equal("", await ShouldBeAsync(changed, 200));
        using var old = await alice.GetAsync(Services, Cancellation);
        await old.ShouldFailAsync(401, "401002");
        using var refused = await AskForTokenAsync("alice", Password);
        await refused.ShouldFailAsync(401, "401202");
        (await LoggedInAsync("alice", Other)).Dispose();
    }

    [Fact]
    [Provokes("401207")]
    public async Task A_wrong_current_password_changes_nothing()
    {
        using var alice = await AddAsync("alice");

        using var response = await ChangeAsync(alice, "alice", Other, "Wrong-pass-1");

        await response.ShouldFailAsync(401, "401207");
        using var still = await alice.GetAsync(Services, Cancellation);
        await ShouldBeAsync(still, 200);
    }

    [Fact]
    public async Task A_stolen_token_is_no_way_to_guess_the_password()
    {
        using var alice = await AddAsync("alice");

        for (var i = 0; i < 3; i++)
        {
            using var wrong = await ChangeAsync(alice, "alice", Other, "Wrong-pass-1");
            await wrong.ShouldFailAsync(401, "401207");
        }

        using var blocked = await ChangeAsync(alice, "alice", Other, Password);
        await blocked.ShouldFailAsync(403, "403201");
    }

    [Fact]
    public async Task The_own_password_is_not_changed_without_the_current_one()
    {
        using var admin = await AddAsync("second", "admin");

        using var response = await ChangeAsync(admin, "second", Other, null);

        await response.ShouldFailAsync(400, "400001");
    }

    [Fact]
    public async Task An_administrator_sets_the_password_of_another_which_lets_that_one_in_again()
    {
        using var alice = await AddAsync("alice");
        for (var i = 0; i < 3; i++)
        {
            using var wrong = await AskForTokenAsync("alice", "Wrong-pass-1");
        }

        using var changed = await ChangeAsync(Root, "alice", Other, null);

        await ShouldBeAsync(changed, 200);
        (await LoggedInAsync("alice", Other)).Dispose();
        using var old = await alice.GetAsync(Services, Cancellation);
        await old.ShouldFailAsync(401, "401002");
    }

    [Fact]
    public async Task Nobody_else_sets_the_password_of_another_not_even_who_manages_accounts()
    {
        await AddRoleAsync("clerk", Perm("account", "*"));
        using var clerk = await AddAsync("clerk", "clerk", "developer");

        using var response = await ChangeAsync(clerk, "root", Other, null);

        await response.ShouldFailAsync(403, "403001");
    }

    [Fact]
    public async Task Who_may_nothing_else_may_change_the_own_password()
    {
        await AddRoleAsync("nothing", Perm("config", "get"));
        using var alice = await AddAsync("alice", "nothing");

        using var changed = await ChangeAsync(alice, "alice", Other, Password);

        await ShouldBeAsync(changed, 200);
    }

    [Fact]
    public async Task A_new_password_is_strong_or_refused()
    {
        using var alice = await AddAsync("alice");

        using var weak = await ChangeAsync(alice, "alice", "secret", Password);
        using var none = await ChangeAsync(alice, "alice", "", Password);

        await weak.ShouldFailAsync(400, "400206");
        await none.ShouldFailAsync(400, "400001");
    }

    [Fact]
    public async Task Two_changes_at_once_with_one_password_are_one_change()
    {
        using var alice = await AddAsync("alice");

        var tries = await Task.WhenAll(Enumerable.Range(0, 2).Select(i => ChangeAsync(alice, "alice", $"Other-Horse-{i}", Password)));

        var codes = tries.Select(static r => (int)r.StatusCode).Order().ToArray();
        Array.ForEach(tries, static r => r.Dispose());
        Assert.Equal([200, 401], codes);
    }

    private static Task<HttpResponseMessage> ChangeAsync(HttpClient client, string name, string password, string? current) =>
        client.PostAsJsonAsync($"/v4/accounts/{name}/password", new { password, currentPassword = current }, Cancellation);
}
