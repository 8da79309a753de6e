using System.Net.Http.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>A registry token against everything that may end what it was issued to.</summary>
public sealed class TokenEndTests(Installation images) : IClassFixture<Installation>
{
    private const string Password = "correct-Horse-7";
    private static int s_users;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("login", "nothing", false)]
    [InlineData("login", "key inactive", true)]
    [InlineData("login", "key deleted", true)]
    [InlineData("login", "user disabled", true)]
    [InlineData("login", "user deleted", true)]
    [InlineData("login", "password changed", false)]
    [InlineData("signature", "nothing", false)]
    [InlineData("signature", "key inactive", true)]
    [InlineData("signature", "key deleted", true)]
    [InlineData("signature", "user disabled", true)]
    [InlineData("signature", "user deleted", true)]
    [InlineData("signature", "password changed", false)]
    [InlineData("token", "nothing", false)]
    [InlineData("token", "token revoked", true)]
    [InlineData("token", "user disabled", true)]
    [InlineData("token", "user deleted", true)]
    [InlineData("token", "password changed", true)]
    public async Task A_token_is_good_no_longer_than_what_it_was_issued_to(string issuedTo, string end, bool ends)
    {
        var (name, user) = await AddUserAsync();
        using var signed = user.Signed;
        using var login = images.App.Registry(user.User, user.Key);
        var gatewayToken = await GatewayTokenAsync(name);
        using var withToken = images.App.WithToken(gatewayToken);
        using var bearer = images.WithBearer(await Installation.TokenAsync(issuedTo switch { "login" => login, "signature" => signed, _ => withToken }, ""));
        using var before = await bearer.GetAsync("/v2/", Cancellation);
        await Installation.ShouldBeAsync(before, 200);

        await EndAsync(end, user.Id, user.User.Split('@')[^1], gatewayToken);
        images.App.Clock.Advance(TimeSpan.FromSeconds(2));

        using var after = await bearer.GetAsync("/v2/", Cancellation);
        await Installation.ShouldBeAsync(after, ends ? 401 : 200);
    }

    [Fact]
    public async Task A_token_for_nobody_stays_good_to_its_end()
    {
        using var bearer = images.WithBearer(await Installation.TokenAsync(images.App.Anonymous, ""));
        using var before = await bearer.GetAsync("/v2/", Cancellation);
        await Installation.ShouldBeAsync(before, 200);
    }

    private async Task<(string Name, (string Id, string User, string Key, HttpClient Signed) User)> AddUserAsync()
    {
        var name = $"holder-{Interlocked.Increment(ref s_users)}";
        return (name, await images.AddUserAsync(name));
    }

    private async Task<string> GatewayTokenAsync(string name)
    {
        var run = images.App.FirstRun;
        using var response = await images.App.Anonymous.PostAsJsonAsync(
            "/v3/auth/tokens",
            new
            {
                auth = new
                {
                    identity = new { methods = new[] { "password" }, password = new { user = new { name, password = Password, domain = new { name = run.Domain } } } },
                    scope = new { project = new { name = run.Project } },
                },
            },
            Cancellation);
        await Installation.ShouldBeAsync(response, 201);
        return response.Headers.GetValues("X-Subject-Token").Single();
    }

    private async Task EndAsync(string end, string userId, string accessKey, string gatewayToken)
    {
        var admin = images.App.Admin;
        switch (end)
        {
            case "nothing":
                return;
            case "key inactive":
                using (var response = await admin.PutAsJsonAsync(
                    $"/v3.0/OS-CREDENTIAL/credentials/{accessKey}", new { credential = new { status = "inactive" } }, Cancellation))
                {
                    await Installation.ShouldBeAsync(response, 200);
                }

                break;
            case "key deleted":
                using (var response = await admin.DeleteAsync($"/v3.0/OS-CREDENTIAL/credentials/{accessKey}", Cancellation))
                {
                    await Installation.ShouldBeAsync(response, 204);
                }

                break;
            case "user disabled":
            case "password changed":
                object change = end is "user disabled" ? new { user = new { enabled = false } } : new { user = new { password = "correct-Horse-8" } };
                using (var response = await admin.PatchAsJsonAsync($"/v3/users/{userId}", change, Cancellation))
                {
                    await Installation.ShouldBeAsync(response, 200);
                }

                break;
            case "user deleted":
                using (var response = await admin.DeleteAsync($"/v3/users/{userId}", Cancellation))
                {
                    await Installation.ShouldBeAsync(response, 204);
                }

                break;
            default:
                using (var request = new HttpRequestMessage(HttpMethod.Delete, "/v3/auth/tokens"))
                {
                    request.Headers.Add("X-Subject-Token", gatewayToken);
                    using var client = images.App.WithToken(gatewayToken);
                    using var response = await client.SendAsync(request, Cancellation);
                    await Installation.ShouldBeAsync(response, 204);
                }

                break;
        }
    }
}

/// <summary>The same where the end comes at another replica.</summary>
public sealed class ReplicaTokenEndTests(SharedDatabase images) : IClassFixture<SharedDatabase>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("login")]
    [InlineData("signature")]
    public async Task A_key_that_ends_at_one_replica_ends_its_tokens_at_the_other(string issuedTo)
    {
        var database = images.Require();
        await using var other = await StagedoorApp.JoinAsync(
            images.App, [.. database.Settings, ("Modules", "images"), ("Images:Collector:Enabled", "false"), ("Gateway:PasswordIterations", "10000")]);
        var user = await images.AddUserAsync("everywhere-" + issuedTo);
        using var signed = user.Signed;
        using var login = images.App.Registry(user.User, user.Key);
        var token = await Installation.TokenAsync(issuedTo is "login" ? login : signed, "");
        using var bearer = new OutgoingClient { BaseAddress = new(other.Url) };
        bearer.DefaultRequestHeaders.Authorization = new("Bearer", token);
        using (var before = await bearer.GetAsync("/v2/", Cancellation))
        {
            await Installation.ShouldBeAsync(before, 200);
        }

        using var ended = await images.App.Admin.PutAsJsonAsync(
            $"/v3.0/OS-CREDENTIAL/credentials/{user.User.Split('@')[^1]}", new { credential = new { status = "inactive" } }, Cancellation);
        await Installation.ShouldBeAsync(ended, 200);
        other.Clock.Advance(TimeSpan.FromSeconds(2));

        using var after = await bearer.GetAsync("/v2/", Cancellation);
        await Installation.ShouldBeAsync(after, 401);
    }
}
