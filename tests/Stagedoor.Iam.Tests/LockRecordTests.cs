using System.Text.Json;
using Xunit;

namespace Stagedoor.Iam.Tests;

/// <summary>Whoever is locked out finds out why, and so does the operator.</summary>
public sealed class LockRecordTests(Directory directory) : IClassFixture<Directory>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("login")]
    [InlineData("headers")]
    public async Task A_key_that_wrong_login_keys_lock_is_recorded_once(string door)
    {
        var id = await directory.AddUserAsync("locks-" + door);
        var (accessKey, _) = await directory.AddKeyAsync(id);
        using var login = directory.App.Registry($"{directory.App.FirstRun.Project}@{accessKey}", new string('0', 64));
        for (var i = 0; i < 8; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, door is "login" ? "/v2/" : "/v4/default/registry/microservices");
            if (door is "headers")
            {
                request.Headers.Add("X-Service-AK", accessKey);
                request.Headers.Add("X-Service-ShaAKSK", new string('0', 64));
            }

            using var response = await (door is "login" ? login : directory.App.Anonymous).SendAsync(request, Cancellation);
            Assert.Equal(401, (int)response.StatusCode);
        }

        var record = Assert.Single(await LocksAsync("credential", accessKey));
        Assert.Equal("incident", record.GetProperty("trace_rating").GetString());
        Assert.Equal("accessKeyLocked", record.GetProperty("trace_name").GetString());
        Assert.Equal("locks-" + door, record.GetProperty("user").GetProperty("name").GetString());
        Assert.Single(directory.App.Log.Lines, line => line.Message.Contains($"The credential {accessKey} is locked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_user_that_wrong_passwords_lock_is_recorded_once()
    {
        await directory.AddUserAsync("locks-password");
        for (var i = 0; i < 7; i++)
        {
            using var response = await directory.AskTokenAsync("locks-password", "wrong");
            Assert.True((int)response.StatusCode >= 400);
        }

        var record = Assert.Single(await LocksAsync("user", "locks-password"));
        Assert.Equal("userLocked", record.GetProperty("trace_name").GetString());
        Assert.Single(directory.App.Log.Lines, static line => line.Message.Contains("The user locks-password is locked", StringComparison.Ordinal));
    }

    private async Task<List<JsonElement>> LocksAsync(string type, string name)
    {
        // A change waits until the records before it are written.
        await directory.AddUserAsync("after-" + name.ToLowerInvariant());
        using var response = await directory.Admin.GetAsync($"/v3/audit/records?resource_type={type}&limit=200", Cancellation);
        return [.. (await Directory.ReadAsync(response, 200)).GetProperty("traces").EnumerateArray().Where(t =>
            t.GetProperty("trace_name").GetString()!.EndsWith("Locked", StringComparison.Ordinal) && t.GetProperty("resource_name").GetString() == name)];
    }
}
