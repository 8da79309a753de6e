using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>Pushes of blobs whose organization is deleted while they go on.</summary>
public sealed class GoneOrganizationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("POST", false)]
    [InlineData("POST", true)]
    [InlineData("PUT", false)]
    [InlineData("PUT", true)]
    public async Task A_blob_that_comes_too_late_is_refused(string method, bool two)
    {
        await using var hosts = await TwoHosts.StartAsync(two, s3: false);
        var content = Installation.Random(100);
        var digest = Installation.DigestOf(content);
        await BeginRepositoryAsync(hosts);
        var location = await hosts.BeginAsync("gone/x");
        using var hold = hosts.Gate.HoldNext(BlobStep.Commit);
        var pushing = method is "PUT" ? TwoHosts.FinishAsync(hosts.First, location, digest, content) : TwoHosts.PushAsync(hosts.First, "gone/x", content);
        await hold.ReachedAsync();

        await DeleteAsync(hosts);
        hold.Release();

        using var answer = await pushing;
        await Installation.ShouldBeAsync(answer, 404);
        Assert.Contains("NAME_UNKNOWN", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        await ShouldLeaveNothingAsync(hosts);
        Assert.Equal(1, await CountAsync(hosts, $"blobs WHERE digest = '{digest}'"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_blob_that_is_stored_already_is_not_given_to_it(bool two)
    {
        await using var hosts = await TwoHosts.StartAsync(two, s3: false);
        var content = Installation.Random(100);
        using var stored = await TwoHosts.PushAsync(hosts.First, "team/x", content);
        await Installation.ShouldBeAsync(stored, 201);
        await BeginRepositoryAsync(hosts);
        using var hold = hosts.Gate.HoldNext(BlobStep.Create);
        var pushing = TwoHosts.PushAsync(hosts.First, "gone/x", content);
        await hold.ReachedAsync();

        await DeleteAsync(hosts);
        hold.Release();

        using var answer = await pushing;
        await Installation.ShouldBeAsync(answer, 404);
        await ShouldLeaveNothingAsync(hosts);
    }

    // With a first blob, so that the repository is there and known to the replica.
    private static async Task BeginRepositoryAsync(TwoHosts hosts)
    {
        using var made = await hosts.FirstApp.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = "gone" }, Cancellation);
        await Installation.ShouldBeAsync(made, 201);
        using var first = await TwoHosts.PushAsync(hosts.First, "gone/x", [1]);
        await Installation.ShouldBeAsync(first, 201);
    }

    private static async Task DeleteAsync(TwoHosts hosts)
    {
        using var admin = hosts.SecondApp.WithKeys(hosts.FirstApp.FirstRun.AccessKey, hosts.FirstApp.FirstRun.SecretKey);
        using var emptied = await admin.DeleteAsync("/v2/manage/namespaces/gone/repos/x", Cancellation);
        await Installation.ShouldBeAsync(emptied, 204);
        using var deleted = await admin.DeleteAsync("/v2/manage/namespaces/gone", Cancellation);
        await Installation.ShouldBeAsync(deleted, 204);
    }

    private static async Task ShouldLeaveNothingAsync(TwoHosts hosts)
    {
        // The link of the first blob goes with the next collection.
        Assert.Equal(0, await CountAsync(
            hosts, $"blob_links l WHERE l.digest <> '{Installation.DigestOf([1])}' AND NOT EXISTS (SELECT 1 FROM repositories r WHERE r.id = l.repository_id)"));
        Assert.Equal(0, await CountAsync(hosts, "repositories r WHERE NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = r.organization_id)"));
        Assert.Equal(0, await CountAsync(hosts, "blob_uploads WHERE owner LIKE 'gone/%'"));
    }

    private static Task<long> CountAsync(TwoHosts hosts, string rows) =>
        hosts.FirstApp.Services.GetRequiredService<ImagesDb>().FindAsync<long>($"SELECT COUNT(*) FROM {rows}", null, Cancellation);
}
