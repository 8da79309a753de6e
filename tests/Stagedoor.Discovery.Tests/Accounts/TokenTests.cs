using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Accounts;

public sealed class TokenTests : GuardedEngine
{
    [Fact]
    [Provokes("401205")]
    public async Task A_client_gets_a_token_uses_it_for_twelve_hours_and_gets_another()
    {
        using var client = await AddAsync("provider");

        using var registered = await RegisterAsync(client, "orders");
        await ShouldBeAsync(registered, 200);
        App.Clock.Advance(TimeSpan.FromHours(12) - TimeSpan.FromMinutes(1));
        using var early = await client.GetAsync(Services, Cancellation);
        await ShouldBeAsync(early, 200);
        App.Clock.Advance(TimeSpan.FromMinutes(1));
        using var late = await client.GetAsync(Services, Cancellation);

        await late.ShouldFailAsync(401, "401205");
        using var again = await LoggedInAsync("provider");
        using var answer = await again.GetAsync(Services, Cancellation);
        Assert.Contains("orders", await ShouldBeAsync(answer, 200), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_answer_is_the_token_alone()
    {
        using var response = await AskForTokenAsync("root", RootPassword, "10h");

        var answer = JsonSerializer.Deserialize<JsonElement>(await ShouldBeAsync(response, 200));
        Assert.Equal("token", Assert.Single(answer.EnumerateObject()).Name);
    }

    [Theory]
    [InlineData("15m")]
    [InlineData("24h")]
    [InlineData("1h30m")]
    [InlineData(null)]
    public async Task A_lifetime_of_15_minutes_to_24_hours_is_granted(string? lifetime)
    {
        using var response = await AskForTokenAsync("root", RootPassword, lifetime);

        await ShouldBeAsync(response, 200);
    }

    [Theory]
    [InlineData("14m59s")]
    [InlineData("24h1s")]
    [InlineData("soon")]
    [InlineData("30")]
    [Provokes("400001")]
    public async Task Another_lifetime_is_refused(string lifetime)
    {
        using var response = await AskForTokenAsync("root", RootPassword, lifetime);

        await response.ShouldFailAsync(400, "400001");
    }

    [Fact]
    public async Task A_long_token_lives_as_long_as_it_says()
    {
        using var client = WithBearer(await TokenAsync("root", RootPassword, "10h"));

        App.Clock.Advance(TimeSpan.FromHours(10) - TimeSpan.FromSeconds(10));
        using var early = await client.GetAsync("/v4/self-perms", Cancellation);
        App.Clock.Advance(TimeSpan.FromSeconds(11));
        using var late = await client.GetAsync("/v4/self-perms", Cancellation);

        await ShouldBeAsync(early, 200);
        await late.ShouldFailAsync(401, "401205");
    }

    [Fact]
    public async Task An_expired_token_is_told_in_the_words_that_clients_look_for()
    {
        using var client = WithBearer(await TokenAsync("root", RootPassword, "15m"));

        App.Clock.Advance(TimeSpan.FromMinutes(16));
        using var response = await client.GetAsync(Services, Cancellation);

        var error = await response.ShouldFailAsync(401, "401205");
        Assert.Contains("Token is expired", error.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_asks_for_no_lifetime_keeps_a_token_for_ten_hours_and_registers_and_beats_with_it()
    {
        // As Go clients do: one token, kept for ten hours, and no other upon 401.
        using var client = await AddAsync("keeper");

        for (var hour = 0; hour < 10; hour++)
        {
            using var registered = await RegisterAsync(client, $"orders-{hour}");
            await ShouldBeAsync(registered, 200);
            App.Clock.Advance(TimeSpan.FromHours(1));
        }

        using var last = await client.GetAsync(Services, Cancellation);
        await ShouldBeAsync(last, 200);
    }

    [Fact]
    [Provokes("401202")]
    public async Task A_wrong_password_and_an_unknown_name_are_answered_alike()
    {
        using var wrong = await AskForTokenAsync("root", "Wrong-pass-1");
        using var unknown = await AskForTokenAsync("nobody", "Wrong-pass-1");

        var first = await wrong.ShouldFailAsync(401, "401202");
        var second = await unknown.ShouldFailAsync(401, "401202");
        Assert.Equal(first.Body, second.Body);
        Assert.Contains("\"errorCode\":\"401202\",\"errorMessage\":\"Wrong user name or password\"", first.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forged_or_malformed_token_is_refused()
    {
        var token = await TokenAsync("root", RootPassword);
        var changed = token[..^8] + (token.EndsWith('A') ? "BBBBBBBB" : "AAAAAAAA");

        foreach (var bad in (string[])["x", "sc1.", "sc1.!!!!", changed, token + "AAAA", new string('a', 3000), "eyJhbGciOiJub25lIn0.e30."])
        {
            using var client = WithBearer(bad);
            using var response = await client.GetAsync(Services, Cancellation);

            var error = await response.ShouldFailAsync(401, "401002");
            Assert.Contains("malformed", error.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_token_of_another_engine_is_refused()
    {
        await using var other = await StagedoorApp.StartAsync(
            ("Discovery:Rbac:Enabled", "true"),
            ("Discovery:Rbac:RootPassword", RootPassword),
            ("Discovery:Rbac:PasswordIterations", "10000"),
            ("Gateway:PasswordIterations", "10000"));
        using var asked = await other.Anonymous.PostAsJsonAsync("/v4/token", new { name = "root", password = RootPassword }, Cancellation);
        var foreign = JsonSerializer.Deserialize<JsonElement>(await ShouldBeAsync(asked, 200)).GetProperty("token").GetString()!;

        using var client = WithBearer(foreign);
        using var response = await client.GetAsync(Services, Cancellation);

        await response.ShouldFailAsync(401, "401002");
    }

    [Fact]
    public async Task Nobody_on_this_machine_comes_in_without_a_credential()
    {
        using var response = await App.Anonymous.GetAsync(Services, Cancellation);

        await response.ShouldFailAsync(401, "401002");
    }

    [Fact]
    public async Task Version_and_health_need_no_token()
    {
        using var version = await App.Anonymous.GetAsync("/v4/default/registry/version", Cancellation);
        using var ready = await App.Anonymous.GetAsync("/v4/default/registry/health/readiness", Cancellation);

        await ShouldBeAsync(version, 200);
        await ShouldBeAsync(ready, 200);
    }

    [Fact]
    public async Task Users_and_keys_of_the_gateway_are_admitted_as_before()
    {
        using var signed = await App.Admin.GetAsync(Services, Cancellation);
        using var request = new HttpRequestMessage(HttpMethod.Get, Services);
        request.Headers.Add("X-Service-AK", App.FirstRun.AccessKey);
        request.Headers.Add("X-Service-ShaAKSK", LoginKey.Compute(App.FirstRun.AccessKey, App.FirstRun.SecretKey));
        using var keyed = await App.Anonymous.SendAsync(request, Cancellation);

        await ShouldBeAsync(signed, 200);
        await ShouldBeAsync(keyed, 200);
    }

    [Theory]
    [InlineData("GET", "/v4/accounts")]
    [InlineData("GET", "/v4/roles")]
    [InlineData("GET", "/v4/self-perms")]
    [InlineData("GET", "/v4/account-locks")]
    [InlineData("DELETE", "/v4/accounts/someone")]
    [Provokes("403001")]
    public async Task Users_of_the_gateway_do_not_manage_accounts(string method, string path)
    {
        using var request = new HttpRequestMessage(new(method), path);
        using var response = await App.Admin.SendAsync(request, Cancellation);

        await response.ShouldFailAsync(403, "403001");
    }

    [Theory]
    [InlineData("""{"password":"x"}""")]
    [InlineData("""{"name":"root"}""")]
    [InlineData("""{"name":7,"password":"x"}""")]
    [InlineData("")]
    public async Task A_request_without_name_and_password_is_refused(string body)
    {
        using var content = new StringContent(body);
        using var response = await App.Anonymous.PostAsync("/v4/token", content, Cancellation);

        await response.ShouldFailAsync(400, "400001");
    }
}
