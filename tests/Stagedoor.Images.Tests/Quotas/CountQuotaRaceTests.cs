using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Images.Tests.Oci;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Quotas;

/// <summary>Fifty callers at the edge of what there may be of something, on one process and on two replicas.</summary>
public sealed class CountQuotaRaceTests
{
    private const int Callers = 50;
    private const int Limit = 4;

    /// <summary>On how many hosts, what is made, its limit, and what it is answered with when there is room and when there is none.</summary>
    public static IEnumerable<TheoryDataRow<bool, string, string, int, int>> Edges =>
        from two in (bool[])[false, true]
        from e in ((string What, string Setting, int Made, int Refused)[])
        [
            ("organization", "Images:MaxOrganizationsPerAccount", 201, 400),
            ("repository", "Images:MaxRepositoriesPerAccount", 201, 400),
            ("pushed repository", "Images:MaxRepositoriesPerAccount", 201, 403),
            ("tag", "Images:MaxTagsPerRepository", 201, 400),
            ("pushed tag", "Images:MaxTagsPerRepository", 201, 403),
        ]
        select new TheoryDataRow<bool, string, string, int, int>(two, e.What, e.Setting, e.Made, e.Refused);

    [Theory]
    [MemberData(nameof(Edges))]
    public async Task However_many_ask_at_once_there_are_never_more(bool two, string what, string setting, int made, int refused)
    {
        Assert.SkipWhen(two && !OwnDatabase.IsAvailable, OwnDatabase.Missing);
        await using var hosts = await TwoHosts.StartAsync(two, s3: false, (setting, $"{Limit}"));
        var (config, layer) = (Installation.Random(100), Installation.Random(200));
        foreach (var blob in (byte[][])[config, layer])
        {
            using var pushed = await TwoHosts.PushAsync(hosts.First, "team/app", blob);
            await Installation.ShouldBeAsync(pushed, 201);
        }

        // One of each is there.
        var manifest = Installation.ManifestOf(config, layer);
        Assert.Equal(201, await PutAsync(hosts.First, "first", manifest));

        var answers = await Task.WhenAll(Enumerable.Range(0, Callers).Select(i => MakeAsync(hosts, what, i, manifest)));

        Assert.Equal((Limit - 1, Callers - Limit + 1), (answers.Count(a => a == made), answers.Count(a => a == refused)));
        var shown = await hosts.SecondApp.Admin.GetFromJsonAsync<JsonElement>(
            what.EndsWith("tag", StringComparison.Ordinal) ? "/v2/manage/namespaces/team/repos/app/tags" : "/v2/manage/repos", Installation.Cancellation);
        Assert.Equal(what is "organization" ? 1 : Limit, shown.GetArrayLength());
    }

    private static async Task<int> MakeAsync(TwoHosts hosts, string what, int i, byte[] manifest)
    {
        var (app, registry) = i % 2 == 0 ? (hosts.FirstApp, hosts.First) : (hosts.SecondApp, hosts.Second);
        if (what is "pushed tag")
        {
            return await PutAsync(registry, $"v{i}", manifest);
        }

        using var response = await (what switch
        {
            "organization" => app.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = $"org-{i}" }, Installation.Cancellation),
            "repository" => app.Admin.PostAsJsonAsync("/v2/manage/namespaces/team/repos", new { repository = $"app-{i}", is_public = false }, Installation.Cancellation),
            "tag" => app.Admin.PostAsJsonAsync("/v2/manage/namespaces/team/repos/app/tags", new { source_tag = "first", destination_tag = $"v{i}" }, Installation.Cancellation),
            _ => TwoHosts.PushAsync(registry, $"team/app-{i}", [1, 2, 3]),
        });
        return (int)response.StatusCode;
    }

    private static async Task<int> PutAsync(HttpClient registry, string tag, byte[] manifest)
    {
        using var content = new ByteArrayContent(manifest) { Headers = { ContentType = new(Installation.Manifest) } };
        using var response = await registry.PutAsync(new Uri($"/v2/team/app/manifests/{tag}", UriKind.Relative), content, Installation.Cancellation);
        return (int)response.StatusCode;
    }
}
