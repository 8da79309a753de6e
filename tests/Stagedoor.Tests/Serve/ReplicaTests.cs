using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Serve;

/// <summary>The whole product on PostgreSQL and an S3-compatible store, twice on the same stores.</summary>
public sealed class ReplicaTests
{
    private const string Manifest = "application/vnd.oci.image.manifest.v1+json";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_one_replica_takes_the_other_serves()
    {
        await using var database = await OwnDatabase.CreateAsync();
        var settings = Settings(database.ConnectionString);
        await using var first = await StagedoorApp.StartAsync(settings);
        await using var second = await StagedoorApp.JoinAsync(first, settings);
        var organization = "team-" + Guid.NewGuid().ToString("n")[..8];
        using (var created = await first.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = organization }, Cancellation))
        {
            Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        }

        var layer = RandomNumberGenerator.GetBytes(9 * 1024 * 1024);
        using var here = first.Registry();
        using var there = second.Registry(first.FirstRun.RegistryUser, first.FirstRun.RegistryKey);
        var digest = await PushAsync(here, organization, layer);
        var config = await PushAsync(here, organization, "{}"u8.ToArray());
        var manifest = $$"""
            {"schemaVersion":2,"mediaType":"{{Manifest}}","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{{config}}","size":2},"layers":[{"mediaType":"application/octet-stream","digest":"{{digest}}","size":{{layer.Length}}}]}
            """;
        using (var content = new StringContent(manifest, Encoding.UTF8))
        {
            content.Headers.ContentType = new(Manifest);
            using var pushed = await here.PutAsync($"/v2/{organization}/app/manifests/1.0", content, Cancellation);
            Assert.Equal(HttpStatusCode.Created, pushed.StatusCode);
        }

        Assert.Equal(manifest, await there.GetStringAsync($"/v2/{organization}/app/manifests/1.0", Cancellation));
        Assert.Equal(layer, await there.GetByteArrayAsync($"/v2/{organization}/app/blobs/{digest}", Cancellation));
    }

    internal static (string Key, string Value)[] Settings(string database)
    {
        var store = Environment.GetEnvironmentVariable("STAGEDOOR_S3");
        Assert.SkipWhen(store is null, "Set STAGEDOOR_S3 to an S3-compatible store (./test starts one).");
        var parts = store.Split(';');
        var named = parts.Skip(1).Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => p[1], StringComparer.OrdinalIgnoreCase);
        return
        [
            ("Storage:Database", "postgresql"),
            ("Storage:PostgreSql", database),
            ("Storage:Blobs", "s3"),
            ("Storage:S3:Endpoint", parts[0]),
            ("Storage:S3:Bucket", named["bucket"]),
            ("Storage:S3:Prefix", "replica-" + Guid.NewGuid().ToString("n")),
            ("Storage:S3:AccessKey", named["accessKey"]),
            ("Storage:S3:SecretKey", named["secretKey"]),
            ("Gateway:MasterKey", Convert.ToBase64String(SHA256.HashData("replicas"u8))),
        ];
    }

    private static async Task<string> PushAsync(HttpClient client, string organization, byte[] bytes)
    {
        var digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
        using var begun = await client.PostAsync($"/v2/{organization}/app/blobs/uploads/", null, Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, begun.StatusCode);
        using var content = new ByteArrayContent(bytes);
        using var done = await client.PutAsync($"{begun.Headers.Location}?digest={digest}", content, Cancellation);
        Assert.Equal(HttpStatusCode.Created, done.StatusCode);
        return digest;
    }
}
