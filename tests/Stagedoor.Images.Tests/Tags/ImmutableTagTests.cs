using System.Text;
using System.Text.Json;
using Stagedoor.Images.Tags;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Tags;

/// <summary>Tags that a repository lets nobody move or delete.</summary>
public sealed class ImmutableTagTests : Installation
{
    private const string Path = "/v2/manage/namespaces/team/repos/x";

    [Theory]
    [InlineData("v*", "v1", true)]
    [InlineData("v*", "V1", false)]
    [InlineData("v* *.0", "2.0", true)]
    [InlineData("v?.?", "v1.2", true)]
    [InlineData("v?.?", "v1.22", false)]
    [InlineData("latest", "latest-1", false)]
    [InlineData("*", "anything", true)]
    [InlineData("", "v1", false)]
    public void Patterns_match_whole_tags(string patterns, string tag, bool expected) => Assert.Equal(expected, ImmutableTags.Protect(patterns, tag));

    [Fact]
    [Provokes("SVCSTG.SWR.4090006")]
    [Provokes("SVCSTG.SWR.4037020")]
    public async Task One_that_matches_is_neither_moved_nor_deleted()
    {
        var (digest, first) = await PushImageAsync("team/x", "v1");
        var (_, second) = await PushImageAsync("team/x", "latest");
        await SetAsync("""["v*"]""");

        using (var moved = await PutManifestAsync("team/x", "v1", second))
        {
            var error = await moved.ShouldFailAsync(403, "SVCSTG.SWR.4090006");
            Assert.Contains("DENIED", error.Body, StringComparison.Ordinal);
        }

        using (var retagged = await PostAsync($"{Path}/tags", """{"source_tag":"latest","destination_tag":"v1","override":true}"""))
        {
            await retagged.ShouldFailAsync(409, "SVCSTG.SWR.4090006");
        }

        foreach (var reference in (string[])["v1", digest])
        {
            using var deleted = await Registry.DeleteAsync($"/v2/team/x/manifests/{reference}", Cancellation);
            await deleted.ShouldFailAsync(403, "SVCSTG.SWR.4037020");
        }

        using (var deleted = await App.Admin.DeleteAsync($"{Path}/tags/v1", Cancellation))
        {
            await deleted.ShouldFailAsync(403, "SVCSTG.SWR.4037020");
        }

        Assert.Equal(first, await Registry.GetByteArrayAsync("/v2/team/x/manifests/v1", Cancellation));
        await PutAsync("v1", first);
        await PutAsync("v2", second);
        await PutAsync("latest", first);
        using (var absent = await Registry.DeleteAsync("/v2/team/x/manifests/v9", Cancellation))
        {
            await ShouldBeAsync(absent, 404);
        }

        await SetAsync("[]");
        await PutAsync("v1", second);
        using var gone = await Registry.DeleteAsync($"/v2/team/x/manifests/{DigestOf(second)}", Cancellation);
        await ShouldBeAsync(gone, 202);
    }

    [Fact]
    public async Task What_such_an_image_consists_of_is_not_deleted_either()
    {
        var image = await NewManifestAsync("team/x");
        using (var pushed = await PutManifestAsync("team/x", DigestOf(image), image))
        {
            await ShouldBeAsync(pushed, 201);
        }

        var inner = IndexOf(image, Manifest);
        using (var pushed = await PutManifestAsync("team/x", DigestOf(inner), inner, Index))
        {
            await ShouldBeAsync(pushed, 201);
        }

        var outer = IndexOf(inner, Index);
        using (var pushed = await PutManifestAsync("team/x", "v1", outer, Index))
        {
            await ShouldBeAsync(pushed, 201);
        }

        var (_, other) = await PushImageAsync("team/x", "latest");
        await SetAsync("""["v?", "kept_*"]""");
        string[] parts =
        [
            $"manifests/{DigestOf(inner)}", $"manifests/{DigestOf(image)}",
            .. JsonDocument.Parse(image).RootElement.GetProperty("layers").EnumerateArray().Select(static l => $"blobs/{l.GetProperty("digest").GetString()}"),
            $"blobs/{JsonDocument.Parse(image).RootElement.GetProperty("config").GetProperty("digest").GetString()}",
        ];
        foreach (var part in parts)
        {
            using var refused = await Registry.DeleteAsync($"/v2/team/x/{part}", Cancellation);
            var error = await refused.ShouldFailAsync(403, "SVCSTG.SWR.4037020");
            Assert.Contains("team/x:v1", error.Body, StringComparison.Ordinal);
            using var there = await Registry.GetAsync($"/v2/team/x/{part}", Cancellation);
            await ShouldBeAsync(there, 200);
        }

        var layer = JsonDocument.Parse(other).RootElement.GetProperty("layers")[0].GetProperty("digest").GetString();
        using (var free = await Registry.DeleteAsync($"/v2/team/x/blobs/{layer}", Cancellation))
        {
            await ShouldBeAsync(free, 202);
        }

        // A tag that was deleted before the pattern came keeps nothing.
        await SetAsync("[]");
        using (var untagged = await Registry.DeleteAsync("/v2/team/x/manifests/v1", Cancellation))
        {
            await ShouldBeAsync(untagged, 202);
        }

        await SetAsync("""["v?"]""");
        foreach (var part in parts.Reverse())
        {
            using var gone = await Registry.DeleteAsync($"/v2/team/x/{part}", Cancellation);
            await ShouldBeAsync(gone, 202);
        }
    }

    [Fact]
    public async Task They_are_set_by_who_manages_the_repository_and_shown()
    {
        await PushImageAsync("team/x", "v1");
        Assert.Equal("""{"immutable_tags":[]}""", await App.Admin.GetStringAsync($"{Path}/settings", Cancellation));
        await SetAsync("""["v*","release-?","v*"]""");
        Assert.Equal("""{"immutable_tags":["v*","release-?"]}""", await App.Admin.GetStringAsync($"{Path}/settings", Cancellation));
        using (var other = await PatchAsync("""{"is_public":false}"""))
        {
            await ShouldBeAsync(other, 201);
        }

        Assert.Equal("""{"immutable_tags":["v*","release-?"]}""", await App.Admin.GetStringAsync($"{Path}/settings", Cancellation));
        var user = await AddUserAsync("editor");
        GrantOnOrganization("team", user.Id, 3);
        using var signed = user.Signed;
        using var refused = await PatchAsync("""{"is_public":false,"immutable_tags":[]}""", signed);
        await refused.ShouldFailAsync(403, "SVCSTG.SWR.4037020");
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"v*\"")]
    [InlineData("[1]")]
    [InlineData("[\"\"]")]
    [InlineData("[\"a b\"]")]
    [InlineData("[\"\\ud800\"]")]
    [InlineData("[\"[a-z]\"]")]
    public async Task What_is_no_list_of_patterns_is_refused(string patterns)
    {
        await PushImageAsync("team/x", "v1");
        using var refused = await PatchAsync($$"""{"is_public":false,"immutable_tags":{{patterns}}}""");
        await refused.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
    }

    private static byte[] IndexOf(byte[] child, string mediaType) => JsonSerializer.SerializeToUtf8Bytes(
        new { schemaVersion = 2, mediaType = Index, manifests = new[] { new { mediaType, digest = DigestOf(child), size = child.Length } } });

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private async Task<HttpResponseMessage> PatchAsync(string body, HttpClient? client = null)
    {
        using var content = Json(body);
        return await (client ?? App.Admin).PatchAsync(Path, content, Cancellation);
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string body)
    {
        using var content = Json(body);
        return await App.Admin.PostAsync(path, content, Cancellation);
    }

    private async Task SetAsync(string patterns)
    {
        using var response = await PatchAsync($$"""{"is_public":false,"immutable_tags":{{patterns}}}""");
        await ShouldBeAsync(response, 201);
    }

    private async Task PutAsync(string tag, byte[] manifest)
    {
        using var pushed = await PutManifestAsync("team/x", tag, manifest);
        await ShouldBeAsync(pushed, 201);
    }
}

/// <summary>Each engine reads the patterns as this program does, where it is asked which tags keep a layer.</summary>
public sealed class ImmutableTagPatternTests(Engines<Installation> engines) : IClassFixture<Engines<Installation>>
{
    private static readonly (string Pattern, string Tag, bool IsKept)[] s_cases =
    [
        ("a_b", "a_b", true),
        ("a_b", "axb", false),
        ("v?", "v1", true),
        ("v?", "v", false),
        ("v?", "v12", false),
        ("?_*", "1_", true),
        ("?_*", "1-2", false),
        ("V*", "v1", false),
    ];

    [Fact]
    public Task A_layer_is_kept_by_the_tags_that_match() => engines.EachAsync(async images =>
    {
        foreach (var (i, (pattern, tag, isKept)) in s_cases.Index())
        {
            var name = $"pattern-{i}";
            var (_, image) = await images.PushImageAsync($"team/{name}", tag);
            using (var content = new StringContent($$"""{"is_public":false,"immutable_tags":["{{pattern}}"]}""", Encoding.UTF8, "application/json"))
            using (var patched = await images.App.Admin.PatchAsync($"/v2/manage/namespaces/team/repos/{name}", content, Installation.Cancellation))
            {
                await Installation.ShouldBeAsync(patched, 201);
            }

            var layer = JsonDocument.Parse(image).RootElement.GetProperty("layers")[0].GetProperty("digest").GetString();
            using var deleted = await images.Registry.DeleteAsync($"/v2/team/{name}/blobs/{layer}", Installation.Cancellation);
            Assert.Equal((pattern, tag, isKept ? 403 : 202), (pattern, tag, (int)deleted.StatusCode));
        }
    });
}

/// <summary>A pattern that is set while a matching tag is being moved or deleted.</summary>
public sealed class ImmutableTagRaceTests(SharedDatabase images) : IClassFixture<SharedDatabase>
{
    [Theory]
    [InlineData("move", 403)]
    [InlineData("delete", 403)]
    public async Task What_waits_for_the_pattern_is_refused_by_it(string change, int status)
    {
        images.Require();
        var name = $"kept-{change}";
        var (_, first) = await images.PushImageAsync($"team/{name}", "v1");
        var (_, other) = await images.PushImageAsync($"team/{name}", "other");
        Assert.Equal((201, status), await images.OverlapAsync(() => SetAsync(name), () => change is "move" ? PutAsync(name, other) : DeleteAsync(name)));
        Assert.Equal(first, await images.Registry.GetByteArrayAsync($"/v2/team/{name}/manifests/v1", Installation.Cancellation));
    }

    [Theory]
    [InlineData("manifests")]
    [InlineData("blobs")]
    public async Task What_is_deleted_while_an_image_of_it_gets_such_a_tag_stays_or_the_image_does_not_come(string kind)
    {
        images.Require();
        var name = $"part-{kind}";
        var (digest, image) = await images.PushImageAsync($"team/{name}", "other");
        Assert.Equal(201, await SetAsync(name));
        var part = kind is "blobs" ? JsonDocument.Parse(image).RootElement.GetProperty("layers")[0].GetProperty("digest").GetString() : digest;
        var index = JsonSerializer.SerializeToUtf8Bytes(new
        {
            schemaVersion = 2,
            mediaType = Installation.Index,
            manifests = new[] { new { mediaType = Installation.Manifest, digest, size = image.Length } },
        });

        Assert.Equal((201, 403), await images.OverlapAsync(() => PutAsync(name, index, Installation.Index), () => DeletePartAsync(name, $"{kind}/{part}")));
        using var there = await images.Registry.GetAsync($"/v2/team/{name}/{kind}/{part}", Installation.Cancellation);
        Assert.Equal(200, (int)there.StatusCode);
    }

    private async Task<int> DeletePartAsync(string name, string part)
    {
        using var response = await images.Registry.DeleteAsync($"/v2/team/{name}/{part}", Installation.Cancellation);
        return (int)response.StatusCode;
    }

    private async Task<int> SetAsync(string name)
    {
        using var content = new StringContent("""{"is_public":false,"immutable_tags":["v*"]}""", Encoding.UTF8, "application/json");
        using var response = await images.App.Admin.PatchAsync($"/v2/manage/namespaces/team/repos/{name}", content, Installation.Cancellation);
        return (int)response.StatusCode;
    }

    private async Task<int> PutAsync(string name, byte[] manifest, string mediaType = Installation.Manifest)
    {
        using var response = await images.PutManifestAsync($"team/{name}", "v1", manifest, mediaType);
        return (int)response.StatusCode;
    }

    private async Task<int> DeleteAsync(string name)
    {
        using var response = await images.Registry.DeleteAsync($"/v2/team/{name}/manifests/v1", Installation.Cancellation);
        return (int)response.StatusCode;
    }
}
