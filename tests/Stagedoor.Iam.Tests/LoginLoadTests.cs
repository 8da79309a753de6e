using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Identity;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

/// <summary>More logins than passwords can be checked, at both doors. The threads that check are held, so that nothing depends on their speed.</summary>
public sealed class LoginLoadTests : IAsyncLifetime
{
    private readonly ManualResetEventSlim _held = new();
    private StagedoorApp _app = null!;
    private Task _holders = Task.CompletedTask;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private LoginRoom Room => _app.Services.GetRequiredService<LoginRoom>();

    public async ValueTask InitializeAsync()
    {
        _app = await StagedoorApp.StartAsync(
            ("Gateway:PasswordIterations", "10000"),
            ("Discovery:Rbac:Enabled", "true"),
            ("Discovery:Rbac:PasswordIterations", "10000"),
            ("Gateway:LoginsPerMinute", "100000"),
            ("Discovery:Rbac:LoginsPerMinute", "100000"),
            ("Gateway:TrustedProxies:0", "127.0.0.1"));
        var hashing = _app.Services.GetRequiredService<PasswordHashing>();
        _holders = Task.WhenAll(Enumerable.Range(0, hashing.Threads).Select(_ => hashing.OccupyAsync(_held.Wait)));
    }

    public async ValueTask DisposeAsync()
    {
        _held.Set();
        await _holders;
        await _app.DisposeAsync();
        _held.Dispose();
    }

    [Theory]
    [InlineData("gateway", "IAM.0012")]
    [InlineData("engine", "429001")]
    public async Task What_one_network_has_too_much_of_is_refused_and_others_are_served(string door, string code)
    {
        var share = Room.Capacity / 2;
        var inside = Enumerable.Range(0, share).Select(i => LogInAsync(door, $"invented{i}", "203.0.113.1")).ToList();
        var oneMore = LogInAsync(door, "invented", "203.0.113.1");
        // One of them comes too late, whichever it is; the others wait.
        var refused = await await Task.WhenAny([.. inside, oneMore]);
        using var alive = await _app.Anonymous.GetAsync("/healthz", Cancellation);
        var elsewhere = LogInAsync(door, "invented", "203.0.113.2");
        _held.Set();
        var answers = await Task.WhenAll([.. inside, oneMore, elsewhere]);

        await refused.ShouldFailAsync(429, code);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal(200, (int)alive.StatusCode);
        Assert.Equal(1, answers.Count(static a => (int)a.StatusCode == 429));
        Assert.Equal(401, (int)answers[^1].StatusCode);
        Array.ForEach(answers, static a => a.Dispose());
    }

    [Fact]
    [Provokes("IAM.0012")]
    public async Task Ten_times_as_many_as_fit_leave_the_rest_of_the_server_alone()
    {
        var all = Enumerable.Range(0, Room.Capacity * 10).Select(i => LogInAsync("gateway", $"invented{i}", $"203.0.113.{i % 200}")).ToList();
        await Eventually.TrueAsync(
            "nine tenths are refused", TimeSpan.FromSeconds(60), () => all.Count(static t => t.IsCompletedSuccessfully) == Room.Capacity * 9);

        using var alive = await _app.Anonymous.GetAsync("/healthz", Cancellation);
        using var signed = await _app.Admin.GetAsync("/v3/auth/projects", Cancellation);
        _held.Set();
        var answers = await Task.WhenAll(all);

        await answers.First(static a => (int)a.StatusCode == 429).ShouldFailAsync(429, "IAM.0012");
        Assert.Equal((200, 200), ((int)alive.StatusCode, (int)signed.StatusCode));
        Assert.Equal(Room.Capacity, answers.Count(static a => (int)a.StatusCode == 401));
        Array.ForEach(answers, static a => a.Dispose());
    }

    private async Task<HttpResponseMessage> LogInAsync(string door, string name, string from)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, door == "engine" ? "/v4/token" : "/v3/auth/tokens")
        {
            Content = door == "engine"
                ? JsonContent.Create(new { name, password = "Wrong-pass-1" })
                : JsonContent.Create(new
                {
                    auth = new
                    {
                        identity = new
                        {
                            methods = new[] { "password" },
                            password = new { user = new { name, password = "wrong-Password-1", domain = new { name = _app.FirstRun.Domain } } },
                        },
                    },
                }),
        };
        request.Headers.Add("X-Forwarded-For", from);
        return await _app.Anonymous.SendAsync(request, Cancellation);
    }
}
