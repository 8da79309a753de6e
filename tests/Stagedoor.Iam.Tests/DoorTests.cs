using System.Net.Http.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

/// <summary>Every door against every rule about callers: who came in before the rule applied to it does not come in after.</summary>
public sealed class DoorTests(DoorTests.Fixture fixture) : IClassFixture<DoorTests.Fixture>
{
    private static readonly string[] s_withKey = ["signature", "registry login", "registry token", "key headers", "web socket"];
    private static readonly string[] s_withToken = ["token", "token for a token", "token at the engine"];
    private static readonly string[] s_all = [.. Door.All.Select(static d => d.Name)];

    /// <summary>The rules, and the doors that they close.</summary>
    private static readonly Dictionary<string, string[]> s_rules = new(StringComparer.Ordinal)
    {
        ["nothing"] = [],
        ["the user is disabled"] = s_all,
        ["the user is deleted"] = s_all,
        ["the user is for the console only"] = s_all,
        ["the project is suspended"] = s_all,
        ["the key is inactive"] = [.. s_withKey, .. s_withToken],
        ["the key is deleted"] = [.. s_withKey, .. s_withToken],
        // Guessing at the key is what is locked out; who holds a token has not guessed, and a push that is under way goes on.
        ["the key is locked"] = [.. s_withKey.Where(static d => d is not "registry token")],
        ["the password is locked"] = ["password"],
        ["the password is changed"] = ["password", .. s_withToken],
        ["the password must be changed"] = ["token", "token at the engine"],
        ["the token is revoked"] = s_withToken,
        ["the token has expired"] = [.. s_withToken, "registry token"],
        ["a role is taken away"] = [.. s_withToken, "key headers", "web socket"],
    };

    public static TheoryData<string, string> Table
    {
        get
        {
            var table = new TheoryData<string, string>();
            foreach (var rule in s_rules.Keys)
            {
                foreach (var door in Door.All)
                {
                    table.Add(rule, door.Name);
                }
            }

            return table;
        }
    }

    public static TheoryData<string> Doors => [.. s_all];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Directory Directory => fixture.Open;

    [Theory]
    [MemberData(nameof(Table))]
    public async Task A_rule_closes_the_doors_that_it_is_about(string rule, string door)
    {
        var guest = await Guests.AddAsync(Directory);
        var way = Door.Named(door);
        guest.Tokens[door] = await way.Prepare(Directory, guest);
        var before = await way.EnterAsync(Directory, guest);

        await ApplyAsync(rule, guest);
        // Answers are kept for a second.
        Directory.App.Clock.Advance(TimeSpan.FromSeconds(2));
        var after = await way.EnterAsync(Directory, guest);

        Assert.True(before is 101 or 200 or 201, $"before: {before}");
        if (s_rules[rule].Contains(door, StringComparer.Ordinal))
        {
            Assert.True(after is 401 or 403 or 404, $"after: {after}");
        }
        else
        {
            Assert.True(after is 101 or 200 or 201, $"after: {after}");
        }
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public async Task Who_calls_from_an_address_that_is_not_allowed_comes_in_nowhere(string door)
    {
        var guest = await Guests.AddAsync(fixture.Closed);
        var way = Door.Named(door);
        if (way.Name is "token" or "token at the engine" or "token for a token" or "registry token")
        {
            // None is to be had from here, and one that was had elsewhere does not count here.
            guest.Tokens[door] = await fixture.TokenFromElsewhereAsync(way, guest);
        }

        Assert.True(await way.EnterAsync(fixture.Closed, guest) is 401 or 403);
        if (way.Name is not ("token" or "token at the engine" or "token for a token" or "registry token"))
        {
            var root = fixture.Root;
            Assert.True(await way.EnterAsync(fixture.Closed, root) is 101 or 200 or 201);
        }
    }

    [Fact]
    [Provokes("APIGW.0402")]
    public async Task The_refusal_of_an_address_says_so_and_not_before_the_credential_is_proved()
    {
        var guest = await Guests.AddAsync(fixture.Closed);
        using var signed = fixture.Closed.App.WithKeys(guest.AccessKey, guest.SecretKey);
        using var wrong = fixture.Closed.App.WithKeys(guest.AccessKey, "wrong");

        using var refused = await signed.GetAsync("/v3/auth/projects", Cancellation);
        using var login = await fixture.Closed.AskTokenAsync(guest.Name, Directory.Password);
        using var unproved = await wrong.GetAsync("/v3/auth/projects", Cancellation);
        using var unknown = await fixture.Closed.AskTokenAsync(guest.Name, "wrong-Password-1");

        await refused.ShouldFailAsync(403, "APIGW.0402");
        await login.ShouldFailAsync(403, "APIGW.0402");
        await unproved.ShouldFailAsync(401, "APIGW.0301");
        await unknown.ShouldFailAsync(401, "IAM.0001");
    }

    [Fact]
    [Provokes("IAM.0081")]
    public async Task A_user_for_the_console_gets_no_token_and_keeps_none()
    {
        var guest = await Guests.AddAsync(Directory);
        using var holder = Directory.App.WithToken(await Directory.TokenAsync(guest.Name));
        await Directory.UpdateUserAsync(guest.Id, new { access_mode = "console" });

        using var asked = await Directory.AskTokenAsync(guest.Name, Directory.Password);
        using var kept = await holder.GetAsync("/v3/auth/projects", Cancellation);
        await Directory.UpdateUserAsync(guest.Id, new { access_mode = "default" });
        using var again = await Directory.AskTokenAsync(guest.Name, Directory.Password);
        using var still = await holder.GetAsync("/v3/auth/projects", Cancellation);

        await asked.ShouldFailAsync(403, "IAM.0081");
        await kept.ShouldFailAsync(401, "APIGW.0307");
        Assert.Equal(201, (int)again.StatusCode);
        await still.ShouldFailAsync(401, "APIGW.0307");
    }

    [Fact]
    [Provokes("APIGW.0306")]
    public async Task Who_has_to_change_the_password_may_do_that_alone()
    {
        var guest = await Guests.AddAsync(Directory);
        await Directory.UpdateUserAsync(guest.Id, new { password = "chosen-By-Admin-1", pwd_status = true });
        using var login = await Directory.AskTokenAsync(guest.Name, "chosen-By-Admin-1");
        using var holder = Directory.App.WithToken(login.Headers.GetValues("X-Subject-Token").Single());

        using var early = await holder.GetAsync("/v3/auth/projects", Cancellation);
        using var change = await holder.PostAsJsonAsync(
            $"/v3/users/{guest.Id}/password", new { user = new { original_password = "chosen-By-Admin-1", password = "own-Choice-22" } }, Cancellation);
        using var free = Directory.App.WithToken(await Directory.TokenAsync(guest.Name, "own-Choice-22"));
        using var late = await free.GetAsync("/v3/auth/projects", Cancellation);

        var error = await early.ShouldFailAsync(403, "APIGW.0306");
        Assert.Contains("POST /v3/users/{id}/password", error.Body, StringComparison.Ordinal);
        Assert.Equal((204, 200), ((int)change.StatusCode, (int)late.StatusCode));
    }

    private async Task ApplyAsync(string rule, Guest guest)
    {
        var admin = Directory.Admin;
        var key = $"/v3.0/OS-CREDENTIAL/credentials/{guest.AccessKey}";
        switch (rule)
        {
            case "the user is disabled":
                await Directory.UpdateUserAsync(guest.Id, new { enabled = false });
                break;
            case "the user is deleted":
                await ExpectAsync(204, admin.DeleteAsync($"/v3/users/{guest.Id}", Cancellation));
                break;
            case "the user is for the console only":
                await Directory.UpdateUserAsync(guest.Id, new { access_mode = "console" });
                break;
            case "the project is suspended":
                await ExpectAsync(204, admin.PutAsJsonAsync($"/v3-ext/projects/{guest.ProjectId}", new { project = new { status = "suspended" } }, Cancellation));
                break;
            case "the key is inactive":
                await ExpectAsync(200, admin.PutAsJsonAsync(key, new { credential = new { status = "inactive" } }, Cancellation));
                break;
            case "the key is deleted":
                await ExpectAsync(204, admin.DeleteAsync(key, Cancellation));
                break;
            case "the key is locked":
                using (var forger = Directory.App.WithKeys(guest.AccessKey, "wrong"))
                {
                    for (var i = 0; i < 6; i++)
                    {
                        await ExpectAsync(401, forger.GetAsync("/v3/auth/projects", Cancellation));
                    }
                }

                break;
            case "the password is locked":
                for (var i = 0; i < 5; i++)
                {
                    await ExpectAsync(401, Directory.AskTokenAsync(guest.Name, "wrong-Password-1"));
                }

                break;
            case "the password is changed":
                await Directory.UpdateUserAsync(guest.Id, new { password = "another-One-8" });
                break;
            case "the password must be changed":
                await Directory.UpdateUserAsync(guest.Id, new { pwd_status = true });
                break;
            case "the token is revoked":
                foreach (var token in guest.Tokens.Values.Where(static t => t.StartsWith("st1.", StringComparison.Ordinal)))
                {
                    using var request = new HttpRequestMessage(HttpMethod.Delete, "/v3/auth/tokens");
                    request.Headers.Add("X-Subject-Token", token);
                    await ExpectAsync(204, admin.SendAsync(request, Cancellation));
                }

                break;
            case "the token has expired":
                Directory.App.Clock.Turn(TimeSpan.FromHours(25));
                break;
            case "a role is taken away":
                await ExpectAsync(204, admin.DeleteAsync(
                    $"/v3/projects/{guest.ProjectId}/users/{guest.Id}/roles/{await Directory.RoleIdAsync(RoleNames.TenantGuest)}", Cancellation));
                break;
        }
    }

    private static async Task ExpectAsync(int status, Task<HttpResponseMessage> request)
    {
        using var response = await request;
        Assert.Equal(status, (int)response.StatusCode);
    }

    public sealed class Fixture : IAsyncLifetime
    {
        /// <summary>An installation that everybody may call.</summary>
        internal Directory Open { get; } = new(("Discovery:Anonymous", "Never"));

        /// <summary>One that only the root user may call from here.</summary>
        internal Directory Closed { get; } = new(("Discovery:Anonymous", "Never"), ("Gateway:AllowedAddresses:0", "203.0.113.0/24"), ("Gateway:TrustedProxies:0", "127.0.0.1"));

        internal Guest Root
        {
            get
            {
                var run = Closed.App.FirstRun;
                return new(run.UserId, run.User, run.AccessKey, run.SecretKey, run.ProjectId, run.Project) { Password = run.Password };
            }
        }

        /// <summary>A token that was got from an allowed address.</summary>
        internal async Task<string> TokenFromElsewhereAsync(Door door, Guest guest)
        {
            var client = Closed.App.Anonymous.DefaultRequestHeaders;
            client.Add("X-Forwarded-For", "203.0.113.7");
            try
            {
                return await door.Prepare(Closed, guest);
            }
            finally
            {
                client.Remove("X-Forwarded-For");
            }
        }

        public async ValueTask InitializeAsync()
        {
            await Open.InitializeAsync();
            await Closed.InitializeAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await Open.DisposeAsync();
            await Closed.DisposeAsync();
        }
    }
}
