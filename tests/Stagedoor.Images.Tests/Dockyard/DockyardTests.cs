using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Images.Tests.PageUploads;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Dockyard;

public sealed class DockyardTests(DockyardInstallation images) : IClassFixture<DockyardInstallation>
{
    private const string Namespaces = "/dockyard/v2/namespaces";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_credential_of_the_account_opens_it()
    {
        using var token = images.App.WithToken(await images.App.NewTokenAsync());
        foreach (var client in new[] { images.Registry, images.App.Admin, token })
        {
            using var response = await client.GetAsync($"{Namespaces}/team", Cancellation);
            await Installation.ShouldBeAsync(response, 200);
        }
    }

    [Fact]
    public async Task A_login_that_ends_opens_it_as_long_as_it_is_good()
    {
        using var issued = await images.App.Admin.PostAsync("/v2/manage/utils/secret?duration_seconds=900", null, Cancellation);
        await Installation.ShouldBeAsync(issued, 200);
        var command = issued.Headers.GetValues("X-Swr-Dockerlogin").Single().Split(' ');
        using var login = images.App.Registry(command[3], command[5]);
        using (var opened = await login.GetAsync(Namespaces, Cancellation))
        {
            await Installation.ShouldBeAsync(opened, 200);
        }

        images.App.Clock.Advance(TimeSpan.FromMinutes(16));
        using var ended = await login.GetAsync(Namespaces, Cancellation);
        Assert.Equal(401, (int)ended.StatusCode);
    }

    [Fact]
    public async Task Nobody_else_comes_in()
    {
        using var bare = await images.App.Anonymous.GetAsync(Namespaces, Cancellation);
        using var wrong = images.App.Registry(images.App.FirstRun.RegistryUser, "wrong");
        using var refused = await wrong.GetAsync(Namespaces, Cancellation);
        using var bad = images.App.WithToken("nonsense");
        using var unknown = await bad.GetAsync(Namespaces, Cancellation);

        await bare.ShouldFailAsync(400, "SVCSTG.SWR.4001048");
        Assert.False(bare.Headers.Contains("WWW-Authenticate"));
        Assert.Equal(401, (int)refused.StatusCode);
        await unknown.ShouldFailAsync(401, "SVCSTG.SWR.4010000");
        Assert.All((HttpResponseMessage[])[refused, unknown], static r => Assert.Equal("Basic", r.Headers.WwwAuthenticate.Single().Scheme));
    }

    [Fact]
    public async Task A_token_of_the_registry_is_for_the_registry()
    {
        using var bearer = images.WithBearer(await Installation.TokenAsync(images.Registry, "&scope=repository:team/x:pull"));
        using var response = await bearer.GetAsync(Namespaces, Cancellation);

        Assert.Equal(401, (int)response.StatusCode);
    }

    [Fact]
    public async Task The_rules_are_those_of_the_operations()
    {
        var (signed, registry) = await images.AddAccountAsync("dockyard_other");
        using var unused = signed;
        using var foreign = registry;
        var user = await images.AddUserAsync("dockyard-user");
        using var alsoUnused = user.Signed;
        using var login = images.App.Registry(user.User, user.Key);

        await FailAsync(foreign, HttpMethod.Get, $"{Namespaces}/team", null, 401, "SVCSTG.SWR.4011064");
        using (var denied = await foreign.GetAsync($"{Namespaces}/team", Cancellation))
        {
            Assert.Equal("Basic realm=\"stagedoor\", charset=\"UTF-8\"", denied.Headers.WwwAuthenticate.Single().ToString());
        }

        await FailAsync(login, HttpMethod.Get, $"{Namespaces}/team", null, 403, "SVCSTG.SWR.4037020");
        await FailAsync(images.Registry, HttpMethod.Get, $"{Namespaces}/UPPER", null, 400, "SVCSTG.SWR.4001028");
        await FailAsync(login, HttpMethod.Post, Namespaces, new { @namespace = "mine" }, 403, "SVCSTG.SWR.4039002");
        await FailAsync(images.Registry, HttpMethod.Post, Namespaces, new { @namespace = "team" }, 409, "SVCSTG.SWR.4090060");
        await FailAsync(images.Registry, HttpMethod.Get, $"{Namespaces}?filter=mode::all", null, 400, "SVCSTG.SWR.4001025");
        await FailAsync(images.Registry, HttpMethod.Get, "/dockyard/v2/repositories?limit=0", null, 400, "SVCSTG.SWR.4000056");
        await FailAsync(images.Registry, HttpMethod.Get, "/dockyard/v2/nothing", null, 404, "SVCSTG.SWR.4040083");
    }

    [Fact]
    public async Task Organizations_with_a_repository_that_one_was_granted_are_visible()
    {
        await images.PushImageAsync("team/dockyard-granted", "v1");
        var user = await images.AddUserAsync("dockyard-guest");
        using var unused = user.Signed;
        using var login = images.App.Registry(user.User, user.Key);
        images.GrantOnRepository("dockyard-granted", user.Id, 1);

        Assert.Equal(["team"], await NamesAsync("/dockyard/v2/visible/namespaces"));
        Assert.Empty(await NamesAsync(Namespaces));

        async Task<IReadOnlyList<string?>> NamesAsync(string path)
        {
            var answer = await login.GetFromJsonAsync<JsonElement>(path, Cancellation);
            return [.. answer.GetProperty("namespaces").EnumerateArray().Select(static n => n.GetProperty("name").GetString())];
        }
    }

    [Theory]
    [InlineData("tools/dockyard")]
    [InlineData("tools%2Fdockyard")]
    [InlineData("tools$dockyard")]
    public async Task A_tag_is_deleted_in_the_own_account(string repository)
    {
        await images.PushImageAsync("team/tools/dockyard", "v1");
        var path = $"/namespaces/team/repositories/{repository}/tags/v1";

        await FailAsync(images.Registry, HttpMethod.Delete, $"/dockyard/v2/domains/somebody{path}", null, 401, "SVCSTG.SWR.4011064");
        await FailAsync(images.Registry, HttpMethod.Delete, $"/dockyard/v2/domains/no.domain{path}", null, 400, "SVCSTG.SWR.4001041");
        using (var deleted = await images.Registry.DeleteAsync($"/dockyard/v2/domains/{images.App.FirstRun.Domain}{path}", Cancellation))
        {
            await Installation.ShouldBeAsync(deleted, 204);
        }

        await FailAsync(images.Registry, HttpMethod.Delete, $"/dockyard/v2/domains/{images.App.FirstRun.Domain}{path}", null, 404, "SVCSTG.SWR.4040048");
    }

    [Fact]
    public async Task An_archive_is_uploaded_into_the_own_account()
    {
        var archive = new SavedImage("team/dockyard-upload:v1").ToArray();
        foreach (var (domain, status, code) in new[] { ("somebody", 401, "SVCSTG.SWR.4011064"), ("no.domain", 400, "SVCSTG.SWR.4001041"), (images.App.FirstRun.Domain, 201, null) })
        {
            using var form = new MultipartFormDataContent { { new ByteArrayContent(archive), "file", "image.tar" } };
            using var response = await images.Registry.PutAsync($"/dockyard/v2/domains/{domain}/namespaces/team/images", form, Cancellation);
            if (code is null)
            {
                await Installation.ShouldBeAsync(response, status);
            }
            else
            {
                await response.ShouldFailAsync(status, code);
            }
        }

        await images.PullAsync("team/dockyard-upload", "v1");
    }

    [Fact]
    public async Task A_fault_has_the_code_of_the_operation()
    {
        using (images.App.Sabotage("images").Unreadable("organizations"))
        {
            await FailAsync(images.Registry, HttpMethod.Get, $"{Namespaces}/team", null, 500, "SVCSTG.SWR.5000057");
            await FailAsync(images.Registry, HttpMethod.Get, "/dockyard/v2/repositories", null, 500, "SVCSTG.SWR.5000003");
        }

        using var mended = await images.Registry.GetAsync($"{Namespaces}/team", Cancellation);
        await Installation.ShouldBeAsync(mended, 200);
    }

    private static async Task FailAsync(HttpClient client, HttpMethod method, string path, object? body, int status, string code)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await client.SendAsync(request, Cancellation);
        await response.ShouldFailAsync(status, code);
    }
}

/// <summary>An installation to which archives are uploaded.</summary>
public sealed class DockyardInstallation : UploadInstallation;
