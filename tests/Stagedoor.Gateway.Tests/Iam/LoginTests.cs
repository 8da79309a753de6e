using System.Net.Http.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Gateway.Tests.Iam;

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

    private static async Task GuessAsync(Directory directory, string user, int times)
    {
        for (var i = 0; i < times; i++)
        {
            using var wrong = await directory.AskTokenAsync(user, $"guess-Number-{i}");
            await wrong.ShouldFailAsync(401, "IAM.0001");
        }
    }
}
