using System.Net;
using System.Security.Cryptography;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>The charts of a project as clients of Helm see them.</summary>
public sealed class HelmRepositoryTests(AddonSite site) : IClassFixture<AddonSite>
{
    private string Repository => $"/helm/{site.App.FirstRun.ProjectId}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_index_names_each_chart_with_its_digest_and_where_it_is()
    {
        var package = AddonSite.Chart("indexed", "1.10.0", ("Chart.yaml", "apiVersion: v2\nname: indexed\nversion: 1.10.0\nappVersion: \"7\"\nkeywords: [a, b]\n"));
        await site.UploadAsync(AddonSite.Chart("indexed", "1.9.0"));
        await site.UploadAsync(package);
        await site.UploadAsync(AddonSite.Chart("unseen", "1.0.0"), new { visible = false });
        using var helm = site.App.Registry();

        using var response = await helm.GetAsync($"{Repository}/index.yaml", Cancellation);
        var index = (GoMap)YamlReader.Read(await response.Content.ReadAsStringAsync(Cancellation))!;

        Assert.Equal("application/yaml", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("v1", index["apiVersion"]);
        Assert.Matches("^[0-9]{4}-.*Z$", (string)index["generated"]!);
        var entries = (GoMap)index["entries"]!;
        Assert.False(entries.ContainsKey("unseen"));
        var versions = ((GoList)entries["indexed"]!).Cast<GoMap>().ToList();
        Assert.Equal(["1.10.0", "1.9.0"], versions.Select(static v => v["version"]));
        Assert.Equal(("7", "v2", Convert.ToHexStringLower(SHA256.HashData(package))), (versions[0]["appVersion"], versions[0]["apiVersion"], versions[0]["digest"]));
        Assert.Equal(["a", "b"], (GoList)versions[0]["keywords"]!);
        var url = new Uri(new Uri($"{site.App.Url}{Repository}/index.yaml"), (string)((GoList)versions[0]["urls"]!)[0]!);
        Assert.Equal(package, await helm.GetByteArrayAsync(url, Cancellation));
    }

    [Fact]
    public async Task An_index_that_has_not_changed_is_not_sent_again()
    {
        await site.UploadAsync(AddonSite.Chart("tagged", "1.0.0"));
        using var helm = site.App.Registry();
        using var first = await helm.GetAsync($"{Repository}/index.yaml", Cancellation);

        using var head = await helm.SendAsync(new(HttpMethod.Head, $"{Repository}/index.yaml"), Cancellation);
        using var again = await AskAsync(helm, "index.yaml", first);
        await site.UploadAsync(AddonSite.Chart("tagged", "2.0.0"));
        using var changed = await AskAsync(helm, "index.yaml", first);
        using var file = await helm.GetAsync($"{Repository}/charts/tagged-1.0.0.tgz", Cancellation);
        using var same = await AskAsync(helm, "charts/tagged-1.0.0.tgz", file);

        Assert.Equal((HttpStatusCode.OK, first.Headers.ETag), (head.StatusCode, head.Headers.ETag));
        Assert.Equal(first.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.NotEqual(first.Headers.ETag, changed.Headers.ETag);
        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
    }

    [Fact]
    public async Task Two_charts_whose_files_are_called_the_same_are_told_apart()
    {
        var one = AddonSite.Chart("pair-1.0.0", "2.0.0");
        var other = AddonSite.Chart("pair", "1.0.0-2.0.0");
        await site.UploadAsync(one);
        await site.UploadAsync(other);
        using var helm = site.App.Registry();

        var entries = (GoMap)((GoMap)YamlReader.Read(await helm.GetStringAsync($"{Repository}/index.yaml", Cancellation))!)["entries"]!;

        foreach (var (name, package) in new[] { ("pair-1.0.0", one), ("pair", other) })
        {
            var url = (string)((GoList)((GoMap)((GoList)entries[name]!)[0]!)["urls"]!)[0]!;
            Assert.Equal(package, await helm.GetByteArrayAsync($"{Repository}/{url}", Cancellation));
        }
    }

    [Fact]
    [Provokes("CCE.03401001")]
    public async Task Who_does_not_log_in_is_asked_to()
    {
        using var wrong = site.App.Registry(key: "wrong");
        using var anonymous = await site.App.Anonymous.GetAsync($"{Repository}/index.yaml", Cancellation);
        using var refused = await wrong.GetAsync($"{Repository}/index.yaml", Cancellation);

        foreach (var response in new[] { anonymous, refused })
        {
            await response.ShouldFailAsync(401, "CCE.03401001");
            Assert.Equal("Basic", Assert.Single(response.Headers.WwwAuthenticate).Scheme);
        }
    }

    [Fact]
    public async Task A_signature_and_the_name_of_the_project_are_as_good_and_another_project_is_not()
    {
        using var signed = await site.App.Admin.GetAsync($"{Repository}/index.yaml", Cancellation);
        using var helm = site.App.Registry();
        using var named = await helm.GetAsync($"/helm/{site.App.FirstRun.RegistryUser.Split('@')[0]}/index.yaml", Cancellation);
        using var other = await helm.GetAsync("/helm/elsewhere/index.yaml", Cancellation);
        using var missing = await helm.GetAsync($"{Repository}/charts/nothing-1.0.0.tgz", Cancellation);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (signed.StatusCode, named.StatusCode));
        await other.ShouldFailAsync(403, "CCE.03403001");
        await missing.ShouldFailAsync(404, "CCE.03404001");
    }

    private async Task<HttpResponseMessage> AskAsync(HttpClient helm, string path, HttpResponseMessage known)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Repository}/{path}");
        request.Headers.IfNoneMatch.Add(known.Headers.ETag!);
        return await helm.SendAsync(request, Cancellation);
    }
}
