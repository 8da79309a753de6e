using System.Net.Http.Headers;
using System.Text;
using Stagedoor.Images.Tests.Packages;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Requests;

/// <summary>JSON that is spelled otherwise than in UTF-8 as it is.</summary>
public sealed class JsonBodyTests(PackageInstallation images) : IClassFixture<PackageInstallation>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("packages", "application/json; charset=utf-16", 400, "SVCSTG.SWR.4001018")]
    [InlineData("packages", "application/json; charset=bogus", 400, "SVCSTG.SWR.4001018")]
    [InlineData("packages", "application/json; charset=\"iso-8859-1\"", 400, "SVCSTG.SWR.4001018")]
    [InlineData("images", "application/json; charset=utf-16", 400, "SVCSTG.SWR.4001018")]
    [InlineData("images", "application/json; charset=bogus", 400, "SVCSTG.SWR.4001018")]
    [InlineData("iam", "application/json; charset=utf-16", 400, "IAM.0011")]
    [InlineData("iam", "application/json; charset=bogus", 400, "IAM.0011")]
    [InlineData("discovery", "application/json; charset=utf-16", 400, "400001")]
    [InlineData("discovery", "application/json; charset=bogus", 400, "400001")]
    public async Task Another_charset_is_refused(string where, string type, int status, string code)
    {
        var encoding = type.EndsWith("utf-16", StringComparison.Ordinal) ? Encoding.Unicode : Encoding.UTF8;
        using var response = await SendAsync(where, Guid.NewGuid().ToString("N"), type, encoding);
        var error = await response.ShouldFailAsync(status, code);
        Assert.Contains("charset", error.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("packages")]
    [InlineData("images")]
    public async Task Utf_8_by_its_names_and_ascii_are_taken(string where)
    {
        foreach (var charset in (string[])["utf-8", "UTF-8", "utf8", "us-ascii"])
        {
            using var response = await SendAsync(where, "n" + Guid.NewGuid().ToString("N"), $"application/json; charset={charset}", Encoding.UTF8);
            await Installation.ShouldBeAsync(response, 201);
        }
    }

    [Theory]
    [InlineData("packages", "SVCSTG.SWR.4001018")]
    [InlineData("images", "SVCSTG.SWR.4001018")]
    [InlineData("iam", "IAM.0011")]
    [InlineData("discovery", "400001")]
    public async Task What_is_packed_is_refused_and_told_what_is_taken(string where, string code)
    {
        foreach (var packing in (string[])["gzip", "br", "gzip, gzip"])
        {
            using var request = Create(where, "packed", "application/json", Encoding.UTF8);
            request.Content = new ByteArrayContent([0x1f, 0x8b, 8, 0]) { Headers = { ContentType = new("application/json") } };
            Assert.True(request.Content.Headers.TryAddWithoutValidation("Content-Encoding", packing));
            using var response = await images.App.Admin.SendAsync(request, Cancellation);
            var error = await response.ShouldFailAsync(415, code);
            Assert.Contains($"Content-Encoding is '{packing}'", error.Body, StringComparison.Ordinal);
            Assert.Equal("identity", response.Headers.GetValues("Accept-Encoding").Single());
        }
    }

    [Fact]
    public async Task What_is_said_to_be_as_it_is_is_taken()
    {
        using var request = Create("packages", "as-it-is", "application/json", Encoding.UTF8);
        Assert.True(request.Content!.Headers.TryAddWithoutValidation("Content-Encoding", "Identity"));
        using var response = await images.App.Admin.SendAsync(request, Cancellation);
        await Installation.ShouldBeAsync(response, 201);
    }

    [Fact]
    public async Task Whoever_may_not_call_is_told_so_before()
    {
        using var request = Create("packages", "x", "application/json; charset=utf-16", Encoding.UTF8);
        using var response = await images.App.Anonymous.SendAsync(request, Cancellation);
        await response.ShouldFailAsync(400, "SVCSTG.SWR.4001048");
    }

    [Fact]
    public async Task A_file_of_a_package_is_of_whatever_charset()
    {
        var version = await images.CreateAsync("charset");
        var content = Encoding.Unicode.GetBytes("""{"a":1}""");
        using var body = new ByteArrayContent(content) { Headers = { ContentType = MediaTypeHeaderValue.Parse("application/json; charset=utf-16") } };
        using var response = await images.App.Admin.PutAsync($"{version}/file_paths/a.json", body, Cancellation);
        await Installation.ShouldBeAsync(response, 201);
        Assert.Equal(content, await images.App.Admin.GetByteArrayAsync($"{version}/file_paths/a.json", Cancellation));
    }

    private async Task<HttpResponseMessage> SendAsync(string where, string name, string type, Encoding encoding)
    {
        using var request = Create(where, name, type, encoding);
        return await images.App.Admin.SendAsync(request, Cancellation);
    }

    private HttpRequestMessage Create(string where, string name, string type, Encoding encoding)
    {
        var (path, json) = where switch
        {
            "packages" => ($"{images.Team}/repositories", $$"""{"name":"{{name}}","type":"app","is_public":false}"""),
            "images" => ("/v2/manage/namespaces", $$"""{"namespace":"{{name}}"}"""),
            "iam" => ("/v3/auth/tokens", "{}"),
            _ => ($"/v4/{images.App.FirstRun.ProjectId}/registry/microservices", $$$"""{"service":{"serviceName":"{{{name}}}","version":"1.0.0"}}"""),
        };
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(encoding.GetBytes(json)) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        return request;
    }
}
