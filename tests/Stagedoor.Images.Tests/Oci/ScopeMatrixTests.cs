using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>Every action that a token can be issued for against every operation of the registry.</summary>
public sealed class ScopeMatrixTests(Installation images) : IClassFixture<Installation>
{
    private const string Pulling = "pull";
    private const string Pushing = "push";
    private const string Deleting = "delete";

    private static readonly (string Name, string Needs, bool OrPush, Func<HttpClient, Scene, Task<HttpResponseMessage>> SendAsync)[] s_operations =
    [
        ("get manifest", Pulling, false, static (client, s) => client.GetAsync($"/v2/{s.Name}/manifests/v1", Cancellation)),
        ("get manifest by digest", Pulling, false, static (client, s) => client.GetAsync($"/v2/{s.Name}/manifests/{s.Digest}", Cancellation)),
        ("head manifest", Pulling, false, static (client, s) => client.SendAsync(new(HttpMethod.Head, $"/v2/{s.Name}/manifests/v1"), Cancellation)),
        ("get blob", Pulling, false, static (client, s) => client.GetAsync($"/v2/{s.Name}/blobs/{s.Blob}", Cancellation)),
        ("head blob", Pulling, true, static (client, s) => client.SendAsync(new(HttpMethod.Head, $"/v2/{s.Name}/blobs/{s.Blob}"), Cancellation)),
        ("list tags", Pulling, false, static (client, s) => client.GetAsync($"/v2/{s.Name}/tags/list", Cancellation)),
        ("list referrers", Pulling, false, static (client, s) => client.GetAsync($"/v2/{s.Name}/referrers/{s.Digest}", Cancellation)),
        ("start upload", Pushing, false, static (client, s) => client.PostAsync($"/v2/{s.Name}/blobs/uploads/", null, Cancellation)),
        ("push blob", Pushing, false, static (client, s) => client.PostAsync($"/v2/{s.Name}/blobs/uploads/?digest={Installation.DigestOf([7])}", Installation.Octets([7]), Cancellation)),
        ("ask for upload", Pushing, false, static (client, s) => client.GetAsync(s.Upload, Cancellation)),
        ("append", Pushing, false, static (client, s) => client.PatchAsync(s.Upload, Installation.Octets([1]), Cancellation)),
        ("finish", Pushing, false, static (client, s) => client.PutAsync($"{s.Upload}?digest={Installation.DigestOf([8])}", Installation.Octets([8]), Cancellation)),
        ("cancel upload", Pushing, false, static (client, s) => client.DeleteAsync(s.Upload, Cancellation)),
        ("push manifest", Pushing, false, static (client, s) => client.PutAsync($"/v2/{s.Name}/manifests/v2", ManifestOf(s), Cancellation)),
        ("delete tag", Deleting, true, static (client, s) => client.DeleteAsync($"/v2/{s.Name}/manifests/v1", Cancellation)),
        ("delete manifest", Deleting, true, static (client, s) => client.DeleteAsync($"/v2/{s.Name}/manifests/{s.Digest}", Cancellation)),
        ("delete blob", Deleting, true, static (client, s) => client.DeleteAsync($"/v2/{s.Name}/blobs/{s.Blob}", Cancellation)),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Operations => [.. s_operations.Select(static o => o.Name)];

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task What_is_granted_is_good_for_exactly_that(string operation)
    {
        var (_, needs, orPush, send) = s_operations.Single(o => o.Name == operation);
        foreach (var actions in (string[])["", "pull", "push", "delete", "*", "pull,push", "pull,delete", "push,delete"])
        {
            var scene = await SetAsync();
            using var client = images.WithBearer(await Installation.TokenAsync(images.Registry, $"&scope=repository:{scene.Name}:{actions}"));
            var granted = actions.Split(',');
            var isGood = granted.Contains("*") || granted.Contains(needs) || (orPush && granted.Contains(Pushing));

            using var response = await send(client, scene);

            Assert.True(isGood == ((int)response.StatusCode < 400), $"{operation} with {actions}: {(int)response.StatusCode}");
            if (!isGood)
            {
                Assert.Equal(401, (int)response.StatusCode);
                Assert.EndsWith(",error=\"insufficient_scope\"", response.Headers.GetValues("WWW-Authenticate").Single(), StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task A_challenge_leads_to_success(string operation)
    {
        var (_, needs, _, send) = s_operations.Single(o => o.Name == operation);
        var scene = await SetAsync();
        using var refused = await send(images.App.Anonymous, scene);
        Assert.Equal(401, (int)refused.StatusCode);
        var scope = refused.Headers.GetValues("WWW-Authenticate").Single().Split("scope=\"")[1].Split('"')[0];
        Assert.Equal($"repository:{scene.Name}:{(needs is Pushing ? "pull,push" : needs)}", scope);

        using var client = images.WithBearer(await Installation.TokenAsync(images.Registry, $"&scope={scope}"));
        using var response = await send(client, scene);

        Assert.True((int)response.StatusCode < 400, $"{operation} with {scope}: {(int)response.StatusCode}");
    }

    [Theory]
    [InlineData("&scope=repository:team/mounting:push,pull", 202)]
    [InlineData("&scope=repository:team/mounting:push,pull&scope=repository:team/secret:push", 202)]
    [InlineData("&scope=repository:team/mounting:push,pull&scope=repository:team/secret:pull", 201)]
    [InlineData("&scope=repository:team/mounting:*&scope=repository:team/secret:*", 201)]
    public async Task A_mount_needs_the_source_in_the_token(string scopes, int status)
    {
        var blob = await images.PushBlobAsync("team/secret", Installation.Random(20));
        using var client = images.WithBearer(await Installation.TokenAsync(images.Registry, scopes));
        foreach (var from in (string[])["&from=team/secret", ""])
        {
            using var response = await client.PostAsync($"/v2/team/mounting/blobs/uploads/?mount={blob}{from}", null, Cancellation);
            await Installation.ShouldBeAsync(response, status);
        }
    }

    private static ByteArrayContent ManifestOf(Scene scene)
    {
        var content = new ByteArrayContent(scene.Manifest);
        content.Headers.ContentType = new(Installation.Manifest);
        return content;
    }

    private async Task<Scene> SetAsync()
    {
        var name = "team/" + Guid.NewGuid().ToString("n");
        var (digest, manifest) = await images.PushImageAsync(name, "v1");
        var blob = await images.PushBlobAsync(name, [1, 2, 3]);
        return new(name, digest, manifest, blob, await images.BeginUploadAsync(name));
    }

    private sealed record Scene(string Name, string Digest, byte[] Manifest, string Blob, string Upload);
}
