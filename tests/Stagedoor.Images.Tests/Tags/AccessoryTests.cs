using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Images.Tags;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Tags;

/// <summary>What is attached to images: T7 and T8.</summary>
public sealed class AccessoryTests(Installation images) : IClassFixture<Installation>
{
    private const string Repos = "/v2/manage/namespaces/team/repos";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tags_and_subjects_attach_to_an_image()
    {
        var (digest, bytes) = await images.PushImageAsync("team/signed/app", "v1");
        var signature = digest.Replace(':', '-') + ".sig";
        var (signatureDigest, _) = await images.PushImageAsync("team/signed/app", signature);
        var subject = new { mediaType = Installation.Manifest, digest, size = bytes.Length };
        var bill = await images.NewManifestAsync("team/signed/app", subject, "application/spdx+json");
        var proof = await images.NewManifestAsync("team/signed/app", subject, "application/proof");
        foreach (var (manifest, reference) in ((byte[], string)[])[(bill, "bill"), (proof, Installation.DigestOf(proof))])
        {
            using var pushed = await images.PutManifestAsync("team/signed/app", reference, manifest);
            await Installation.ShouldBeAsync(pushed, 201);
        }

        var all = await GetAsync("signed$app/v1/accessories");

        Assert.Equal(3, all.GetProperty("total").GetInt64());
        var items = all.GetProperty("accessories").EnumerateArray().ToList();
        Assert.Equal(
            ["id", "domain_id", "namespace_name", "repo_name", "sig_tag", "sig_digest", "target_digest", "size", "type", "created_at", "updated_at"],
            items[0].EnumerateObject().Select(m => m.Name));
        Assert.Equal(
            ("team", "signed/app", signature, signatureDigest, digest, "signature.cosign"),
            (Text(items[0], "namespace_name"), Text(items[0], "repo_name"), Text(items[0], "sig_tag"), Text(items[0], "sig_digest"), Text(items[0], "target_digest"), Text(items[0], "type")));
        Assert.Equal(
            new[] { ("bill", "application/spdx+json", Installation.DigestOf(bill)), ("", "application/proof", Installation.DigestOf(proof)) }.OrderBy(a => a.Item3, StringComparer.Ordinal),
            items.Skip(1).Select(a => (Text(a, "sig_tag"), Text(a, "type"), Text(a, "sig_digest"))));
        Assert.All(items, a => Assert.True(a.GetProperty("id").GetInt64() > 0));
        for (var offset = 0; offset < 4; offset++)
        {
            var page = await GetAsync($"signed/app/v1/accessories?limit=1&offset={offset}");
            Assert.Equal(3, page.GetProperty("total").GetInt64());
            Assert.Equal(items.Skip(offset).Take(1).Select(a => Text(a, "sig_digest")), page.GetProperty("accessories").EnumerateArray().Select(a => Text(a, "sig_digest")));
        }

        Assert.Equal(0, (await GetAsync("signed/app/bill/accessories")).GetProperty("total").GetInt64());
    }

    [Fact]
    public async Task A_signature_that_has_both_is_there_once()
    {
        var (digest, bytes) = await images.PushImageAsync("team/both", "v1");
        var signature = await images.NewManifestAsync("team/both", new { mediaType = Installation.Manifest, digest, size = bytes.Length }, "application/signature");
        using var pushed = await images.PutManifestAsync("team/both", digest.Replace(':', '-') + ".sig", signature);
        await Installation.ShouldBeAsync(pushed, 201);

        var all = await GetAsync("both/v1/accessories");

        Assert.Equal(1, all.GetProperty("total").GetInt64());
        Assert.Equal("signature.cosign", Text(Assert.Single(all.GetProperty("accessories").EnumerateArray()), "type"));
    }

    [Fact]
    public async Task At_most_ten_are_shown_unless_more_are_asked_for()
    {
        var (digest, bytes) = await images.PushImageAsync("team/many", "v1");
        for (var i = 0; i < 12; i++)
        {
            var manifest = await images.NewManifestAsync("team/many", new { mediaType = Installation.Manifest, digest, size = bytes.Length }, "application/note");
            using var pushed = await images.PutManifestAsync("team/many", Installation.DigestOf(manifest), manifest);
            await Installation.ShouldBeAsync(pushed, 201);
        }

        foreach (var (query, count) in ((string, int)[])[("", 10), ("?limit=11", 11), ("?limit=100000", 12)])
        {
            var page = await GetAsync($"many/v1/accessories{query}");
            Assert.Equal((12, count), (page.GetProperty("total").GetInt64(), page.GetProperty("accessories").GetArrayLength()));
        }
    }

    [Fact]
    public async Task A_signature_leads_to_the_tags_of_its_image()
    {
        var (digest, bytes) = await images.PushImageAsync("team/led", "v1");
        for (var i = 0; i < 12; i++)
        {
            using var pushed = await images.PutManifestAsync("team/led", $"t{i:00}", bytes);
            await Installation.ShouldBeAsync(pushed, 201);
        }

        var byName = digest.Replace(':', '-') + ".att";
        await images.PushImageAsync("team/led", byName);
        var noted = await images.NewManifestAsync("team/led", new { mediaType = Installation.Manifest, digest, size = bytes.Length }, "application/note");
        using (var pushed = await images.PutManifestAsync("team/led", "noted", noted))
        {
            await Installation.ShouldBeAsync(pushed, 201);
        }

        foreach (var tag in (string[])[byName, "noted"])
        {
            var first = await GetAsync($"led/{tag}/references?limit=50");
            Assert.Equal(["next_marker", "has_more", "tags"], first.EnumerateObject().Select(m => m.Name));
            Assert.Equal((10, true, "t09"), (first.GetProperty("tags").GetArrayLength(), first.GetProperty("has_more").GetBoolean(), Text(first, "next_marker")));
            var second = await GetAsync($"led/{tag}/references?marker=t09");
            Assert.Equal(["t10", "t11", "v1"], second.GetProperty("tags").EnumerateArray().Select(t => t.GetString()));
            Assert.Equal((false, ""), (second.GetProperty("has_more").GetBoolean(), Text(second, "next_marker")));
        }

        Assert.Equal(0, (await GetAsync("led/v1/references")).GetProperty("tags").GetArrayLength());
        foreach (var kind in (string[])["references", "accessories"])
        {
            using var unknown = await images.App.Admin.GetAsync($"{Repos}/led/none/{kind}", Cancellation);
            await unknown.ShouldFailAsync(404, "SVCSTG.SWR.4040048");
        }
    }

    [Theory]
    [InlineData("sha256-e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.sig", true)]
    [InlineData("sha256-e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.sbom", true)]
    [InlineData("sha256-e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", false)]
    [InlineData("sha256-E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.sig", false)]
    [InlineData("-.sig", false)]
    [InlineData(".sig", false)]
    [InlineData("v1.sig", false)]
    public void A_tag_says_by_its_name_what_it_is_attached_to(string tag, bool isAttached) =>
        Assert.Equal(isAttached ? Digest.EmptySha256.ToString() : null, AccessoryStore.FindTarget(tag));

    private async Task<JsonElement> GetAsync(string path) => await images.App.Admin.GetFromJsonAsync<JsonElement>($"{Repos}/{path}", Cancellation);

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
