using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Packages;

/// <summary>Repositories, packages, versions and files of packages: K1 to K11, F1 to F4.</summary>
public sealed class PackageTests(PackageInstallation images) : IClassFixture<PackageInstallation>
{
    private static readonly string[] s_package =
    [
        "id", "name", "type", "repository", "namespace", "domain_name", "is_public", "description", "manifests", "creator_name", "created_at", "updated_at",
        "versions", "num_download",
    ];

    private static readonly string[] s_file = ["name", "size", "sha256", "path", "internal_path", "created_at"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Admin => images.App.Admin;

    private string Host => new Uri(images.App.Url).Authority;

    [Fact]
    public async Task A_repository_is_created_shown_changed_and_deleted()
    {
        var path = $"{images.Team}/repositories";
        using (var created = await images.SendAsync(HttpMethod.Post, path, """{"name":"shown","type":"app","is_public":false,"description":"one 组织"}"""))
        {
            await Installation.ShouldBeAsync(created, 201);
            Assert.Equal("{}", await created.Content.ReadAsStringAsync(Cancellation));
        }

        var shown = await images.ReadAsync($"{path}/shown");
        Assert.Equal(
            ["id", "name", "type", "namespace", "domain_name", "is_public", "description", "creator_name", "created_at", "updated_at"], Members(shown));
        Assert.Equal(("shown", "app", "team", "one 组织"), (Text(shown, "name"), Text(shown, "type"), Text(shown, "namespace"), Text(shown, "description")));
        Assert.Equal((images.App.FirstRun.Domain, images.App.FirstRun.User), (Text(shown, "domain_name"), Text(shown, "creator_name")));
        Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}Z$", Text(shown, "created_at"));

        await images.DoAsync(HttpMethod.Patch, $"{path}/shown", """{"is_public":true}""");
        shown = await images.ReadAsync($"{path}/shown");
        Assert.Equal((true, "one 组织"), (shown.GetProperty("is_public").GetBoolean(), Text(shown, "description")));
        await images.DoAsync(HttpMethod.Patch, $"{path}/shown", """{"description":""}""");
        Assert.Equal("", Text(await images.ReadAsync($"{path}/shown"), "description"));

        await images.DoAsync(HttpMethod.Delete, $"{path}/shown", status: 204);
        await images.ShouldRefuseAsync(HttpMethod.Get, $"{path}/shown", null, 404, "4040004");
    }

    [Fact]
    public async Task An_upload_is_told_what_it_sent_itself_while_others_replace_the_file()
    {
        await images.DoAsync(HttpMethod.Post, $"{images.Team}/repositories", """{"name":"beside","type":"app","is_public":true}""");
        var package = $"{images.Team}/repositories/beside/packages";
        await images.DoAsync(HttpMethod.Post, package, """{"name":"app","type":"app"}""");
        await images.DoAsync(HttpMethod.Post, $"{package}/app/versions", """{"version":"1"}""");

        await Task.WhenAll(Enumerable.Range(1, 40).Select(async i =>
        {
            var content = Installation.Random(100 + i);
            var told = await images.UploadAsync($"{package}/app/versions/1", "a.jar", content);
            Assert.Equal((content.Length, Installation.DigestOf(content)[7..]), (told.GetProperty("size").GetInt32(), Text(told, "sha256")));
        }));
    }

    [Fact]
    public async Task A_package_is_created_shown_changed_and_deleted()
    {
        await images.DoAsync(HttpMethod.Post, $"{images.Team}/repositories", """{"name":"apps","type":"app","is_public":true}""");
        var path = $"{images.Team}/repositories/apps/packages";
        await images.DoAsync(HttpMethod.Post, path, """{"name":"Shop_1","type":"app","description":"d","manifests":{"name":"Shop_1","deep":[1,{"a":"组织"}]}}""");

        var shown = await images.ReadAsync($"{path}/Shop_1");
        Assert.Equal(s_package, Members(shown));
        Assert.Equal(("Shop_1", "app", "apps", "team"), (Text(shown, "name"), Text(shown, "type"), Text(shown, "repository"), Text(shown, "namespace")));
        Assert.Equal("""{"name":"Shop_1","deep":[1,{"a":"组织"}]}""", shown.GetProperty("manifests").GetRawText());
        // What its repository says, since it says nothing itself.
        Assert.True(shown.GetProperty("is_public").GetBoolean());
        Assert.Equal(("[]", 0), (shown.GetProperty("versions").GetRawText(), shown.GetProperty("num_download").GetInt64()));

        await images.DoAsync(HttpMethod.Patch, $"{path}/Shop_1", """{"is_public":false,"manifests":{}}""");
        shown = await images.ReadAsync($"{path}/Shop_1");
        Assert.Equal((false, "d", "{}"), (shown.GetProperty("is_public").GetBoolean(), Text(shown, "description"), shown.GetProperty("manifests").GetRawText()));

        await images.DoAsync(HttpMethod.Post, $"{path}/Shop_1/versions", """{"version":"1.0.0","description":"first"}""");
        await images.DoAsync(HttpMethod.Post, $"{path}/Shop_1/versions", """{"version":"1.0.1"}""");
        var listed = Assert.Single((await images.ReadAsync(path)).EnumerateArray());
        Assert.Equal(s_package, Members(listed));
        Assert.Equal("""["1.0.0","1.0.1"]""", listed.GetProperty("versions").GetRawText());

        await images.ShouldRefuseAsync(HttpMethod.Delete, $"{path}/Shop_1", null, 406, "4060053");
        await images.DoAsync(HttpMethod.Delete, $"{path}/Shop_1/versions/1.0.0", status: 204);
        await images.DoAsync(HttpMethod.Delete, $"{path}/Shop_1/versions/1.0.1", status: 204);
        await images.DoAsync(HttpMethod.Delete, $"{path}/Shop_1", status: 204);
        await images.ShouldRefuseAsync(HttpMethod.Get, $"{path}/Shop_1", null, 404, "4040004");
    }

    [Fact]
    public async Task A_version_is_created_shown_changed_and_deleted()
    {
        var version = await images.CreateAsync("versions");
        var (first, second) = (Installation.Random(10), Installation.Random(20));
        await images.UploadAsync(version, "a.jar", first);
        await images.UploadAsync(version, "b.jar", second);
        await images.DoAsync(HttpMethod.Patch, version, """{"description":"changed"}""");

        var shown = await images.ReadAsync(version);
        Assert.Equal(["version", "description", "created_at", "updated_at", "files"], Members(shown));
        Assert.Equal(("1.0", "changed"), (Text(shown, "version"), Text(shown, "description")));
        var files = shown.GetProperty("files").EnumerateArray().ToList();
        Assert.Equal(["a.jar", "b.jar"], files.Select(f => Text(f, "name")));
        Assert.All(files, f => Assert.Equal(s_file, Members(f)));
        var listed = Assert.Single((await images.ReadAsync(version[..version.LastIndexOf('/')])).EnumerateArray());
        Assert.Equal(shown.GetRawText(), listed.GetRawText());

        await images.DoAsync(HttpMethod.Delete, version, status: 204);
        await images.ShouldRefuseAsync(HttpMethod.Get, version, null, 404, "4040004");
        await images.ShouldRefuseAsync(HttpMethod.Get, $"{version}/file_paths/a.jar", null, 404, "4040004");
        Assert.Equal("[]", (await images.ReadAsync($"{images.Team}/repositories/versions/packages/versions-app")).GetProperty("versions").GetRawText());
    }

    [Fact]
    public async Task A_file_is_uploaded_downloaded_replaced_listed_and_deleted()
    {
        var version = await images.CreateAsync("files");
        var content = Installation.Random(100_000);

        var uploaded = await images.UploadAsync(version, "app-1.0.jar", content);

        Assert.Equal(s_file, Members(uploaded));
        Assert.Equal(("app-1.0.jar", 100_000, Hash(content)), (Text(uploaded, "name"), uploaded.GetProperty("size").GetInt64(), Text(uploaded, "sha256")));
        Assert.Equal(($"{Host}{version}/file_paths/app-1.0.jar", $"{Host}{version}/file_paths/app-1.0.jar"), (Text(uploaded, "path"), Text(uploaded, "internal_path")));
        using (var got = await Admin.GetAsync($"{version}/file_paths/app-1.0.jar", Cancellation))
        {
            await Installation.ShouldBeAsync(got, 200);
            Assert.Equal(content, await got.Content.ReadAsByteArrayAsync(Cancellation));
            Assert.Equal(($"\"{Hash(content)}\"", "bytes"), (got.Headers.ETag!.Tag, got.Headers.AcceptRanges.Single()));
            Assert.Equal(("application/octet-stream", "attachment"), (got.Content.Headers.ContentType!.MediaType, got.Content.Headers.ContentDisposition!.DispositionType));
        }

        var newer = Installation.Random(50);
        await images.UploadAsync(version, "app-1.0.jar", newer);
        Assert.Equal(newer, await Admin.GetByteArrayAsync($"{version}/file_paths/app-1.0.jar", Cancellation));
        var listed = Assert.Single((await images.ReadAsync($"{version}/file_paths")).EnumerateArray());
        Assert.Equal(s_file, Members(listed));
        Assert.Equal(Hash(newer), Text(listed, "sha256"));

        await images.DoAsync(HttpMethod.Delete, $"{version}/file_paths/app-1.0.jar", status: 204);
        await images.ShouldRefuseAsync(HttpMethod.Get, $"{version}/file_paths/app-1.0.jar", null, 404, "4040004");
        await images.ShouldRefuseAsync(HttpMethod.Delete, $"{version}/file_paths/app-1.0.jar", null, 404, "4040004");
        Assert.Equal("[]", (await images.ReadAsync($"{version}/file_paths")).GetRawText());
    }

    [Theory]
    [InlineData("bytes=0-9", 206, 0, 10, "bytes 0-9/100")]
    [InlineData("bytes=90-", 206, 90, 10, "bytes 90-99/100")]
    [InlineData("bytes=-5", 206, 95, 5, "bytes 95-99/100")]
    [InlineData("bytes=50-1000", 206, 50, 50, "bytes 50-99/100")]
    [InlineData("bytes=0-1,3-4", 200, 0, 100, null)]
    [InlineData("lines=0-1", 200, 0, 100, null)]
    public async Task A_part_of_a_file_is_downloaded(string range, int status, int offset, int length, string? contentRange)
    {
        var version = await images.CreateAsync($"ranges-{Guid.NewGuid():N}");
        var content = Installation.Random(100);
        await images.UploadAsync(version, "a.zip", content);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{version}/file_paths/a.zip");
        request.Headers.TryAddWithoutValidation("Range", range);

        using var response = await Admin.SendAsync(request, Cancellation);

        await Installation.ShouldBeAsync(response, status);
        Assert.Equal(content.AsSpan(offset, length).ToArray(), await response.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal(contentRange, response.Content.Headers.ContentRange?.ToString());
    }

    [Fact]
    public async Task A_part_beyond_the_end_of_a_file_is_refused()
    {
        var version = await images.CreateAsync("beyond");
        await images.UploadAsync(version, "a.zip", Installation.Random(100));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{version}/file_paths/a.zip");
        request.Headers.TryAddWithoutValidation("Range", "bytes=100-");

        using var response = await Admin.SendAsync(request, Cancellation);

        await response.ShouldFailAsync(416, "SVCSTG.SWR.4000014");
        Assert.Equal("bytes */100", response.Content.Headers.ContentRange!.ToString());
    }

    [Fact]
    public async Task What_the_caller_has_is_not_sent_again()
    {
        var version = await images.CreateAsync("conditions");
        var content = Installation.Random(100);
        await images.UploadAsync(version, "a.zip", content);
        var path = $"{version}/file_paths/a.zip";

        Assert.Equal((304, 0), await GetAsync(("If-None-Match", $"\"{Hash(content)}\"")));
        Assert.Equal((200, 100), await GetAsync(("If-None-Match", "\"other\"")));
        Assert.Equal((206, 10), await GetAsync(("If-Range", $"\"{Hash(content)}\""), ("Range", "bytes=0-9")));
        Assert.Equal((200, 100), await GetAsync(("If-Range", "\"other\""), ("Range", "bytes=0-9")));

        async Task<(int Status, int Length)> GetAsync(params (string Name, string Value)[] headers)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            foreach (var (name, value) in headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            using var response = await Admin.SendAsync(request, Cancellation);
            return ((int)response.StatusCode, (await response.Content.ReadAsByteArrayAsync(Cancellation)).Length);
        }
    }

    [Fact]
    public async Task Head_answers_the_size_and_no_bytes()
    {
        var version = await images.CreateAsync("heads");
        var content = Installation.Random(100);
        await images.UploadAsync(version, "a.zip", content);
        using var request = new HttpRequestMessage(HttpMethod.Head, $"{version}/file_paths/a.zip");

        using var response = await Admin.SendAsync(request, Cancellation);

        await Installation.ShouldBeAsync(response, 200);
        Assert.Equal((100, $"\"{Hash(content)}\""), (response.Content.Headers.ContentLength, response.Headers.ETag!.Tag));
    }

    [Fact]
    public async Task A_file_that_comes_in_a_form_is_the_same_file()
    {
        var version = await images.CreateAsync("forms");
        var content = Installation.Random(70_000);
        using var form = new MultipartFormDataContent { { new StringContent("x"), "note" } };
        using var part = Installation.Octets(content);
        form.Add(part, "file", "other-name.bin");
        form.Add(new StringContent("y"), "after");

        using var response = await Admin.PutAsync($"{version}/file_paths/form.tar.gz", form, Cancellation);

        await Installation.ShouldBeAsync(response, 201);
        Assert.Equal(content, await Admin.GetByteArrayAsync($"{version}/file_paths/form.tar.gz", Cancellation));
    }

    [Fact]
    public async Task An_empty_file_and_one_of_the_largest_size_are_kept()
    {
        var version = await images.CreateAsync("sizes");
        var (empty, largest) = (Array.Empty<byte>(), Installation.Random(1_000_000));

        await images.UploadAsync(version, "empty", empty);
        await images.UploadAsync(version, "largest.bin.zip", largest);

        Assert.Equal(empty, await Admin.GetByteArrayAsync($"{version}/file_paths/empty", Cancellation));
        Assert.Equal(largest, await Admin.GetByteArrayAsync($"{version}/file_paths/largest.bin.zip", Cancellation));
    }

    [Fact]
    public async Task Lists_are_filtered_and_come_in_parts()
    {
        await images.DoAsync(HttpMethod.Post, $"{images.Team}/repositories", """{"name":"paged","type":"app","is_public":false}""");
        var path = $"{images.Team}/repositories/paged/packages";
        for (var i = 0; i < 5; i++)
        {
            images.App.Clock.Advance(TimeSpan.FromMilliseconds(10));
            await images.DoAsync(HttpMethod.Post, path, $$"""{"name":"p{{i}}_x","type":"app"}""");
        }

        Assert.Equal("p3_x p2_x, 1-2/5", await ListAsync("?limit=2&offset=1"));
        Assert.Equal("p4_x p3_x, ", await ListAsync("?limit=2"));
        Assert.Equal(", 9-0/5", await ListAsync("?limit=2&offset=9"));
        Assert.Equal("p2_x, ", await ListAsync("?name=P2"));
        Assert.Equal("p2_x, ", await ListAsync("?name=p1&filter=name%3A%3Ap2%7Ctype%3A%3Aapp"));
        Assert.Equal(", ", await ListAsync("?name=2-x"));
        Assert.Equal(", ", await ListAsync("?type=image"));
        Assert.Equal("p4_x p3_x p2_x p1_x p0_x, ", await ListAsync("?type=app"));
        Assert.Equal(["paged"], (await images.ReadAsync($"{images.Team}/repositories?filter=name::aged")).EnumerateArray().Select(r => Text(r, "name")));

        async Task<string> ListAsync(string query)
        {
            using var response = await Admin.GetAsync(path + query, Cancellation);
            await Installation.ShouldBeAsync(response, 200);
            using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
            var range = response.Content.Headers.TryGetValues("Content-Range", out var values) ? values.Single() : "";
            return $"{string.Join(' ', json.RootElement.EnumerateArray().Select(p => Text(p, "name")))}, {range}";
        }
    }

    [Fact]
    public async Task The_second_prefix_and_a_login_of_the_registry_do_the_same()
    {
        var version = await images.CreateAsync("second", client: images.Registry);
        var alias = version["/swr".Length..];

        await images.UploadAsync(alias, "a.jar", Installation.Random(10), images.Registry);

        Assert.Equal(
            (await images.ReadAsync($"{version}/file_paths")).GetRawText(), (await images.ReadAsync($"{alias}/file_paths", images.Registry)).GetRawText());
        await images.DoAsync(HttpMethod.Delete, $"{alias}/file_paths/a.jar", status: 204, client: images.Registry);
    }

    [Fact]
    public async Task A_token_of_identity_management_opens_packages_too()
    {
        var version = await images.CreateAsync("tokens");
        using var client = images.App.WithToken(await images.App.NewTokenAsync());

        await images.UploadAsync(version, "a.jar", Installation.Random(10), client);

        Assert.Single((await images.ReadAsync($"{version}/file_paths", client)).EnumerateArray());
    }

    [Fact]
    public async Task An_organization_with_packages_stays()
    {
        await images.CreateOrganizationAsync("kept");
        var version = await images.CreateAsync("stays", organization: "kept");

        await images.ShouldRefuseAsync(HttpMethod.Delete, "/v2/manage/namespaces/kept", null, 406, "4060053");
        await images.DoAsync(HttpMethod.Delete, version, status: 204);
        await images.DoAsync(HttpMethod.Delete, $"{images.Of("kept")}/repositories/stays/packages/stays-app", status: 204);
        await images.DoAsync(HttpMethod.Delete, "/v2/manage/namespaces/kept", status: 204);

        Assert.Equal(0, images.App.Sabotage("images").Count("package_repos WHERE name = 'stays'"));
    }

    private static string[] Members(JsonElement element) => [.. element.EnumerateObject().Select(m => m.Name)];

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static string Hash(byte[] content) => Installation.DigestOf(content)["sha256:".Length..];
}
