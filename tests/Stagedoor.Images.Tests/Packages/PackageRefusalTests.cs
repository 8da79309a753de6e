using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Images.Packages;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Packages;

/// <summary>What is wrong with a request for packages, and which of two mistakes is told.</summary>
public sealed class PackageRefusalTests(PackageInstallation images) : IClassFixture<PackageInstallation>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/swr/v2/domains/a.b/namespaces/UPPER/repositories/x", "4001041")]
    [InlineData("/swr/v2/domains/nobody-here/namespaces/team/repositories/x", "4001041")]
    [InlineData("/swr/v2/domains/{domain}/namespaces/UPPER/repositories/-/packages/-x", "4001008")]
    [InlineData("/swr/v2/domains/{domain}/namespaces/team/repositories/a%2Fb/packages/-x", "4001008")]
    [InlineData("/swr/v2/domains/{domain}/namespaces/team/repositories/UPPER", "4001008")]
    [InlineData("/swr/v2/domains/{domain}/namespaces/team/repositories/x/packages/-x/versions/%20", "4001030")]
    [InlineData("/swr/v2/domains/{domain}/namespaces/team/repositories/x/packages/a.b", "4001030")]
    [InlineData("/swr/v2/domains/{domain}/namespaces/team/repositories/x/packages/p/versions/%20/file_paths/a%2Fx", "4001021")]
    [InlineData("/swr/v2/domains/{domain}/namespaces/team/repositories/x/packages/p/versions/.1", "4000016")]
    [InlineData("/swr/v2/domains/{domain}/namespaces/team/repositories/x/packages/p/versions/1/file_paths/a%2Fx", "4000015")]
    [InlineData("/swr/v2/domains/{domain}/namespaces/team/repositories/x/packages/p/versions/1/file_paths/a..b", "4000015")]
    [InlineData("/swr/v2/domains/{domain}/namespaces/team/repositories?type=x", "4001011")]
    [InlineData("/swr/v2/domains/{domain}/namespaces/team/repositories?limit=0", "4000056")]
    [InlineData("/swr/v2/domains/{domain}/namespaces/team/repositories?offset=1", "4001036")]
    [InlineData("/swr/v2/domains/{domain}/namespaces/team/repositories?filter=name", "4001035")]
    [InlineData("/swr/v2/domains/{domain}/namespaces/team/repositories?filter=%ff", "4001024")]
    public async Task A_malformed_path_or_query_is_refused_by_its_first_mistake(string path, string code) =>
        await images.ShouldRefuseAsync(HttpMethod.Get, path.Replace("{domain}", images.App.FirstRun.Domain, StringComparison.Ordinal), null, 400, code);

    [Theory]
    [InlineData("""{"type":"app","is_public":true}""", 400, "4001014")]
    [InlineData("""{"name":"","type":"app","is_public":true}""", 400, "4001014")]
    [InlineData("""{"name":"-","type":"x"}""", 400, "4001014")]
    [InlineData("""{"name":"-","type":"image","is_public":1}""", 400, "4001004")]
    [InlineData("""{"name":"-","type":1,"is_public":true}""", 400, "4001004")]
    [InlineData("""{"name":"-","type":"app","is_public":"yes"}""", 400, "4001009")]
    [InlineData("""{"name":"-","type":"app","is_public":true}""", 400, "4001008")]
    [InlineData("""{"name":5,"type":"app","is_public":true}""", 400, "4001008")]
    [InlineData("""{"name":"x","type":"app","is_public":true,"description":5}""", 400, "4000014")]
    [InlineData("[]", 400, "4000014")]
    [InlineData("null", 400, "4000014")]
    [InlineData("{", 400, "4000014")]
    [InlineData("", 400, "4000014")]
    [InlineData("""{"name":"x","name":"y","type":"app","is_public":true}""", 400, "4000014")]
    public async Task A_malformed_repository_is_refused_by_its_first_mistake(string body, int status, string code) =>
        await images.ShouldRefuseAsync(HttpMethod.Post, $"{images.Team}/repositories", body, status, code);

    [Theory]
    [InlineData("""{"name":"-x","type":"app"}""", "4001030")]
    [InlineData("""{"name":"x"}""", "4001014")]
    [InlineData("""{"name":"x","type":"image"}""", "4001004")]
    [InlineData("""{"name":"x","type":"app","manifests":"x"}""", "4001006")]
    [InlineData("""{"name":"x","type":"app","manifests":[]}""", "4001006")]
    [InlineData("""{"name":"x","type":"app","is_public":0}""", "4001009")]
    public async Task A_malformed_package_is_refused_by_its_first_mistake(string body, string code) =>
        await images.ShouldRefuseAsync(HttpMethod.Post, $"{images.Team}/repositories/nowhere/packages", body, 400, code);

    [Theory]
    [InlineData("{}", "4001014")]
    [InlineData("""{"version":""}""", "4001021")]
    [InlineData("""{"version":"a/b"}""", "4000016")]
    [InlineData("""{"version":1}""", "4000016")]
    public async Task A_malformed_version_is_refused_by_its_first_mistake(string body, string code) =>
        await images.ShouldRefuseAsync(HttpMethod.Post, $"{images.Team}/repositories/nowhere/packages/none/versions", body, 400, code);

    [Fact]
    public async Task A_description_may_have_30000_characters_and_not_one_more()
    {
        var path = $"{images.Team}/repositories";
        await images.DoAsync(HttpMethod.Post, path, $$"""{"name":"long","type":"app","is_public":true,"description":"{{new string('x', 30_000)}}"}""");
        var over = $$"""{"description":"{{new string('x', 30_001)}}"}""";

        await images.ShouldRefuseAsync(HttpMethod.Patch, $"{path}/long", over, 413, "4131012");
        await images.ShouldRefuseAsync(HttpMethod.Patch, $"{path}/long/packages/p", over, 413, "4131012");
        await images.ShouldRefuseAsync(HttpMethod.Patch, $"{path}/long/packages/p/versions/1", over, 413, "4131012");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4040004")]
    public async Task What_is_not_there_is_not_made_on_the_fly()
    {
        var version = await images.CreateAsync("sparse");
        var package = version[..version.IndexOf("/versions", StringComparison.Ordinal)];
        string[] paths =
        [
            $"{images.Team}/repositories/none", $"{images.Team}/repositories/none/packages", $"{images.Team}/repositories/sparse/packages/none",
            $"{package}x/versions", $"{package}/versions/none", $"{package}/versions/none/file_paths", $"{version}/file_paths/none",
            $"{images.Team}/repositories/none/meta", $"{images.Team}/repositories/none/metasign", $"{version}/signature", $"{package}/versions/none/signature",
        ];
        foreach (var path in paths)
        {
            await images.ShouldRefuseAsync(HttpMethod.Get, path, null, 404, "4040004");
        }

        using var put = await PackageInstallation.PutAsync(images.App.Admin, $"{package}/versions/none", "a.jar", [1]);
        await put.ShouldFailAsync(404, "SVCSTG.SWR.4040004");
        await images.ShouldRefuseAsync(HttpMethod.Delete, $"{package}/versions/none", null, 404, "4040004");
        await images.ShouldRefuseAsync(HttpMethod.Patch, $"{package}x", "{}", 404, "4040004");
        await images.ShouldRefuseAsync(HttpMethod.Post, $"{package}x/versions", """{"version":"1"}""", 404, "4040004");
        await images.ShouldRefuseAsync(HttpMethod.Get, images.Of("nowhere") + "/repositories", null, 404, "4040058");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4060053")]
    public async Task What_has_something_in_it_is_not_deleted()
    {
        var version = await images.CreateAsync("full");
        var package = version[..version.IndexOf("/versions", StringComparison.Ordinal)];

        await images.ShouldRefuseAsync(HttpMethod.Delete, $"{images.Team}/repositories/full", null, 406, "4060053");
        await images.ShouldRefuseAsync(HttpMethod.Delete, package, null, 406, "4060053");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4090006")]
    public async Task A_name_that_is_taken_is_refused()
    {
        var version = await images.CreateAsync("taken");
        await images.DoAsync(HttpMethod.Post, $"{images.Team}/repositories", """{"name":"taken2","type":"app","is_public":false}""");

        await images.ShouldRefuseAsync(HttpMethod.Post, $"{images.Team}/repositories", """{"name":"taken","type":"app","is_public":false}""", 409, "4090006");
        // In whatever repository of the organization.
        await images.ShouldRefuseAsync(HttpMethod.Post, $"{images.Team}/repositories/taken2/packages", """{"name":"taken-app","type":"app"}""", 409, "4090006");
        await images.ShouldRefuseAsync(HttpMethod.Post, version[..version.LastIndexOf('/')], """{"version":"1.0"}""", 409, "4090006");
    }

    [Theory]
    [InlineData("x.exe", "4001023")]
    [InlineData("app-1.0", "4001023")]
    [InlineData(".jar", "4000015")]
    [InlineData("a..jar", "4000015")]
    [InlineData("-a.jar", "4000015")]
    public async Task A_file_of_another_kind_is_refused(string file, string code)
    {
        using var response = await PackageInstallation.PutAsync(images.App.Admin, $"{images.Team}/repositories/none/packages/none/versions/1", file, [1]);

        await response.ShouldFailAsync(400, $"SVCSTG.SWR.{code}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Provokes("SVCSTG.SWR.4130025")]
    public async Task A_file_beyond_the_limit_is_refused_and_leaves_nothing(bool isForm)
    {
        var version = await images.CreateAsync($"large-{isForm}".ToLowerInvariant());
        using var body = Installation.Octets(Installation.Random(1_000_001));
        using var form = new MultipartFormDataContent { { body, "file", "a.jar" } };

        using var response = await images.App.Admin.PutAsync($"{version}/file_paths/a.jar", isForm ? form : body, Cancellation);

        await response.ShouldFailAsync(413, "SVCSTG.SWR.4130025");
        await images.ShouldRefuseAsync(HttpMethod.Get, $"{version}/file_paths/a.jar", null, 404, "4040004");
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(images.App.DataDirectory, "blobs", "uploads")));
    }

    [Theory]
    [InlineData("multipart/form-data", "x", "4001005")]
    [InlineData("multipart/form-data; boundary=other", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nx\r\n--b--\r\n", "4001005")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nx", "4001005")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nx\r\n--b--\r\n", "4001015")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\nx\r\n--b--\r\n", "4001003")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--b--\r\n", "4001003")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\nContent-Transfer-Encoding: x-foo\r\n\r\nx\r\n--b--\r\n", "4001019")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\nContent-Type: multipart/mixed\r\n\r\nx\r\n--b--\r\n", "4001019")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n", "4001019")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nx\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b\"\r\n\r\ny\r\n--b--\r\n", "4000014")]
    public async Task A_form_that_is_none_is_refused_and_leaves_nothing(string type, string body, string code)
    {
        var version = await images.CreateAsync($"form-{Guid.NewGuid():N}");
        using var content = new ByteArrayContent(Encoding.ASCII.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", type);

        using var response = await images.App.Registry().PutAsync($"{version}/file_paths/a.jar", content, Cancellation);

        await response.ShouldFailAsync(400, $"SVCSTG.SWR.{code}");
        Assert.Equal("[]", (await images.ReadAsync($"{version}/file_paths")).GetRawText());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(images.App.DataDirectory, "blobs", "uploads")));
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001041")]
    [Provokes("SVCSTG.SWR.4001008")]
    [Provokes("SVCSTG.SWR.4001030")]
    [Provokes("SVCSTG.SWR.4001021")]
    [Provokes("SVCSTG.SWR.4000016")]
    [Provokes("SVCSTG.SWR.4000015")]
    [Provokes("SVCSTG.SWR.4001011")]
    [Provokes("SVCSTG.SWR.4001004")]
    [Provokes("SVCSTG.SWR.4001006")]
    [Provokes("SVCSTG.SWR.4001023")]
    [Provokes("SVCSTG.SWR.4001005")]
    [Provokes("SVCSTG.SWR.4001015")]
    [Provokes("SVCSTG.SWR.4001003")]
    [Provokes("SVCSTG.SWR.4001019")]
    public async Task Each_of_these_codes_is_seen()
    {
        foreach (var (path, code) in ((string, string)[])
            [
                ("/swr/v2/domains/a.b/namespaces/team/repositories", "4001041"),
                ($"{images.Team}/repositories/-", "4001008"),
                ($"{images.Team}/repositories/x/packages/-x", "4001030"),
                ($"{images.Team}/repositories/x/packages/p/versions/%20", "4001021"),
                ($"{images.Team}/repositories/x/packages/p/versions/.1", "4000016"),
                ($"{images.Team}/repositories/x/packages/p/versions/1/file_paths/a%2Fx", "4000015"),
                ($"{images.Team}/repositories?type=x", "4001011"),
            ])
        {
            await images.ShouldRefuseAsync(HttpMethod.Get, path, null, 400, code);
        }

        await images.ShouldRefuseAsync(HttpMethod.Post, $"{images.Team}/repositories/x/packages", """{"name":"x","type":"image"}""", 400, "4001004");
        await images.ShouldRefuseAsync(HttpMethod.Post, $"{images.Team}/repositories/x/packages", """{"name":"x","type":"app","manifests":"x"}""", 400, "4001006");
        await A_file_of_another_kind_is_refused("x.exe", "4001023");
        await A_form_that_is_none_is_refused_and_leaves_nothing("multipart/form-data", "x", "4001005");
        foreach (var (headers, code) in ((string, string)[])
            [
                ("name=\"text\"", "4001015"), ("name=\"file\"; filename=\"\"", "4001003"), ("name=\"file\"; filename=\"a\"\r\nContent-Transfer-Encoding: x-foo", "4001019"),
            ])
        {
            await A_form_that_is_none_is_refused_and_leaves_nothing(
                "multipart/form-data; boundary=b", $"--b\r\nContent-Disposition: form-data; {headers}\r\n\r\nx\r\n--b--\r\n", code);
        }
    }

    [Theory]
    [InlineData("GET", "/swr/v2/domains")]
    [InlineData("POST", "/swr/v2/domains/x/namespaces/team/pubkey")]
    [InlineData("GET", "/v2/domains/x/nothing")]
    [InlineData("PUT", "/v2/domains/x/namespaces/team/repositories/default")]
    public async Task What_no_route_takes_is_not_found_in_the_words_of_the_API(string method, string path) =>
        await images.ShouldRefuseAsync(new(method), path, null, 404, "4040083");

    [Fact]
    public async Task A_body_of_another_type_or_too_large_is_refused()
    {
        using var text = new StringContent("{}", Encoding.UTF8, "text/plain");
        using var wrong = await images.App.Admin.PostAsync($"{images.Team}/repositories", text, Cancellation);
        await wrong.ShouldFailAsync(400, "SVCSTG.SWR.4001018");

        await images.ShouldRefuseAsync(HttpMethod.Post, $"{images.Team}/repositories", $$"""{"name":"{{new string('x', 1024 * 1024)}}"}""", 413, "4131001");
    }

    [Fact]
    public void Names_follow_their_rules()
    {
        Assert.All(["a", "_a", "A-b_c", new string('x', 255)], static n => Assert.True(PackageName.IsValidPackage(n)));
        Assert.All(["", "-a", "a.b", "a b", "ä", new string('x', 256)], static n => Assert.False(PackageName.IsValidPackage(n)));
        Assert.All(["1", "1.0.0-rc_1", new string('1', 128)], static n => Assert.True(PackageName.IsValidVersion(n)));
        Assert.All(["", ".1", "-1", "1+2", new string('1', 129)], static n => Assert.False(PackageName.IsValidVersion(n)));
        Assert.All(["a", "a+b(1).tar.gz", "_", new string('x', 255)], static n => Assert.True(PackageName.IsValidFile(n)));
        Assert.All(["", ".a", "a/b", "a..b", "a b", new string('x', 256)], static n => Assert.False(PackageName.IsValidFile(n)));
        Assert.All(["a.JAR", "x.tar.gz", "README"], static n => Assert.True(PackageName.HasSuffixOf(n, [".jar", ".tar.gz"])));
        Assert.All(["a.gz", "a.jar.x"], static n => Assert.False(PackageName.HasSuffixOf(n, [".jar", ".tar.gz"])));
    }

    [Fact]
    public async Task Downloads_are_counted()
    {
        var version = await images.CreateAsync("counted");
        await images.UploadAsync(version, "a.jar", [1, 2, 3]);
        for (var i = 0; i < 3; i++)
        {
            await images.App.Admin.GetByteArrayAsync($"{version}/file_paths/a.jar", Cancellation);
        }

        await images.App.Services.GetRequiredService<PackageDownloads>().FlushAsync(Cancellation);

        Assert.Equal(3, (await images.ReadAsync($"{images.Team}/repositories/counted/packages/counted-app")).GetProperty("num_download").GetInt64());
    }
}
