using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Accounts;

public sealed class LockoutTests : GuardedEngine
{
    [Theory]
    [InlineData("root")]
    [InlineData("nobody")]
    [Provokes("403201")]
    public async Task The_fourth_try_after_three_wrong_passwords_is_blocked_whoever_it_is(string name)
    {
        for (var i = 0; i < 3; i++)
        {
            using var wrong = await AskForTokenAsync(name, "Wrong-pass-1");
            await wrong.ShouldFailAsync(401, "401202");
        }

        using var blocked = await AskForTokenAsync(name, name == "root" ? RootPassword : "Wrong-pass-1");

        var error = await blocked.ShouldFailAsync(403, "403201");
        Assert.Matches("try again in 3[56][0-9]{2} s", error.Body);
    }

    [Fact]
    public async Task The_block_ends_and_the_count_begins_anew()
    {
        await FailAsync(3);

        App.Clock.Advance(TimeSpan.FromMinutes(59));
        using var early = await AskForTokenAsync("root", RootPassword);
        App.Clock.Advance(TimeSpan.FromMinutes(1) + TimeSpan.FromSeconds(1));
        using var wrong = await AskForTokenAsync("root", "Wrong-pass-1");
        using var late = await AskForTokenAsync("root", RootPassword);

        await early.ShouldFailAsync(403, "403201");
        await wrong.ShouldFailAsync(401, "401202");
        await ShouldBeAsync(late, 200);
    }

    [Fact]
    public async Task The_right_password_forgives_two_wrong_ones()
    {
        for (var i = 0; i < 3; i++)
        {
            await FailAsync(2);
            using var right = await AskForTokenAsync("root", RootPassword);
            await ShouldBeAsync(right, 200);
        }
    }

    [Fact]
    public async Task One_blocked_account_blocks_no_other()
    {
        (await AddAsync("other")).Dispose();

        await FailAsync(3);

        using var response = await AskForTokenAsync("other", Password);
        await ShouldBeAsync(response, 200);
    }

    [Fact]
    [Provokes("429001")]
    public async Task A_network_that_logs_in_too_often_has_to_wait()
    {
        var engine = new Hurried();
        await engine.InitializeAsync();
        await using var app = engine;
        await engine.TokenAsync("root", RootPassword);
        await engine.TokenAsync("root", RootPassword);

        using var refused = await engine.AskForTokenAsync("root", RootPassword);
        engine.App.Clock.Advance(TimeSpan.FromMinutes(1));
        using var later = await engine.AskForTokenAsync("root", RootPassword);

        await refused.ShouldFailAsync(429, "429001");
        Assert.Equal(60, refused.Headers.RetryAfter?.Delta?.TotalSeconds);
        await ShouldBeAsync(later, 200);
    }

    [Fact]
    public async Task Many_wrong_passwords_at_once_are_no_more_than_three_tries()
    {
        var tries = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => AskForTokenAsync("root", "Wrong-pass-1")));

        var codes = tries.Select(static r => (int)r.StatusCode).ToList();
        Array.ForEach(tries, static r => r.Dispose());
        Assert.Equal((3, 9), (codes.Count(static c => c == 401), codes.Count(static c => c == 403)));
    }

    [Fact]
    public async Task Many_right_passwords_at_once_all_count()
    {
        var tries = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => AskForTokenAsync("root", RootPassword)));

        var codes = tries.Select(static r => (int)r.StatusCode).ToList();
        Array.ForEach(tries, static r => r.Dispose());
        Assert.All(codes, static c => Assert.Equal(200, c));
    }

    [Fact]
    public async Task The_locks_are_listed_until_they_end()
    {
        await FailAsync(3);
        using var admin = WithBearer(Root.DefaultRequestHeaders.Authorization!.Parameter!);

        var during = await GetAsync(admin, "/v4/account-locks");

        var row = Assert.Single(during.GetProperty("data").EnumerateArray());
        Assert.Equal(1, during.GetProperty("total").GetInt32());
        Assert.Equal("root::127.0.0.1", row.GetProperty("key").GetString());
        Assert.Equal("banned", row.GetProperty("status").GetString());
        Assert.InRange(row.GetProperty("releaseAt").GetInt64() - App.Clock.GetUtcNow().ToUnixTimeSeconds(), 3500, 3600);
        App.Clock.Advance(TimeSpan.FromMinutes(61));
        using var again = await LoggedInAsync("root", RootPassword);
        Assert.Equal(0, (await GetAsync(again, "/v4/account-locks")).GetProperty("total").GetInt32());
    }

    private async Task FailAsync(int times)
    {
        for (var i = 0; i < times; i++)
        {
            using var wrong = await AskForTokenAsync("root", "Wrong-pass-1");
            await wrong.ShouldFailAsync(401, "401202");
        }
    }

    private sealed class Hurried : GuardedEngine
    {
        protected override IEnumerable<(string Key, string Value)> Settings => [("Discovery:Rbac:LoginsPerMinute", "3")];
    }
}
