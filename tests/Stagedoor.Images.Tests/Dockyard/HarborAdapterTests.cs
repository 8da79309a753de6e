using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Stagedoor.Images.Tests.Dockyard;

/// <summary>What Harbor's adapter for this kind of registry sends, in its order, and what it needs of each answer.</summary>
public sealed class HarborAdapterTests(Installation images) : IClassFixture<Installation>
{
    private static readonly MediaTypeHeaderValue s_type = MediaTypeHeaderValue.Parse("application/json; charset=utf-8");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pushing_makes_the_organizations_that_are_not_there()
    {
        var absent = await ReadAsync(images.Registry, "/dockyard/v2/namespaces/harbor-new");
        Assert.Empty(absent.EnumerateObject());
        using (var made = await SendAsync(images.Registry, HttpMethod.Post, "/dockyard/v2/namespaces", """{"namespace":"harbor-new"}"""))
        {
            Assert.InRange((int)made.StatusCode, 200, 299);
        }

        var found = await ReadAsync(images.Registry, "/dockyard/v2/namespaces/harbor-new");
        Assert.Equal("harbor-new", found.GetProperty("name").GetString());
        Assert.Equal((JsonValueKind.Number, JsonValueKind.Number), (found.GetProperty("id").ValueKind, found.GetProperty("auth").ValueKind));
    }

    [Fact]
    public async Task The_list_of_organizations_has_whole_numbers()
    {
        await images.CreateOrganizationAsync("harbor-counted");
        await images.PushImageAsync("harbor-counted/a", "v1");
        await images.PushImageAsync("harbor-counted/a", "v2");
        await images.PushImageAsync("harbor-counted/b", "v1");
        var user = await images.AddUserAsync("harbor-member");
        using var unused = user.Signed;
        images.GrantOnOrganization("harbor-counted", user.Id, 3);

        foreach (var path in new[] { "/dockyard/v2/visible/namespaces", "/dockyard/v2/namespaces", "/dockyard/v2/namespaces?namespace=harbor-counted" })
        {
            var item = (await ReadAsync(images.Registry, path)).GetProperty("namespaces").EnumerateArray().Single(static n => n.GetProperty("name").GetString() is "harbor-counted");
            foreach (var number in new[] { "id", "auth", "user_count", "image_count", "access_user_count", "repo_count" })
            {
                Assert.True(item.GetProperty(number).TryGetInt64(out _), number);
            }

            Assert.Equal((2, 3, 2), (item.GetProperty("user_count").GetInt64(), item.GetProperty("image_count").GetInt64(), item.GetProperty("repo_count").GetInt64()));
        }
    }

    [Fact]
    public async Task All_repositories_come_at_once_with_their_tags_and_times()
    {
        await images.CreateOrganizationAsync("harbor-many");
        images.App.Sabotage("images").Execute(
            """
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
            INSERT INTO repositories (id, organization_id, name, path, domain_id, creator_id, creator_name, created_at, updated_at)
            SELECT 1000000 + i, o.id, 'r' || i, 'harbor-many/r' || i, o.domain_id, o.creator_id, o.creator_name, 1, 1 FROM organizations o JOIN n WHERE o.name = 'harbor-many'
            """);
        await images.PushImageAsync("harbor-many/deep/name", "v1");
        await images.PushImageAsync("harbor-many/deep/name", "v2");

        var listed = await ReadAsync(images.Registry, "/dockyard/v2/repositories?filter=center::self");
        var own = listed.EnumerateArray().Where(static r => r.GetProperty("namespace").GetString() is "harbor-many").ToList();
        Assert.Equal(1201, own.Count);
        Assert.All(own, static r =>
        {
            foreach (var time in new[] { "created_at", "updated_at" })
            {
                DateTimeOffset.ParseExact(r.GetProperty(time).GetString()!, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
            }

            Assert.Equal(JsonValueKind.Array, r.GetProperty("tags").ValueKind);
        });
        var deep = Assert.Single(own, static r => r.GetProperty("name").GetString() is "deep/name");
        Assert.Equal(["v1", "v2"], deep.GetProperty("tags").EnumerateArray().Select(static t => t.GetString()));

        Assert.Equal(listed.GetArrayLength(), (await ReadAsync(images.Registry, "/dockyard/v2/repositories?filter=center::self%7Climit::65535")).GetArrayLength());
        Assert.Equal(1100, (await ReadAsync(images.Registry, "/dockyard/v2/repositories?limit=1100")).GetArrayLength());
    }

    [Fact]
    public async Task A_token_without_a_service_pulls_and_deletes()
    {
        var (digest, bytes) = await images.PushImageAsync("team/harbor-token", "v1");
        using var issued = await SendAsync(images.Registry, HttpMethod.Get, "/swr/auth/v2/registry/auth?scope=repository:team/harbor-token:push,pull", null);
        await Installation.ShouldBeAsync(issued, 200);
        var token = await issued.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.True(token.GetProperty("expires_in").GetInt32() > 0);
        DateTimeOffset.Parse(token.GetProperty("issued_at").GetString()!, CultureInfo.InvariantCulture);
        using var bearer = images.WithBearer(token.GetProperty("token").GetString()!);

        using (var manifest = await bearer.GetAsync("/v2/team/harbor-token/manifests/v1", Cancellation))
        {
            await Installation.ShouldBeAsync(manifest, 200);
            Assert.Equal(bytes.Length, manifest.Content.Headers.ContentLength);
            Assert.Equal(Installation.Manifest, manifest.Content.Headers.ContentType!.MediaType);
        }

        using (var missing = await bearer.GetAsync("/v2/team/harbor-token/manifests/absent", Cancellation))
        {
            Assert.Equal(404, (int)missing.StatusCode);
        }

        using var deleted = await bearer.DeleteAsync($"/v2/team/harbor-token/manifests/{digest}", Cancellation);
        Assert.InRange((int)deleted.StatusCode, 200, 299);
    }

    private static async Task<JsonElement> ReadAsync(HttpClient client, string path)
    {
        using var response = await SendAsync(client, HttpMethod.Get, path, null);
        await Installation.ShouldBeAsync(response, 200);
        return await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
    }

    // The type of the body is sent with every request, also where there is none.
    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body ?? "")) };
        request.Content.Headers.ContentType = s_type;
        return await client.SendAsync(request, Cancellation);
    }
}
