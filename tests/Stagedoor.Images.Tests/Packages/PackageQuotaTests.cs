using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stagedoor.Images.Tests.Oci;
using Stagedoor.Images.Tests.UploadSessions;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Packages;

/// <summary>The files of packages count for what their organization may hold; on each engine.</summary>
public sealed class PackageQuotaTests(Engines<PackageInstallation> engines) : IClassFixture<Engines<PackageInstallation>>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_file_counts_until_it_is_deleted_and_a_replaced_one_with_the_difference() => engines.EachAsync(async images =>
    {
        await images.CreateOrganizationAsync("counted");
        var version = await images.CreateAsync("counted", organization: "counted");
        await images.UploadAsync(version, "a.jar", Installation.Random(1000));
        await images.UploadAsync(version, "b.jar", Installation.Random(200));
        Assert.Equal(1200, await UsedAsync(images, "counted"));
        await images.UploadAsync(version, "a.jar", Installation.Random(300));
        Assert.Equal(500, await UsedAsync(images, "counted"));
        await images.UploadAsync(version, "a.jar", Installation.Random(400));
        Assert.Equal(600, await UsedAsync(images, "counted"));
        await images.DoAsync(HttpMethod.Delete, $"{version}/file_paths/b.jar", status: 204);
        await images.ShouldRefuseAsync(HttpMethod.Delete, $"{version}/file_paths/b.jar", null, 404, "4040004");
        Assert.Equal(400, await UsedAsync(images, "counted"));
        await images.UploadAsync(version, "c.jar", Installation.Random(50));
        await images.DoAsync(HttpMethod.Delete, version, status: 204);
        Assert.Equal(0, await UsedAsync(images, "counted"));
    });

    [Fact]
    [Provokes("SVCSTG.SWR.4000099")]
    public Task A_file_that_would_be_too_much_is_refused_and_leaves_nothing() => engines.EachAsync(async images =>
    {
        await images.CreateOrganizationAsync("full");
        var version = await images.CreateAsync("full", organization: "full");
        await images.UploadAsync(version, "a.jar", Installation.Random(600));
        await SetAsync(images, "full", """{"quota_bytes":1000}""");
        await images.DoAsync(HttpMethod.Put, $"{version}/signature");
        var signature = await images.App.Admin.GetStringAsync($"{version}/signature", Cancellation);

        // Of a form it is known only in the end how long its file is.
        foreach (var isForm in (bool[])[false, true])
        {
            using var refused = await PutAsync(images, $"{version}/file_paths/b.jar", Installation.Random(401), isForm);
            var error = await refused.ShouldFailAsync(400, "SVCSTG.SWR.4000099");
            Assert.Contains("namespace=full holds 600 bytes, may hold 1000, and the file needs 401 more", error.Body, StringComparison.Ordinal);
            using var larger = await PutAsync(images, $"{version}/file_paths/a.jar", Installation.Random(1001), isForm);
            await larger.ShouldFailAsync(400, "SVCSTG.SWR.4000099");
        }

        Assert.Equal(600, await UsedAsync(images, "full"));
        Assert.Equal("a.jar:600", string.Join(' ', (await images.ReadAsync($"{version}/file_paths")).EnumerateArray().Select(static f => $"{f.GetProperty("name")}:{f.GetProperty("size")}")));
        Assert.Equal(signature, await images.App.Admin.GetStringAsync($"{version}/signature", Cancellation));

        await images.UploadAsync(version, "b.jar", Installation.Random(400));
        using (var none = await PutAsync(images, $"{version}/file_paths/c.jar", [1], isForm: true))
        {
            await none.ShouldFailAsync(400, "SVCSTG.SWR.4000099");
        }

        using (var push = await images.Registry.PostAsync("/v2/full/x/blobs/uploads/", null, Cancellation))
        {
            await push.ShouldFailAsync(403, "SVCSTG.SWR.4000099");
        }

        // What makes it smaller is taken in a full organization, too.
        await images.UploadAsync(version, "a.jar", Installation.Random(100));
        Assert.Equal(500, await UsedAsync(images, "full"));
        await SetAsync(images, "full", """{"quota_bytes":0}""");
        await images.UploadAsync(version, "c.jar", Installation.Random(2000));
        Assert.Equal(2500, await UsedAsync(images, "full"));
    });

    [Fact]
    public Task A_session_that_brings_too_much_makes_no_package() => engines.EachAsync(async images =>
    {
        await images.CreateOrganizationAsync("session");
        await SetAsync(images, "session", """{"quota_bytes":100}""");
        var client = new SessionClient(images.App.Admin);
        foreach (var (size, status) in ((int, int)[])[(101, 400), (100, 200), (1, 400)])
        {
            var id = await client.BeginAsync(new { type = "app", @namespace = "session", file_name = $"{size}.jar", package = $"of-{size}", version = "1" });
            using (var kept = await client.SubmitAsync(id, new { is_public = false, manifests = new { } }))
            {
                await Installation.ShouldBeAsync(kept, 200);
            }

            await client.AppendedAsync(id, Installation.Random(size), 0, $"{size}.jar");
            using var finished = await client.FinishAsync(id);
            if (status == 400)
            {
                await finished.ShouldFailAsync(400, "SVCSTG.SWR.4000099");
            }
            else
            {
                await Installation.ShouldBeAsync(finished, 200);
            }
        }

        Assert.Equal(100, await UsedAsync(images, "session"));
        var packages = await images.ReadAsync($"{images.Of("session")}/repositories/default/packages");
        Assert.Equal("of-100", packages.EnumerateArray().Single().GetProperty("name").GetString());
    });

    [Fact]
    public Task What_was_there_before_they_counted_is_added_by_the_migration() => engines.EachAsync(async images =>
    {
        await images.CreateOrganizationAsync("before");
        await images.CreateOrganizationAsync("empty");
        foreach (var repository in (string[])["one", "two"])
        {
            await images.UploadAsync(await images.CreateAsync(repository, organization: "before"), "a.jar", Installation.Random(700));
        }

        await using var script = typeof(ImagesModule).Assembly.GetManifestResourceStream("0140_package_usage.sql")!;
        using var reader = new StreamReader(script);
        var sql = await reader.ReadToEndAsync(Cancellation);
        images.App.Sabotage("images").Execute("UPDATE organizations SET used_bytes = CASE WHEN name = 'before' THEN 11 ELSE 0 END");

        images.App.Sabotage("images").Execute(sql);

        Assert.Equal((1411, 0), (await UsedAsync(images, "before"), await UsedAsync(images, "empty")));
    });

    private static async Task<HttpResponseMessage> PutAsync(PackageInstallation images, string path, byte[] content, bool isForm)
    {
        using HttpContent body = isForm ? new MultipartFormDataContent { { new ByteArrayContent(content), "file", "x.jar" } } : Installation.Octets(content);
        return await images.App.Admin.PutAsync(path, body, Cancellation);
    }

    private static async Task SetAsync(PackageInstallation images, string organization, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await images.App.Admin.PatchAsync($"/v2/manage/namespaces/{organization}", content, Cancellation);
        await Installation.ShouldBeAsync(response, 201);
    }

    private static async Task<long> UsedAsync(PackageInstallation images, string organization) =>
        (await images.App.Admin.GetFromJsonAsync<JsonElement>($"/v2/manage/namespaces/{organization}/settings", Cancellation)).GetProperty("used_bytes").GetInt64();
}

/// <summary>Fifty callers at the edge of a quota, who push images and upload files of packages.</summary>
public sealed class PackageQuotaRaceTests
{
    private const int FileSize = 4000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task However_many_come_at_once_through_both_doors_it_is_never_exceeded(bool two)
    {
        Assert.SkipWhen(two && !OwnDatabase.IsAvailable, OwnDatabase.Missing);
        const int Limit = 40_000;
        await using var hosts = await TwoHosts.StartAsync(two, s3: false, ("Images:MaxBytesPerOrganization", $"{Limit}"));
        var team = $"/swr/v2/domains/{hosts.FirstApp.FirstRun.Domain}/namespaces/team";
        var versions = new List<string>();
        foreach (var repository in (string[])["a", "b"])
        {
            await SendAsync(hosts.First, $"{team}/repositories", $$"""{"name":"{{repository}}","type":"app","is_public":false}""");
            await SendAsync(hosts.First, $"{team}/repositories/{repository}/packages", $$"""{"name":"{{repository}}-app","type":"app"}""");
            await SendAsync(hosts.First, $"{team}/repositories/{repository}/packages/{repository}-app/versions", """{"version":"1"}""");
            versions.Add($"{team}/repositories/{repository}/packages/{repository}-app/versions/1");
        }

        // An image has a layer of its own; the half of the files comes twice under one name.
        var images = new List<byte[]>();
        for (var i = 0; i < 25; i++)
        {
            var (config, layer) = (Installation.Random(100), Installation.Random(FileSize));
            images.Add(Installation.ManifestOf(config, layer));
            foreach (var blob in (byte[][])[config, layer])
            {
                using var pushed = await TwoHosts.PushAsync(hosts.First, "team/x", blob);
                await Installation.ShouldBeAsync(pushed, 201);
            }
        }

        var answers = await Task.WhenAll(Enumerable.Range(0, 25).SelectMany(i => (Task<int>[])
        [
            PushAsync(i % 2 == 0 ? hosts.First : hosts.Second, $"v{i}", images[i]),
            UploadAsync(i % 2 == 0 ? hosts.Second : hosts.First, versions[i % 2], $"f{i / 2}.jar", FileSize + i),
        ]));

        // 409 is one that has waited too long for others.
        Assert.All(answers, static s => Assert.True(s is 201 or 400 or 403 or 409, $"{s}"));
        var (used, sum) = (await UsedAsync(hosts), await SumAsync(hosts, images, versions));
        Assert.Equal(sum, used);
        Assert.InRange(used, answers.Contains(409) ? 0 : Limit - (2 * FileSize), Limit);

        // Everything goes at once, too.
        var deleted = await Task.WhenAll([
            .. images.Select((m, i) => DeleteAsync(i % 2 == 0 ? hosts.Second : hosts.First, $"/v2/team/x/manifests/{Installation.DigestOf(m)}")),
            .. Enumerable.Range(0, 13).SelectMany(i => versions.Select(v => DeleteAsync(i % 2 == 0 ? hosts.First : hosts.Second, $"{v}/file_paths/f{i}.jar"))),
        ]);
        Assert.All(deleted, static s => Assert.True(s is 202 or 204 or 404 or 409, $"{s}"));
        Assert.Equal(await SumAsync(hosts, images, versions), await UsedAsync(hosts));
        await Task.WhenAll(versions.Select((v, i) => DeleteAsync(i == 0 ? hosts.First : hosts.Second, v)));
        Assert.Equal(await SumAsync(hosts, images, []), await UsedAsync(hosts));
    }

    private static async Task<long> SumAsync(TwoHosts hosts, List<byte[]> images, List<string> versions)
    {
        var sum = 0L;
        foreach (var manifest in images)
        {
            using var found = await hosts.Second.GetAsync($"/v2/team/x/manifests/{Installation.DigestOf(manifest)}", Cancellation);
            sum += (int)found.StatusCode == 200 ? 100 + FileSize + manifest.Length : 0;
        }

        foreach (var version in versions)
        {
            var files = await hosts.First.GetFromJsonAsync<JsonElement>($"{version}/file_paths?limit=100&offset=0", Cancellation);
            sum += files.EnumerateArray().Sum(static f => f.GetProperty("size").GetInt64());
        }

        return sum;
    }

    private static async Task<long> UsedAsync(TwoHosts hosts) =>
        (await hosts.FirstApp.Admin.GetFromJsonAsync<JsonElement>("/v2/manage/namespaces/team/settings", Cancellation)).GetProperty("used_bytes").GetInt64();

    private static async Task SendAsync(HttpClient client, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(path, content, Cancellation);
        await Installation.ShouldBeAsync(response, 201);
    }

    private static async Task<int> PushAsync(HttpClient registry, string tag, byte[] manifest)
    {
        using var content = new ByteArrayContent(manifest);
        content.Headers.ContentType = new(Installation.Manifest);
        using var response = await registry.PutAsync($"/v2/team/x/manifests/{tag}", content, Cancellation);
        return (int)response.StatusCode;
    }

    private static async Task<int> UploadAsync(HttpClient client, string version, string file, int size)
    {
        using var response = await PackageInstallation.PutAsync(client, version, file, Installation.Random(size));
        return (int)response.StatusCode;
    }

    private static async Task<int> DeleteAsync(HttpClient client, string path)
    {
        using var response = await client.DeleteAsync(path, Cancellation);
        return (int)response.StatusCode;
    }
}
