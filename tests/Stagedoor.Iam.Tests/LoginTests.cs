using System.Net.Http.Json;
using Stagedoor.Iam.Tokens;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

/// <summary>Guessing passwords: each test has an installation of its own, since it counts and moves the clock.</summary>
public sealed class LoginTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Provokes("IAM.0061")]
    public async Task Five_wrong_passwords_lock_until_the_time_is_over()
    {
        await using var directory = new Directory();
        await directory.InitializeAsync();
        await directory.AddUserAsync("locked");
        await GuessAsync(directory, "locked", 5);

        using var right = await directory.AskTokenAsync("locked", Directory.Password);
        directory.App.Clock.Advance(TimeSpan.FromMinutes(14));
        using var still = await directory.AskTokenAsync("locked", Directory.Password);
        directory.App.Clock.Advance(TimeSpan.FromMinutes(2));
        using var open = await directory.AskTokenAsync("locked", Directory.Password);

        await right.ShouldFailAsync(401, "IAM.0061");
        await still.ShouldFailAsync(401, "IAM.0061");
        Assert.Equal(201, (int)open.StatusCode);
    }

    [Fact]
    public async Task Four_wrong_passwords_do_not_lock_and_the_right_one_starts_the_count_anew()
    {
        await using var directory = new Directory();
        await directory.InitializeAsync();
        await directory.AddUserAsync("careless");

        await GuessAsync(directory, "careless", 4);
        using var first = await directory.AskTokenAsync("careless", Directory.Password);
        await GuessAsync(directory, "careless", 4);
        using var second = await directory.AskTokenAsync("careless", Directory.Password);

        Assert.Equal((201, 201), ((int)first.StatusCode, (int)second.StatusCode));
    }

    [Fact]
    [Provokes("IAM.0061")]
    public async Task A_name_that_nobody_has_is_locked_like_one_that_somebody_has()
    {
        await using var directory = new Directory();
        await directory.InitializeAsync();
        await GuessAsync(directory, "nobody", 5);

        using var sixth = await directory.AskTokenAsync("nobody", "guess-Number-6");

        await sixth.ShouldFailAsync(401, "IAM.0061");
    }

    [Fact]
    public async Task A_right_password_ends_no_lock_that_another_replica_has_made()
    {
        using var folder = new TemporaryFolder();
        await using var replica = new Installation(folder.Path);
        await replica.StartAsync();
        var failures = replica.Get<LoginFailureStore>();
        for (var i = 0; i < 5; i++)
        {
            await failures.AddAsync("somebody", 5, Cancellation);
        }

        await failures.ForgetAsync("somebody", Cancellation);

        Assert.True(await failures.IsLockedAsync("somebody", Cancellation));
    }

    [Fact]
    [Provokes("IAM.0061")]
    public async Task A_restart_does_not_unlock()
    {
        await using var directory = new Directory();
        await directory.InitializeAsync();
        await directory.AddUserAsync("patient");
        await GuessAsync(directory, "patient", 5);

        await directory.App.RestartAsync();
        using var after = await directory.AskTokenAsync("patient", Directory.Password);

        await after.ShouldFailAsync(401, "IAM.0061");
    }

    [Fact]
    [Provokes("IAM.0061")]
    public async Task A_burst_of_guesses_gets_no_more_than_five()
    {
        await using var directory = new Directory();
        await directory.InitializeAsync();
        await directory.AddUserAsync("burst");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => directory.AskTokenAsync("burst", $"guess-Number-{i}")));

        var bodies = await Task.WhenAll(answers.Select(a => a.Content.ReadAsStringAsync(Cancellation)));
        Assert.Equal(5, bodies.Count(b => b.Contains("IAM.0001", StringComparison.Ordinal)));
        Assert.Equal(15, bodies.Count(b => b.Contains("IAM.0061", StringComparison.Ordinal)));
        Assert.All(answers, a => a.Dispose());
    }

    [Fact]
    [Provokes("IAM.0061")]
    [Provokes("IAM.0001")]
    public async Task Guessing_the_old_password_of_a_stolen_token_locks_as_well()
    {
        await using var directory = new Directory();
        await directory.InitializeAsync();
        var id = await directory.AddUserAsync("stolen");
        using var thief = directory.App.WithToken(await directory.TokenAsync("stolen"));

        for (var i = 0; i < 5; i++)
        {
            using var wrong = await ChangeAsync(thief, id, $"guess-Number-{i}");
            await wrong.ShouldFailAsync(401, "IAM.0001");
        }

        using var sixth = await ChangeAsync(thief, id, Directory.Password);
        await sixth.ShouldFailAsync(401, "IAM.0061");
    }

    [Fact]
    [Provokes("IAM.0061")]
    public async Task A_lock_hits_the_network_that_caused_it()
    {
        await using var directory = new Directory(("Gateway:TrustedProxies:0", "127.0.0.1"));
        await directory.InitializeAsync();
        var run = directory.App.FirstRun;
        for (var i = 0; i < 5; i++)
        {
            // Five addresses of one network, whose owner may use any of them.
            using var wrong = await AskFromAsync(directory, $"2001:db8:1:1::{i + 1}", run.User, "wrong-Password-1", new { name = run.Domain });
            await wrong.ShouldFailAsync(401, "IAM.0001");
        }

        using var attacker = await AskFromAsync(directory, "2001:db8:1:1:ffff::1", run.User, run.Password, new { name = run.Domain });
        using var owner = await AskFromAsync(directory, "2001:db8:1:2::1", run.User, run.Password, new { name = run.Domain });

        await attacker.ShouldFailAsync(401, "IAM.0061");
        Assert.Equal(201, (int)owner.StatusCode);
    }

    [Fact]
    public async Task Very_many_wrong_passwords_from_everywhere_are_recorded_and_lock_nobody_out()
    {
        await using var directory = new Directory(("Gateway:TrustedProxies:0", "127.0.0.1"));
        await directory.InitializeAsync();
        await directory.AddUserAsync("target");
        for (var i = 0; i < 100; i++)
        {
            using var wrong = await AskFromAsync(directory, $"203.0.113.{i}", "target", "wrong-Password-1", new { name = directory.App.FirstRun.Domain });
            await wrong.ShouldFailAsync(401, "IAM.0001");
        }

        using var owner = await AskFromAsync(directory, "198.51.100.1", "target", Directory.Password, new { name = directory.App.FirstRun.Domain });

        Assert.Equal(201, (int)owner.StatusCode);
        await Eventually.TrueAsync("the record is written", TimeSpan.FromSeconds(20), async () =>
        {
            using var records = await directory.Admin.GetAsync("/v3/audit/records?trace_name=loginFailed&limit=200", Cancellation);
            return (await records.Content.ReadAsStringAsync(Cancellation)).Contains("wrong passwords from many networks", StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("owner")]
    [InlineData("nobody")]
    [Provokes("IAM.0061")]
    public async Task Whether_there_is_such_a_user_is_not_told_in_any_spelling_of_its_account(string name)
    {
        await using var directory = new Directory();
        await directory.InitializeAsync();
        await directory.AddUserAsync("owner");
        var run = directory.App.FirstRun;
        var answers = new List<string>();
        for (var i = 0; i < 12; i++)
        {
            using var response = await AskFromAsync(
                directory, null, name, "wrong-Password-1", (i % 3) switch { 0 => new { name = run.Domain }, 1 => new { id = run.DomainId }, _ => (object)new { id = run.DomainId, name = "else" } });
            var body = await response.Content.ReadAsStringAsync(Cancellation);
            answers.Add(body.Contains("IAM.0061", StringComparison.Ordinal) ? "locked" : "wrong");
        }

        Assert.Equal(Enumerable.Repeat("wrong", 5).Concat(Enumerable.Repeat("locked", 7)), answers);
    }

    [Fact]
    [Provokes("IAM.0012")]
    public async Task An_address_that_logs_in_too_often_has_to_wait()
    {
        await using var app = await StagedoorApp.StartAsync(("Gateway:PasswordIterations", "10000"), ("Gateway:LoginsPerMinute", "3"));

        for (var i = 0; i < 3; i++)
        {
            await app.NewTokenAsync();
        }

        var body = new { auth = new { identity = new { methods = new[] { "token" }, token = new { id = "st1.AAAA" } } } };
        using var refused = await app.Anonymous.PostAsJsonAsync("/v3/auth/tokens", body, Cancellation);
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await app.NewTokenAsync();

        var error = await refused.ShouldFailAsync(429, "IAM.0012");
        Assert.Contains("Threshold: 3 times per 60 seconds", error.Body, StringComparison.Ordinal);
        Assert.Equal(60, refused.Headers.RetryAfter?.Delta?.TotalSeconds);
    }

    private static Task<HttpResponseMessage> ChangeAsync(HttpClient client, string id, string original) => client.PostAsJsonAsync(
        $"/v3/users/{id}/password", new { user = new { original_password = original, password = "entirely-New-1" } }, Cancellation);

    private static async Task<HttpResponseMessage> AskFromAsync(Directory directory, string? address, string name, string password, object domain)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v3/auth/tokens")
        {
            Content = JsonContent.Create(new { auth = new { identity = new { methods = new[] { "password" }, password = new { user = new { name, password, domain } } } } }),
        };
        if (address is not null)
        {
            request.Headers.Add("X-Forwarded-For", address);
        }

        return await directory.App.Anonymous.SendAsync(request, Cancellation);
    }

    private static async Task GuessAsync(Directory directory, string user, int times)
    {
        for (var i = 0; i < times; i++)
        {
            using var wrong = await directory.AskTokenAsync(user, $"guess-Number-{i}");
            await wrong.ShouldFailAsync(401, "IAM.0001");
        }
    }
}
