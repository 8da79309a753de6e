using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

public sealed class CredentialTests(Directory directory) : IClassFixture<Directory>
{
    private const string Path = "/v3.0/OS-CREDENTIAL/credentials";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private StagedoorApp App => directory.App;

    [Fact]
    [Provokes("IAM.0011")]
    public async Task A_user_has_two_keys_at_most()
    {
        var id = await directory.AddUserAsync("two-keys");
        var first = await directory.AddKeyAsync(id);
        await directory.AddKeyAsync(id);

        using var third = await directory.Admin.PostAsJsonAsync(Path, new { credential = new { user_id = id } }, Cancellation);
        using var deleted = await directory.Admin.DeleteAsync($"{Path}/{first.AccessKey}", Cancellation);
        await directory.AddKeyAsync(id);

        var error = await third.ShouldFailAsync(400, "IAM.0011");
        Assert.Contains("\"error\":{\"code\":400,\"message\":\"akSkNumExceed\",\"title\":\"Bad Request\"}", error.Body, StringComparison.Ordinal);
        Assert.Equal(204, (int)deleted.StatusCode);
    }

    [Fact]
    public async Task Keys_made_at_once_are_two_as_well()
    {
        var id = await directory.AddUserAsync("eager");

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => directory.Admin.PostAsJsonAsync(Path, new { credential = new { user_id = id } }, Cancellation)));

        Assert.Equal(2, answers.Count(a => (int)a.StatusCode == 201));
        Assert.All(answers, a => a.Dispose());
    }

    [Fact]
    public async Task The_secret_is_shown_once()
    {
        var id = await directory.AddUserAsync("secretive");
        using var made = await directory.Admin.PostAsJsonAsync(Path, new { credential = new { user_id = id, description = "ci" } }, Cancellation);
        var key = (await Directory.ReadAsync(made, 201)).GetProperty("credential");
        var access = key.GetProperty("access").GetString();

        using var list = await directory.Admin.GetAsync($"{Path}?user_id={id}", Cancellation);
        using var read = await directory.Admin.GetAsync($"{Path}/{access}", Cancellation);

        Assert.Matches("^[A-Z0-9]{20}$", access);
        Assert.Matches("^[A-Za-z0-9]{40}$", key.GetProperty("secret").GetString());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", key.GetProperty("create_time").GetString());
        var listed = Assert.Single((await Directory.ReadAsync(list, 200)).GetProperty("credentials").EnumerateArray());
        Assert.False(listed.TryGetProperty("secret", out _));
        var one = (await Directory.ReadAsync(read, 200)).GetProperty("credential");
        Assert.False(one.TryGetProperty("secret", out _));
        Assert.Equal("ci", one.GetProperty("description").GetString());
        Assert.Equal(one.GetProperty("create_time").GetString(), one.GetProperty("last_use_time").GetString());
    }

    [Fact]
    public async Task An_inactive_key_is_refused_at_once_and_works_again_when_active()
    {
        var id = await directory.AddUserAsync("pausing");
        var (access, secret) = await directory.AddKeyAsync(id);
        using var user = App.WithKeys(access, secret);

        using var before = await user.GetAsync(Path, Cancellation);
        using var off = await directory.Admin.PutAsJsonAsync($"{Path}/{access}", new { credential = new { status = "inactive" } }, Cancellation);
        using var refused = await user.GetAsync(Path, Cancellation);
        using var on = await directory.Admin.PutAsJsonAsync($"{Path}/{access}", new { credential = new { status = "active" } }, Cancellation);
        using var after = await user.GetAsync(Path, Cancellation);

        Assert.Equal("inactive", (await Directory.ReadAsync(off, 200)).GetProperty("credential").GetProperty("status").GetString());
        await refused.ShouldFailAsync(401, "APIGW.0301");
        Assert.Equal((200, 200, 200), ((int)before.StatusCode, (int)on.StatusCode, (int)after.StatusCode));
    }

    [Fact]
    public async Task A_deleted_key_is_refused_at_once()
    {
        var id = await directory.AddUserAsync("rotating");
        var (access, secret) = await directory.AddKeyAsync(id);
        using var user = App.WithKeys(access, secret);

        using var deleted = await user.DeleteAsync($"{Path}/{access}", Cancellation);
        using var refused = await user.GetAsync(Path, Cancellation);

        Assert.Equal(204, (int)deleted.StatusCode);
        await refused.ShouldFailAsync(401, "APIGW.0301");
    }

    [Fact]
    public async Task The_last_use_of_a_key_is_written_down()
    {
        var id = await directory.AddUserAsync("used");
        var (access, secret) = await directory.AddKeyAsync(id);
        App.Clock.Advance(TimeSpan.FromSeconds(5));
        using var user = App.WithKeys(access, secret);
        using var use = await user.GetAsync(Path, Cancellation);

        await App.Services.GetRequiredService<Identities>().FlushUsesAsync(Cancellation);
        using var read = await directory.Admin.GetAsync($"{Path}/{access}", Cancellation);

        var key = (await Directory.ReadAsync(read, 200)).GetProperty("credential");
        Assert.True(
            string.CompareOrdinal(key.GetProperty("last_use_time").GetString(), key.GetProperty("create_time").GetString()) > 0, key.GetRawText());
    }

    [Theory]
    [InlineData("POST", "", """{}""")]
    [InlineData("POST", "", """{"credential":{}}""")]
    [InlineData("POST", "", """{"credential":{"user_id":7}}""")]
    [InlineData("PUT", "/AAAAAAAAAAAAAAAAAAAA", """{}""")]
    [InlineData("PUT", "/AAAAAAAAAAAAAAAAAAAA", """{"credential":{}}""")]
    [InlineData("PUT", "/AAAAAAAAAAAAAAAAAAAA", """{"credential":{"status":"sleeping"}}""")]
    [Provokes("IAM.0011")]
    public async Task A_malformed_key_is_refused(string method, string path, string body)
    {
        using var request = new HttpRequestMessage(new(method), Path + path);
        request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        using var response = await directory.Admin.SendAsync(request, Cancellation);

        await response.ShouldFailAsync(400, "IAM.0011");
    }

    [Fact]
    [Provokes("IAM.0011")]
    public async Task A_description_has_255_characters_at_most()
    {
        var id = await directory.AddUserAsync("wordy");
        using var fits = await directory.Admin.PostAsJsonAsync(
            Path, new { credential = new { user_id = id, description = new string('d', 255) } }, Cancellation);

        using var longer = await directory.Admin.PostAsJsonAsync(
            Path, new { credential = new { user_id = id, description = new string('d', 256) } }, Cancellation);

        Assert.Equal(201, (int)fits.StatusCode);
        await longer.ShouldFailAsync(400, "IAM.0011");
    }

    [Fact]
    [Provokes("IAM.0002")]
    [Provokes("IAM.0004")]
    public async Task Keys_belong_to_their_owner()
    {
        var (otherId, otherClient) = await directory.AddSignerAsync("key-owner");
        using var owner = otherClient;
        var (_, client) = await directory.AddSignerAsync("key-seeker");
        using var seeker = client;
        using var list = await owner.GetAsync(Path, Cancellation);
        var access = (await Directory.ReadAsync(list, 200)).GetProperty("credentials")[0].GetProperty("access").GetString();

        using var make = await seeker.PostAsJsonAsync(Path, new { credential = new { user_id = otherId } }, Cancellation);
        using var all = await seeker.GetAsync($"{Path}?user_id={otherId}", Cancellation);
        using var read = await seeker.GetAsync($"{Path}/{access}", Cancellation);
        using var change = await seeker.PutAsJsonAsync($"{Path}/{access}", new { credential = new { status = "inactive" } }, Cancellation);
        using var delete = await seeker.DeleteAsync($"{Path}/{access}", Cancellation);

        await make.ShouldFailAsync(403, "IAM.0002");
        await all.ShouldFailAsync(403, "IAM.0002");
        await read.ShouldFailAsync(404, "IAM.0004");
        await change.ShouldFailAsync(404, "IAM.0004");
        await delete.ShouldFailAsync(404, "IAM.0004");
    }

    [Fact]
    [Provokes("IAM.0004")]
    public async Task Another_accounts_keys_are_as_good_as_absent()
    {
        var (other, client) = await directory.AddAccountAsync("keys-other");
        client.Dispose();

        using var make = await directory.Admin.PostAsJsonAsync(Path, new { credential = new { user_id = other.UserId } }, Cancellation);
        using var all = await directory.Admin.GetAsync($"{Path}?user_id={other.UserId}", Cancellation);
        using var read = await directory.Admin.GetAsync($"{Path}/{other.AccessKey}", Cancellation);
        using var delete = await directory.Admin.DeleteAsync($"{Path}/{other.AccessKey}", Cancellation);

        await make.ShouldFailAsync(404, "IAM.0004");
        await all.ShouldFailAsync(404, "IAM.0004");
        await read.ShouldFailAsync(404, "IAM.0004");
        await delete.ShouldFailAsync(404, "IAM.0004");
    }

    [Fact]
    [Provokes("IAM.0081")]
    public async Task A_user_of_the_console_has_no_keys()
    {
        var id = await directory.AddUserAsync("console-only", "console");

        using var response = await directory.Admin.PostAsJsonAsync(Path, new { credential = new { user_id = id } }, Cancellation);

        await response.ShouldFailAsync(403, "IAM.0081");
    }

    [Fact]
    public async Task The_keys_of_a_disabled_user_and_of_a_console_user_are_inactive()
    {
        var (userId, client) = await directory.AddSignerAsync("fading");
        using var user = client;

        using var console = await directory.Admin.PatchAsJsonAsync($"/v3/users/{userId}", new { user = new { access_mode = "console" } }, Cancellation);
        using var refused = await user.GetAsync(Path, Cancellation);
        using var disabled = await directory.Admin.PatchAsJsonAsync(
            $"/v3/users/{userId}", new { user = new { access_mode = "default", enabled = false } }, Cancellation);
        using var refusedToo = await user.GetAsync(Path, Cancellation);

        Assert.Equal((200, 200), ((int)console.StatusCode, (int)disabled.StatusCode));
        await refused.ShouldFailAsync(401, "APIGW.0301");
        await refusedToo.ShouldFailAsync(401, "APIGW.0301");
    }
}
