using System.Net.Http.Json;
using Stagedoor.Discovery.Tests.Storage;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Accounts;

/// <summary>A replica that the database does not answer cannot say that a password is wrong: the other may have changed it.</summary>
public sealed class CutOffLoginTests
{
    private const string RootPassword = "Root-pass-1";
    private const string NewPassword = "Root-pass-2";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_password_that_another_replica_has_set_is_no_wrong_one_and_counts_as_none()
    {
        await using var replicas = await LinkedReplicas.StartAsync(
            ("Discovery:Rbac:Enabled", "true"), ("Discovery:Rbac:RootPassword", RootPassword), ("Discovery:Rbac:PasswordIterations", "10000"));
        var token = await TokenAsync(replicas.First, RootPassword);
        replicas.SecondLink.Cut();
        using (var change = new HttpRequestMessage(HttpMethod.Post, "/v4/accounts/root/password"))
        {
            change.Headers.Authorization = new("Bearer", token);
            change.Content = JsonContent.Create(new { currentPassword = RootPassword, password = NewPassword });
            using var changed = await replicas.First.Anonymous.SendAsync(change, Cancellation);
            await GuardedEngine.ShouldBeAsync(changed, 200);
        }

        // More than lock.
        for (var i = 0; i < 5; i++)
        {
            using var unknown = await AskAsync(replicas.Second, NewPassword);
            await unknown.ShouldFailAsync(500, "500011");
        }

        replicas.SecondLink.Mend();
        await Eventually.TrueAsync("the replica has found the database again", TimeSpan.FromSeconds(60), async () =>
        {
            using var answer = await AskAsync(replicas.Second, NewPassword);
            return (int)answer.StatusCode == 200;
        });
        using var old = await AskAsync(replicas.Second, RootPassword);
        await old.ShouldFailAsync(401, "401202");
    }

    private static Task<HttpResponseMessage> AskAsync(StagedoorApp replica, string password) =>
        replica.Anonymous.PostAsJsonAsync("/v4/token", new { name = "root", password }, Cancellation);

    private static async Task<string> TokenAsync(StagedoorApp replica, string password)
    {
        using var response = await AskAsync(replica, password);
        await GuardedEngine.ShouldBeAsync(response, 200);
        return (await response.Content.ReadFromJsonAsync<Dictionary<string, string>>(Cancellation))!["token"];
    }
}
