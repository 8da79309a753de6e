using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stagedoor.Images.Tests.Oci;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Packages;

/// <summary>Two replicas on one database and one blob store, of files or of objects.</summary>
public sealed class TwoPackageHostsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_one_takes_in_the_other_hands_out_and_both_sign_alike(bool s3)
    {
        Assert.SkipUnless(OwnDatabase.IsAvailable, OwnDatabase.Missing);
        await using var hosts = await TwoHosts.StartAsync(two: true, s3, ("Images:Packages:Signing", "true"));
        var team = $"/swr/v2/domains/{hosts.FirstApp.FirstRun.Domain}/namespaces/team";
        var version = $"{team}/repositories/default/packages/app/versions/1";
        await SendAsync(hosts.First, HttpMethod.Post, $"{team}/repositories", """{"name":"default","type":"app","is_public":false}""");
        await SendAsync(hosts.Second, HttpMethod.Post, $"{team}/repositories/default/packages", """{"name":"app","type":"app"}""");
        await SendAsync(hosts.First, HttpMethod.Post, $"{team}/repositories/default/packages/app/versions", """{"version":"1"}""");
        var content = Installation.Random(300_000);

        await Task.WhenAll(PutAsync(hosts.First, "a.jar"), PutAsync(hosts.Second, "b.jar"));

        Assert.Equal(content, await hosts.Second.GetByteArrayAsync($"{version}/file_paths/a.jar", Cancellation));
        Assert.Equal(content, await hosts.First.GetByteArrayAsync($"{version}/file_paths/b.jar", Cancellation));
        Assert.Equal(2, (await hosts.First.GetFromJsonAsync<JsonElement>($"{team}/repositories/default/meta", Cancellation))
            .GetProperty("packages")[0].GetProperty("versions")[0].GetProperty("files").GetArrayLength());
        // Each makes a pair, and one is kept.
        var keys = await Task.WhenAll(hosts.First.GetStringAsync($"{team}/pubkey", Cancellation), hosts.Second.GetStringAsync($"{team}/pubkey", Cancellation));
        Assert.Equal(keys[0], keys[1]);

        async Task PutAsync(HttpClient client, string file)
        {
            using var response = await PackageInstallation.PutAsync(client, version, file, content);
            await Installation.ShouldBeAsync(response, 201);
        }
    }

    private static async Task SendAsync(HttpClient client, HttpMethod method, string path, string body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await client.SendAsync(request, Cancellation);
        await Installation.ShouldBeAsync(response, 201);
    }
}
