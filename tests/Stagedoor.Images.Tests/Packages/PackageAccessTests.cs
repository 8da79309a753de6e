using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Packages;

/// <summary>Who may do what with packages.</summary>
public sealed class PackageAccessTests(PackageInstallation images) : IClassFixture<PackageInstallation>
{
    private static int s_names;

    private static readonly (string Name, string Method, string Path, string? Body, int Status)[] s_operations =
    [
        ("list repositories", "GET", "/repositories", null, 200),
        ("show a repository", "GET", "/repositories/{r}", null, 200),
        ("list packages", "GET", "/repositories/{r}/packages", null, 200),
        ("show a package", "GET", "/repositories/{r}/packages/{r}-app", null, 200),
        ("list versions", "GET", "/repositories/{r}/packages/{r}-app/versions", null, 200),
        ("show a version", "GET", "/repositories/{r}/packages/{r}-app/versions/1.0", null, 200),
        ("list files", "GET", "/repositories/{r}/packages/{r}-app/versions/1.0/file_paths", null, 200),
        ("download", "GET", "/repositories/{r}/packages/{r}-app/versions/1.0/file_paths/a.jar", null, 200),
        ("meta", "GET", "/repositories/{r}/meta", null, 200),
        ("sign meta", "GET", "/repositories/{r}/metasign", null, 200),
        ("public key", "GET", "/pubkey", null, 200),
        ("create a repository", "POST", "/repositories", """{"name":"{r}-2","type":"app","is_public":false}""", 201),
        ("change a repository", "PATCH", "/repositories/{r}", """{"description":"x"}""", 201),
        ("create a package", "POST", "/repositories/{r}/packages", """{"name":"{r}-3","type":"app"}""", 201),
        ("change a package", "PATCH", "/repositories/{r}/packages/{r}-app", """{"description":"x"}""", 201),
        ("create a version", "POST", "/repositories/{r}/packages/{r}-app/versions", """{"version":"2.0"}""", 201),
        ("change a version", "PATCH", "/repositories/{r}/packages/{r}-app/versions/2.0", """{"description":"x"}""", 201),
        ("upload", "PUT", "/repositories/{r}/packages/{r}-app/versions/1.0/file_paths/b.jar", "x", 201),
        ("sign", "PUT", "/repositories/{r}/packages/{r}-app/versions/1.0/signature", null, 201),
        ("show a signature", "GET", "/repositories/{r}/packages/{r}-app/versions/1.0/signature", null, 200),
        ("delete a signature", "DELETE", "/repositories/{r}/packages/{r}-app/versions/1.0/signature", null, 204),
        ("delete a file", "DELETE", "/repositories/{r}/packages/{r}-app/versions/1.0/file_paths/b.jar", null, 204),
        ("delete a version", "DELETE", "/repositories/{r}/packages/{r}-app/versions/2.0", null, 204),
        ("delete a package", "DELETE", "/repositories/{r}/packages/{r}-3", null, 204),
        ("delete a repository", "DELETE", "/repositories/{r}-2", null, 204),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // For each role what reading answers, what changing answers, and what uploading answers.
    [Theory]
    [InlineData("administrator", false, "", "", "")]
    [InlineData("manager", false, "", "", "")]
    [InlineData("editor", false, "", "", "")]
    [InlineData("reader", false, "", "403 4037017", "403 4037017")]
    [InlineData("reader who edits elsewhere", false, "", "403 4037020", "401 4011044")]
    [InlineData("user without a grant", false, "403 4037020", "403 4037017", "403 4037017")]
    [InlineData("user who edits elsewhere", false, "403 4037020", "403 4037020", "401 4011044")]
    [InlineData("another account", false, "401 4011064", "401 4011064", "401 4011064")]
    [InlineData("nobody", false, "400 4001048", "400 4001048", "400 4001048")]
    [InlineData("user without a grant", true, "", "403 4037017", "403 4037017")]
    [InlineData("another account", true, "", "401 4011064", "401 4011064")]
    [InlineData("nobody", true, "", "400 4001048", "400 4001048")]
    public async Task Each_role_may_do_what_is_its_own(string role, bool isPublic, string reading, string changing, string uploading)
    {
        var number = Interlocked.Increment(ref s_names);
        var organization = $"roles-{number}";
        await images.CreateOrganizationAsync(organization);
        var version = await images.CreateAsync($"r{number}", isPublic, organization);
        await images.UploadAsync(version, "a.jar", [1, 2, 3]);
        await images.DoAsync(HttpMethod.Put, $"{version}/signature");
        var client = await ClientAsync(role, organization, number);
        var wrong = new List<string>();

        foreach (var (name, method, path, body, status) in s_operations)
        {
            using var request = new HttpRequestMessage(new(method), images.Of(organization) + path.Replace("{r}", $"r{number}", StringComparison.Ordinal));
            request.Content = body is null ? null : name is "upload" ? Installation.Octets([1]) : new StringContent(body.Replace("{r}", $"r{number}", StringComparison.Ordinal), null, "application/json");
            using var response = await client.SendAsync(request, Cancellation);
            var expected = method is "GET" ? reading : name is "upload" ? uploading : changing;
            var code = (int)response.StatusCode < 400
                ? "" : (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation))[0].GetProperty("errorCode").GetString()!["SVCSTG.SWR.".Length..];
            var actual = $"{(int)response.StatusCode} {code}".Trim();
            if (actual != (expected.Length == 0 ? $"{status}" : expected))
            {
                wrong.Add($"{name}: {actual}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4011044")]
    public async Task A_colleague_s_package_is_told_to_be_so_who_uploads_to_it()
    {
        var version = await images.CreateAsync("colleague");
        var user = await images.AddUserAsync("stranger");
        await images.CreateOrganizationAsync("stranger-s");
        images.GrantOnOrganization("stranger-s", user.Id, 3);

        using var response = await PackageInstallation.PutAsync(user.Signed, version, "a.jar", [1]);

        await response.ShouldFailAsync(401, "SVCSTG.SWR.4011044");
    }

    [Fact]
    public async Task Of_a_private_package_in_a_public_repository_others_see_nothing_but_its_entry_in_the_meta_file()
    {
        var version = await images.CreateAsync("mixed", isPublic: true);
        await images.UploadAsync(version, "a.jar", [1]);
        var packages = $"{images.Team}/repositories/mixed/packages";
        await images.DoAsync(HttpMethod.Patch, $"{packages}/mixed-app", """{"is_public":false}""");
        await images.DoAsync(HttpMethod.Post, packages, """{"name":"mixed-open","type":"app","is_public":true}""");

        Assert.Equal(["mixed-open"], (await images.ReadAsync(packages, images.App.Anonymous)).EnumerateArray().Select(p => p.GetProperty("name").GetString()));
        await images.ShouldRefuseAsync(HttpMethod.Get, $"{packages}/mixed-app", null, 400, "4001048", images.App.Anonymous);
        await images.ShouldRefuseAsync(HttpMethod.Get, $"{version}/file_paths/a.jar", null, 400, "4001048", images.App.Anonymous);
        Assert.Equal(2, (await images.ReadAsync($"{images.Team}/repositories/mixed/meta", images.App.Anonymous)).GetProperty("packages").GetArrayLength());
    }

    [Fact]
    public async Task Every_401_says_how_to_log_in()
    {
        await images.CreateAsync("challenged");
        var (signed, registry) = await images.AddAccountAsync("challenged_other");
        using var unused = signed;
        using var foreign = registry;
        using var unknown = images.App.WithToken("nonsense");
        using var bearer = images.WithBearer("nonsense");
        foreach (var (client, code) in new[] { (foreign, "4011064"), (unknown, "4010000"), (bearer, "4010000") })
        {
            using var response = await client.GetAsync($"{images.Team}/repositories/challenged", Cancellation);
            await response.ShouldFailAsync(401, $"SVCSTG.SWR.{code}");
            Assert.Equal("Basic realm=\"stagedoor\", charset=\"UTF-8\"", response.Headers.WwwAuthenticate.Single().ToString());
        }
    }

    [Fact]
    public async Task A_wrong_login_is_told_which_kind_is_meant()
    {
        using var client = images.App.Registry("nobody@NOBODYSKEY0000000000", "00");
        using var response = await client.GetAsync($"{images.Team}/repositories", Cancellation);

        await response.ShouldFailAsync(401, "SVCSTG.SWR.4010000");
        Assert.Equal("Basic", response.Headers.WwwAuthenticate.Single().Scheme);
    }

    [Fact]
    public async Task A_token_of_the_registry_is_no_good_for_packages()
    {
        await images.CreateAsync("bearer", isPublic: true);
        using var client = images.WithBearer(await Installation.TokenAsync(images.Registry, "&scope=repository:team/x:pull"));
        using var response = await client.GetAsync($"{images.Team}/repositories", Cancellation);

        await response.ShouldFailAsync(401, "SVCSTG.SWR.4010000");
    }

    [Fact]
    public async Task What_is_changed_is_recorded_under_the_names_of_the_API()
    {
        var version = await images.CreateAsync("recorded");
        await images.UploadAsync(version, "a.jar", [1]);
        await images.App.Admin.GetByteArrayAsync($"{version}/file_paths/a.jar", Cancellation);
        await images.DoAsync(HttpMethod.Delete, $"{version}/file_paths/a.jar", status: 204);
        await images.DoAsync(HttpMethod.Delete, version, status: 204);

        await Eventually.TrueAsync("all records", TimeSpan.FromSeconds(30), async () =>
        {
            var text = await images.App.Admin.GetStringAsync("/v3/audit/records?limit=200", Cancellation);
            return new[] { "createRepository", "createPackage", "createVersion", "uploadFile", "downloadFile", "deleteFile", "deleteVersion" }
                .All(n => text.Contains($"\"{n}\"", StringComparison.Ordinal));
        });
    }

    private async Task<HttpClient> ClientAsync(string role, string organization, int number)
    {
        switch (role)
        {
            case "administrator":
                return images.App.Admin;
            case "nobody":
                return images.App.Anonymous;
            case "another account":
                return (await images.AddAccountAsync($"other{number}")).Signed;
            default:
                var user = await images.AddUserAsync($"user-{number}");
                var auth = role switch { "manager" => 7, "editor" => 3, _ when role.StartsWith("reader", StringComparison.Ordinal) => 1, _ => 0 };
                if (auth > 0)
                {
                    images.GrantOnOrganization(organization, user.Id, auth);
                }

                if (role.EndsWith("elsewhere", StringComparison.Ordinal))
                {
                    images.GrantOnOrganization("team", user.Id, 3);
                }

                return user.Signed;
        }
    }
}
