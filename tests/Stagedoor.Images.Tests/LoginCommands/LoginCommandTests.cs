using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Stagedoor.Images.Tests.Oci;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.LoginCommands;

public sealed partial class LoginCommandTests(Installation images) : IClassFixture<Installation>
{
    private const string Secret = "/v2/manage/utils/secret";
    private const string AuthorizationToken = "/v2/manage/utils/authorizationtoken";
    private const string Config = "/v2/manage/utils/dockerconfig";
    private const string Image = "/v2/team/logged-in/manifests/v1";

    // The names of members as they are written.
    private static readonly JsonSerializerOptions s_asIs = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Admin => images.App.Admin;

    private string Host => new Uri(images.App.Url).Authority;

    [Theory]
    [InlineData(Secret, 24 * 60)]
    [InlineData(Secret + "?duration_seconds=86400", 24 * 60)]
    [InlineData(Secret + "?duration_seconds=900", 15)]
    [InlineData(AuthorizationToken, 12 * 60)]
    public async Task A_login_works_until_it_ends(string path, int minutes)
    {
        var before = images.App.Clock.GetUtcNow();
        var login = await CreateAsync(path);
        using var registry = images.App.Registry(login.User, login.Password);
        Assert.Equal(Host, login.Host);
        Assert.InRange(login.Expiry!.Value - before, TimeSpan.FromMinutes(minutes) - TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(minutes + 1));
        await images.PushImageAsync("team/logged-in", "v1");
        using (var pushed = await TwoHosts.PushAsync(registry, "team/logged-in", Installation.Random(100)))
        {
            await Installation.ShouldBeAsync(pushed, 201);
        }

        images.App.Clock.Advance(TimeSpan.FromMinutes(minutes - 1));
        var token = await Installation.TokenAsync(registry, "&scope=repository:team/logged-in:pull");
        using var bearer = images.WithBearer(token);
        using (var pulled = await bearer.GetAsync(Image, Cancellation))
        {
            await Installation.ShouldBeAsync(pulled, 200);
        }

        // The token would be good for a quarter of an hour yet.
        images.App.Clock.Advance(TimeSpan.FromMinutes(2));
        using var byToken = await bearer.GetAsync(Image, Cancellation);
        using var byLogin = await registry.GetAsync("/v2/", Cancellation);
        Assert.Equal((401, 401), ((int)byToken.StatusCode, (int)byLogin.StatusCode));
    }

    [Fact]
    public async Task A_login_names_its_project_or_none()
    {
        var usual = await CreateAsync(Secret);
        var named = await CreateAsync($"{Secret}?projectname={images.App.FirstRun.Project}");
        var bearer = await CreateAsync(AuthorizationToken);

        Assert.StartsWith($"{images.App.FirstRun.Project}@", usual.User, StringComparison.Ordinal);
        Assert.StartsWith($"{images.App.FirstRun.Project}@", named.User, StringComparison.Ordinal);
        Assert.StartsWith("bearertoken@", bearer.User, StringComparison.Ordinal);
        // Whoever reads one of them knows nothing of another.
        Assert.Equal(3, new[] { usual.Password, named.Password, bearer.Password }.Distinct(StringComparer.Ordinal).Count());
        foreach (var login in new[] { usual, named, bearer })
        {
            using var registry = images.App.Registry(login.User, login.Password);
            using var response = await registry.GetAsync("/v2/", Cancellation);
            await Installation.ShouldBeAsync(response, 200);
        }
    }

    [Fact]
    public async Task A_login_is_its_owners_and_has_their_rights()
    {
        var user = await images.AddUserAsync("temporary-reader");
        using var client = user.Signed;
        await images.PushBlobAsync("team/temporary", Installation.Random(10));
        images.GrantOnOrganization("team", user.Id, 1);
        var login = await CreateAsync(Secret, client);
        using var registry = images.App.Registry(login.User, login.Password);

        using var push = await registry.PostAsync("/v2/team/temporary/blobs/uploads/", null, Cancellation);
        using var list = await registry.GetAsync("/v2/team/temporary/tags/list", Cancellation);

        await push.ShouldFailAsync(403, "SVCSTG.SWR.4011044");
        await Installation.ShouldBeAsync(list, 200);
    }

    [Fact]
    public async Task A_login_goes_with_the_tokens_of_its_owner_and_with_its_owner()
    {
        var user = await images.AddUserAsync("temporary-owner");
        using var client = user.Signed;
        var first = await CreateAsync(Secret, client);
        using var registry = images.App.Registry(first.User, first.Password);
        using (var works = await registry.GetAsync("/v2/", Cancellation))
        {
            await Installation.ShouldBeAsync(works, 200);
        }

        using (var changed = await Admin.PatchAsJsonAsync($"/v3/users/{user.Id}", new { user = new { password = "another-Horse-8" } }, Cancellation))
        {
            await Installation.ShouldBeAsync(changed, 200);
        }

        images.Forget();
        using var ended = await registry.GetAsync("/v2/", Cancellation);
        var second = await CreateAsync(Secret, client);
        using var again = images.App.Registry(second.User, second.Password);
        using var opened = await again.GetAsync("/v2/", Cancellation);
        using (var deleted = await Admin.DeleteAsync($"/v3/users/{user.Id}", Cancellation))
        {
            await Installation.ShouldBeAsync(deleted, 204);
        }

        images.Forget();
        using var gone = await again.GetAsync("/v2/", Cancellation);
        Assert.Equal((401, 200, 401), ((int)ended.StatusCode, (int)opened.StatusCode, (int)gone.StatusCode));
    }

    [Fact]
    public async Task Logins_made_at_once_all_work_beside_the_permanent_one()
    {
        var logins = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => CreateAsync(Secret)));

        foreach (var login in logins)
        {
            using var registry = images.App.Registry(login.User, login.Password);
            using var response = await registry.GetAsync("/v2/", Cancellation);
            await Installation.ShouldBeAsync(response, 200);
        }

        using var permanent = await images.Registry.GetAsync("/v2/", Cancellation);
        await Installation.ShouldBeAsync(permanent, 200);
    }

    [Fact]
    public async Task A_permanent_key_gives_the_login_that_it_always_gives()
    {
        var run = images.App.FirstRun;

        var login = await CreateAsync(Config, Admin, new { ak = run.AccessKey, sk = run.SecretKey, SWRServer = Host });
        var named = await CreateAsync(Config, Admin, new { ak = run.AccessKey, sk = run.SecretKey, SWRServer = Host, projectname = run.Project });

        Assert.Equal((Host, run.RegistryUser, run.RegistryKey, null), (login.Host, login.User, login.Password, login.Expiry));
        Assert.Equal(login, named);
    }

    [Theory]
    [InlineData("899")]
    [InlineData("86401")]
    [InlineData("x")]
    [InlineData("-900")]
    public async Task A_login_ends_within_a_day_and_not_at_once(string duration)
    {
        using var response = await Admin.PostAsync($"{Secret}?duration_seconds={duration}", null, Cancellation);

        await response.ShouldFailAsync(400, "SVCSTG.SWR.4001025");
    }

    [Fact]
    public async Task A_project_has_to_be_the_accounts()
    {
        var run = images.App.FirstRun;
        using var temporary = await Admin.PostAsync($"{Secret}?projectname=nowhere", null, Cancellation);
        using var permanent = await Admin.PostAsJsonAsync(Config, new { ak = run.AccessKey, sk = run.SecretKey, SWRServer = Host, projectname = "nowhere" }, s_asIs, Cancellation);

        await temporary.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
        await permanent.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001013")]
    public async Task A_key_without_its_half_is_none()
    {
        foreach (var body in new object[] { new { ak = "", sk = "s", SWRServer = Host }, new { ak = "A", SWRServer = Host }, new { } })
        {
            using var response = await Admin.PostAsJsonAsync(Config, body, s_asIs, Cancellation);
            await response.ShouldFailAsync(400, "SVCSTG.SWR.4001013");
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001045")]
    public async Task The_registry_that_the_login_is_for_has_to_be_named()
    {
        using var response = await Admin.PostAsJsonAsync(Config, new { ak = images.App.FirstRun.AccessKey, sk = images.App.FirstRun.SecretKey }, Cancellation);

        await response.ShouldFailAsync(400, "SVCSTG.SWR.4001045");
    }

    [Fact]
    public async Task Another_registry_is_refused()
    {
        using var response = await Admin.PostAsJsonAsync(
            Config, new { ak = images.App.FirstRun.AccessKey, sk = images.App.FirstRun.SecretKey, SWRServer = "swr.example.com" }, s_asIs, Cancellation);

        await response.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000031")]
    public async Task A_wrong_secret_gives_no_login()
    {
        var user = await images.AddUserAsync("wrong-secret");
        using var client = user.Signed;
        foreach (var (accessKey, secret) in new[] { (user.User.Split('@')[1], "wrong"), ("AAAAAAAAAAAAAAAAAAAA", "wrong"), ("no key", "wrong") })
        {
            using var response = await Admin.PostAsJsonAsync(Config, new { ak = accessKey, sk = secret, SWRServer = Host }, s_asIs, Cancellation);
            await response.ShouldFailAsync(400, "SVCSTG.SWR.4000031");
        }
    }

    [Fact]
    public async Task No_cache_keeps_a_login_and_the_record_of_it_says_whose()
    {
        using var response = await Admin.PostAsync(Secret, null, Cancellation);

        await Installation.ShouldBeAsync(response, 200);
        Assert.True(response.Headers.CacheControl?.NoStore);
        var user = response.Headers.GetValues("X-Swr-Dockerlogin").Single().Split(' ')[3];
        var records = await Admin.GetStringAsync("/v3/audit/records?limit=50", Cancellation);
        Assert.Contains(user, records, StringComparison.Ordinal);
        Assert.Contains("createDockerConfig", records, StringComparison.Ordinal);
        Assert.DoesNotContain(response.Headers.GetValues("X-Swr-Dockerlogin").Single().Split(' ')[5], records, StringComparison.Ordinal);
    }

    private Task<Login> CreateAsync(string path) => CreateAsync(path, Admin);

    private static async Task<Login> CreateAsync(string path, HttpClient client, object? body = null)
    {
        using var response = body is null ? await client.PostAsync(path, null, Cancellation) : await client.PostAsJsonAsync(path, body, s_asIs, Cancellation);
        await Installation.ShouldBeAsync(response, 200);
        var command = Command().Match(response.Headers.GetValues("X-Swr-Dockerlogin").Single());
        Assert.True(command.Success);
        var (user, password, host) = (command.Groups["user"].Value, command.Groups["password"].Value, command.Groups["host"].Value);
        var auths = (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("auths");
        Assert.Equal(host, Assert.Single(auths.EnumerateObject()).Name);
        Assert.Equal($"{user}:{password}", Encoding.UTF8.GetString(auths.GetProperty(host).GetProperty("auth").GetBytesFromBase64()));
        return new(
            host,
            user,
            password,
            response.Headers.TryGetValues("X-Swr-Expireat", out var end) ? DateTimeOffset.Parse(end.Single(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) : null);
    }

    [GeneratedRegex("^docker login -u (?<user>[^ ]+@[A-Z0-9]{20}) -p (?<password>[0-9a-f]{64}) (?<host>[^ ]+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Command();

    private sealed record Login(string Host, string User, string Password, DateTimeOffset? Expiry);
}

/// <summary>Logins of an installation without an external host.</summary>
public sealed class HiddenRegistryTests(HiddenRegistry images) : IClassFixture<HiddenRegistry>
{
    [Fact]
    [Provokes("SVCSTG.SWR.5001002")]
    public async Task Without_an_address_there_is_no_login()
    {
        foreach (var path in new[] { "secret", "authorizationtoken" })
        {
            using var response = await images.App.Admin.PostAsync($"/v2/manage/utils/{path}", null, TestContext.Current.CancellationToken);
            await response.ShouldFailAsync(500, "SVCSTG.SWR.5001002");
        }
    }
}

/// <summary>Its images have no address outside of it.</summary>
public sealed class HiddenRegistry : Installation
{
    protected override IEnumerable<(string Key, string Value)> Settings => [("Images:ExternalHost", "none")];
}

/// <summary>Logins whose keys are in a database that two replicas have.</summary>
public sealed class SharedLoginTests
{
    [Fact]
    public async Task What_one_replica_has_issued_the_other_knows_at_once()
    {
        Assert.SkipUnless(OwnDatabase.IsAvailable, OwnDatabase.Missing);
        await using var hosts = await TwoHosts.StartAsync(two: true, s3: false);
        using var response = await hosts.FirstApp.Admin.PostAsync("/v2/manage/utils/secret", null, TestContext.Current.CancellationToken);
        await Installation.ShouldBeAsync(response, 200);
        var command = response.Headers.GetValues("X-Swr-Dockerlogin").Single().Split(' ');

        using var registry = hosts.SecondApp.Registry(command[3], command[5]);
        using var opened = await registry.GetAsync("/v2/", TestContext.Current.CancellationToken);
        await Installation.ShouldBeAsync(opened, 200);
    }
}
