using System.Text.Json;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>Long lists of referrers.</summary>
public sealed class ReferrerTests(Installation images) : IClassFixture<Installation>
{
    private const string Signature = "application/vnd.example.signature+json";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_referrers_are_in_one_answer()
    {
        var subject = await PushAsync("team/many", 230, annotation: 0);

        foreach (var (query, count) in ((string, int)[])[("", 230), ($"?artifactType={Uri.EscapeDataString(Signature)}", 115), ($"?artifactType={Signature}", 115)])
        {
            using var response = await images.Registry.GetAsync($"/v2/team/many/referrers/{subject}{query}", Cancellation);
            Assert.False(response.Headers.Contains("Link"));
            Assert.Equal(count, (await DigestsAsync(response)).Count);
            Assert.Equal(query.Length > 0, response.Headers.Contains("OCI-Filters-Applied"));
        }
    }

    [Theory]
    [InlineData("", 10)]
    [InlineData("?artifactType=application%2Fvnd.example.signature%2Bjson", 5)]
    public async Task What_clients_could_not_take_goes_on_in_pages(string query, int count)
    {
        var name = $"team/large-{count}";
        var subject = await PushAsync(name, 10, annotation: 700_000);
        var found = new List<string>();
        var pages = 0;
        for (var path = $"/v2/{name}/referrers/{subject}{query}"; path.Length > 0; pages++)
        {
            using var response = await images.Registry.GetAsync(path, Cancellation);
            Assert.InRange((await response.Content.ReadAsByteArrayAsync(Cancellation)).Length, 1, Stagedoor.Images.Oci.ListReferrers.MaxPageBytes + 2);
            found.AddRange(await DigestsAsync(response));
            path = response.Headers.TryGetValues("Link", out var link) ? link.Single().Split('<', '>')[1] : "";
        }

        Assert.True(pages > 1);
        Assert.Equal(count, found.Count);
        Assert.Equal(count, found.Distinct(StringComparer.Ordinal).Count());
    }

    private static async Task<List<string>> DigestsAsync(HttpResponseMessage response) =>
    [
        .. JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation)).RootElement.GetProperty("manifests").EnumerateArray()
            .Select(m => m.GetProperty("digest").GetString()!),
    ];

    // Every second one is a signature.
    private async Task<string> PushAsync(string name, int count, int annotation)
    {
        var config = Installation.Random(20);
        await images.PushBlobAsync(name, config);
        var digest = Installation.DigestOf([9]);
        for (var i = 0; i < count; i++)
        {
            using var pushed = await images.PutManifestAsync(
                name,
                $"t{i}",
                Installation.ManifestOf(
                    config,
                    config,
                    new { mediaType = Installation.Manifest, digest, size = 1 },
                    i % 2 == 0 ? Signature : "application/other",
                    new { number = $"{i}", note = new string('x', annotation) }));
            await Installation.ShouldBeAsync(pushed, 201);
        }

        return digest;
    }
}
