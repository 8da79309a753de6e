using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

public sealed class TokenTests(Installation images) : IClassFixture<Installation>
{
    private const string Endpoint = "/swr/auth/v2/registry/auth/";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Provokes("SVCSTG.SWR.4010000")]
    public async Task Without_a_token_the_client_is_told_where_to_get_one()
    {
        using var root = await images.App.Anonymous.GetAsync("/v2/", Cancellation);
        await root.ShouldFailAsync(401, "SVCSTG.SWR.4010000");
        Assert.Equal(
            $"Bearer realm=\"{images.App.Url}{Endpoint}\",service=\"dockyard\"",
            root.Headers.WwwAuthenticate.ToString());

        using var pull = await images.App.Anonymous.GetAsync("/v2/team/x/manifests/latest", Cancellation);
        await pull.ShouldFailAsync(401, "SVCSTG.SWR.4010000");
        Assert.EndsWith(",scope=\"repository:team/x:pull\"", pull.Headers.GetValues("WWW-Authenticate").Single(), StringComparison.Ordinal);
        Assert.Equal("registry/2.0", pull.Headers.GetValues("Docker-Distribution-Api-Version").Single());
    }

    [Fact]
    public async Task A_login_is_exchanged_for_a_token()
    {
        var answer = await images.Registry.GetFromJsonAsync<JsonElement>(
            $"{Endpoint}?service=dockyard&scope=repository:team/new:push,pull&scope=registry:catalog:*", Cancellation);

        Assert.Equal(["token", "access_token", "expires_in", "issued_at"], answer.EnumerateObject().Select(m => m.Name));
        Assert.Equal(900, answer.GetProperty("expires_in").GetInt32());
        var claims = Installation.ClaimsOf(answer.GetProperty("token").GetString()!);
        Assert.Equal("dockyard", claims.GetProperty("aud").GetString());
        Assert.Equal(
            """[{"type":"repository","name":"team/new","actions":["push","pull"]},{"type":"registry","name":"catalog","actions":["*"]}]""",
            claims.GetProperty("access").GetRawText());
        Assert.DoesNotContain(images.App.FirstRun.RegistryKey, answer.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_opens_what_it_was_issued_for()
    {
        await images.PushImageAsync("team/scoped", "1");
        using var client = images.WithBearer(await Installation.TokenAsync(images.Registry, "&scope=repository:team/scoped:pull"));

        using var pulled = await client.GetAsync("/v2/team/scoped/manifests/1", Cancellation);
        await Installation.ShouldBeAsync(pulled, 200);
        using var root = await client.GetAsync("/v2/", Cancellation);
        Assert.Equal("{}", await root.Content.ReadAsStringAsync(Cancellation));
        using var pushed = await client.PostAsync("/v2/team/scoped/blobs/uploads/", null, Cancellation);
        await pushed.ShouldFailAsync(401, "SVCSTG.SWR.4010000");
        Assert.EndsWith(",error=\"insufficient_scope\"", pushed.Headers.GetValues("WWW-Authenticate").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_over_or_changed_is_refused()
    {
        var token = await Installation.TokenAsync(images.Registry, "&scope=repository:team/x:pull");
        using var forged = images.WithBearer(token[..^8] + "AAAAAAAA");
        using var changed = await forged.GetAsync("/v2/", Cancellation);
        await changed.ShouldFailAsync(401, "SVCSTG.SWR.4010000");

        using var client = images.WithBearer(token);
        using var good = await client.GetAsync("/v2/", Cancellation);
        await Installation.ShouldBeAsync(good, 200);
        images.App.Clock.Advance(TimeSpan.FromSeconds(901));
        using var over = await client.GetAsync("/v2/", Cancellation);
        await over.ShouldFailAsync(401, "SVCSTG.SWR.4010000");
    }

    [Theory]
    [InlineData("=", "", "")]
    [InlineData("==", "", "")]
    [InlineData("", "==", "")]
    [InlineData("", "", "=")]
    [InlineData("", "", "==")]
    public async Task A_token_with_padding_is_refused(string header, string payload, string signature)
    {
        var token = await Installation.TokenAsync(images.Registry, "&scope=repository:team/x:pull");
        var parts = token.Split('.');
        using var client = images.WithBearer($"{parts[0]}{header}.{parts[1]}{payload}.{parts[2]}{signature}");

        using var response = await client.GetAsync("/v2/", Cancellation);

        await response.ShouldFailAsync(401, "SVCSTG.SWR.4010000");
    }

    [Fact]
    public async Task A_token_has_one_spelling()
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var token = await Installation.TokenAsync(images.Registry, "&scope=repository:team/x:pull");

        // The last four bits of the last character are no part of the signature's 64 bytes.
        var last = Alphabet.IndexOf(token[^1], StringComparison.Ordinal);
        for (var spare = 0; spare < 16; spare++)
        {
            using var client = images.WithBearer(token[..^1] + Alphabet[(last & ~15) | spare]);
            using var response = await client.GetAsync("/v2/", Cancellation);
            Assert.Equal((spare, spare == (last & 15) ? 200 : 401), (spare, (int)response.StatusCode));
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000031")]
    public async Task A_wrong_key_is_refused()
    {
        using var wrong = images.App.Registry(key: new string('0', 64));
        using var token = await wrong.GetAsync(Endpoint, Cancellation);
        await token.ShouldFailAsync(401, "SVCSTG.SWR.4000031");
        using var direct = await wrong.GetAsync("/v2/", Cancellation);
        await direct.ShouldFailAsync(401, "SVCSTG.SWR.4000031");
    }

    [Fact]
    public async Task A_right_login_ends_a_row_of_wrong_ones_also_when_it_was_right_a_moment_ago()
    {
        var (_, user, key, _) = await images.AddUserAsync("clumsy");
        using var right = images.App.Registry(user, key);
        using var wrong = images.App.Registry(user, new string('0', 64));
        for (var i = 0; i < 4; i++)
        {
            using var good = await right.GetAsync("/v2/", Cancellation);
            await Installation.ShouldBeAsync(good, 200);
            for (var j = 0; j < 3; j++)
            {
                using var bad = await wrong.GetAsync("/v2/", Cancellation);
                await bad.ShouldFailAsync(401, "SVCSTG.SWR.4000031");
            }
        }

        images.Forget();
        using var after = await right.GetAsync("/v2/", Cancellation);
        await Installation.ShouldBeAsync(after, 200);
        for (var j = 0; j < 6; j++)
        {
            using var bad = await wrong.GetAsync("/v2/", Cancellation);
            Assert.Contains("locked for some minutes", await bad.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        }

        // What was right a moment ago does not end the lock.
        using var remembered = await right.GetAsync("/v2/", Cancellation);
        images.Forget();
        using var locked = await right.GetAsync("/v2/", Cancellation);
        await locked.ShouldFailAsync(401, "SVCSTG.SWR.4000031");
    }

    [Fact]
    public async Task A_management_token_that_is_no_good_gets_no_anonymous_token()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Endpoint);
        request.Headers.Add("X-Auth-Token", "wrong");
        using var response = await images.App.Anonymous.SendAsync(request, Cancellation);

        await response.ShouldFailAsync(401, "SVCSTG.SWR.4010000");
        Assert.Contains("X-Auth-Token", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_form_of_OAuth2_gives_the_same_answer()
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "password",
            ["service"] = "dockyard",
            ["username"] = images.App.FirstRun.RegistryUser,
            ["password"] = images.App.FirstRun.RegistryKey,
            ["scope"] = "repository:team/new:pull",
        });
        using var response = await images.App.Anonymous.PostAsync("/swr/auth/v2/registry/auth", form, Cancellation);

        await Installation.ShouldBeAsync(response, 200);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.Contains("\"pull\"", Installation.ClaimsOf(answer.GetProperty("access_token").GetString()!).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Anonymous_callers_pull_public_images_only()
    {
        await images.PushImageAsync("team/open", "1");
        await images.PushImageAsync("team/closed", "1");
        images.Publish("open");
        images.Forget();

        var token = await Installation.TokenAsync(images.App.Anonymous, "&scope=repository:team/open:pull,push&scope=repository:team/closed:pull");
        using var client = images.WithBearer(token);
        Assert.Equal(
            """[{"type":"repository","name":"team/open","actions":["pull"]},{"type":"repository","name":"team/closed","actions":[]}]""",
            Installation.ClaimsOf(token).GetProperty("access").GetRawText());
        using var open = await client.GetAsync("/v2/team/open/manifests/1", Cancellation);
        await Installation.ShouldBeAsync(open, 200);
        foreach (var path in (string[])["/v2/team/closed/manifests/1", "/v2/team/unknown/manifests/1", "/v2/unknown/x/manifests/1"])
        {
            using var refused = await client.GetAsync(path, Cancellation);
            await refused.ShouldFailAsync(401, "SVCSTG.SWR.4010000");
        }

        using var pushed = await client.PostAsync("/v2/team/open/blobs/uploads/", null, Cancellation);
        await pushed.ShouldFailAsync(401, "SVCSTG.SWR.4010000");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4031043")]
    public async Task A_token_for_the_trust_server_names_this_registry()
    {
        foreach (var scope in (string[])["x", "repository:team/x:pull", "repository:elsewhere/team/x:pull", ""])
        {
            using var refused = await images.Registry.GetAsync($"{Endpoint}?service=notary&scope={scope}", Cancellation);
            await refused.ShouldFailAsync(403, "SVCSTG.SWR.4031043");
            Assert.StartsWith("[", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        }

        var host = new Uri(images.App.Url).Authority;
        var answer = await images.Registry.GetFromJsonAsync<JsonElement>($"{Endpoint}?service=notary&scope=repository:{host}/team/x:push", Cancellation);
        Assert.Equal("notary", Installation.ClaimsOf(answer.GetProperty("token").GetString()!).GetProperty("aud").GetString());
    }

    [Fact]
    public async Task A_removed_key_is_refused_within_two_seconds()
    {
        var user = await images.AddUserAsync("leaving");
        user.Signed.Dispose();
        using var login = images.App.Registry(user.User, user.Key);
        using var bearer = images.WithBearer(await Installation.TokenAsync(login, ""));
        using var before = await bearer.GetAsync("/v2/", Cancellation);
        await Installation.ShouldBeAsync(before, 200);

        using var removed = await images.App.Admin.DeleteAsync($"/v3.0/OS-CREDENTIAL/credentials/{user.User.Split('@')[1]}", Cancellation);
        await Installation.ShouldBeAsync(removed, 204);
        images.App.Clock.Advance(TimeSpan.FromSeconds(2));

        using var basic = await login.GetAsync("/v2/", Cancellation);
        await basic.ShouldFailAsync(401, "SVCSTG.SWR.4000031");
        using var token = await bearer.GetAsync("/v2/", Cancellation);
        await token.ShouldFailAsync(401, "SVCSTG.SWR.4010000");
    }

    [Fact]
    public async Task A_token_survives_a_restart()
    {
        var own = new Installation();
        await own.InitializeAsync();
        await using (own)
        {
            var token = await Installation.TokenAsync(own.Registry, "");
            await own.App.RestartAsync();
            using var client = own.WithBearer(token);
            using var response = await client.GetAsync("/v2/", Cancellation);
            await Installation.ShouldBeAsync(response, 200);
        }
    }
}
