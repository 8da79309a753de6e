using System.Text;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>A repository is there from the first thing that is stored in it, and so is an organization that a push creates.</summary>
public sealed class FirstThingTests(OpenInstallation images) : IClassFixture<OpenInstallation>
{
    private const string Unknown = "00000000-0000-4000-8000-000000000000";
    private static readonly string s_digest = Installation.DigestOf([7, 7, 7]);

    public static TheoryData<string, string, string?, int> Refused { get; } = new()
    {
        { "PATCH", $"blobs/uploads/{Unknown}", "x", 404 },
        { "GET", $"blobs/uploads/{Unknown}", null, 404 },
        { "DELETE", $"blobs/uploads/{Unknown}", null, 404 },
        { "PUT", $"blobs/uploads/{Unknown}?digest={s_digest}", "x", 404 },
        { "PUT", $"blobs/uploads/{Unknown}?digest=x", null, 400 },
        { "POST", "blobs/uploads/?digest=x", null, 400 },
        { "POST", "blobs/uploads/?mount=x&from=team/y", null, 400 },
        { "POST", "blobs/uploads/?digest-algorithm=md5", null, 400 },
        { "POST", $"blobs/uploads/?digest={s_digest}", "other bytes", 400 },
        { "PUT", "manifests/v1", "{", 400 },
        { "PUT", "manifests/v1", """{"schemaVersion":2}""", 400 },
        { "PUT", $"manifests/{s_digest}", "{}", 400 },
        { "PUT", "manifests/v1", Manifest, 400 },
        { "DELETE", "manifests/v1", null, 404 },
        { "DELETE", $"manifests/{s_digest}", null, 404 },
        { "DELETE", $"blobs/{s_digest}", null, 404 },
        { "GET", $"blobs/{s_digest}", null, 404 },
        { "GET", "manifests/v1", null, 404 },
    };

    private const string Manifest = """
        {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_refused_request_makes_neither_repository_nor_organization(string method, string path, string? body, int status)
    {
        foreach (var name in (string[])["team/ghost", "ghosts/ghost"])
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), $"/v2/{name}/{path}");
            if (body is not null)
            {
                request.Content = new StringContent(body, Encoding.UTF8);
                request.Content.Headers.ContentType = new(Installation.Manifest);
            }

            using var response = await images.Registry.SendAsync(request, Cancellation);
            await Installation.ShouldBeAsync(response, status);
            await ShouldNotBeAsync(name);
        }
    }

    [Fact]
    public async Task A_push_that_only_begins_makes_none_either()
    {
        await images.BeginUploadAsync("team/begun");
        var location = await images.BeginUploadAsync("begun/begun");
        using var patched = await images.PatchAsync(location, [1, 2]);
        await Installation.ShouldBeAsync(patched, 202);
        await ShouldNotBeAsync("team/begun");
        await ShouldNotBeAsync("begun/begun");

        using var finished = await images.FinishAsync(location, Installation.DigestOf([1, 2]));

        await Installation.ShouldBeAsync(finished, 201);
        images.Forget();
        using var listed = await images.Registry.GetAsync("/v2/begun/begun/tags/list", Cancellation);
        await Installation.ShouldBeAsync(listed, 200);
    }

    [Fact]
    public async Task A_manifest_is_a_first_thing_too()
    {
        const string Empty = """{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}""";

        using var pushed = await images.PutManifestAsync("first/manifest", "v1", Encoding.UTF8.GetBytes(Empty), Installation.Index);

        await Installation.ShouldBeAsync(pushed, 201);
        Assert.Equal(Empty, await images.Registry.GetStringAsync("/v2/first/manifest/manifests/v1", Cancellation));
    }

    private async Task ShouldNotBeAsync(string name)
    {
        images.Forget();
        using var tags = await images.Registry.GetAsync($"/v2/{name}/tags/list", Cancellation);
        await Installation.ShouldBeAsync(tags, 404);
        if (name.Split('/')[0] is not "team" and var organization)
        {
            using var shown = await images.App.Admin.GetAsync($"/v2/manage/namespaces/{organization}", Cancellation);
            await Installation.ShouldBeAsync(shown, 404);
        }
    }
}
