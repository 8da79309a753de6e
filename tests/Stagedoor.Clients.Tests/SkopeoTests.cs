using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

public sealed class SkopeoTests(StagedoorProcess stagedoor) : IClassFixture<StagedoorProcess>, IDisposable
{
    private const int Mebibyte = 1024 * 1024;
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("small", 1)]
    [InlineData("several-layers", 10_000, 300_000, 7)]
    [InlineData("large", 50 * Mebibyte, 100)]
    public async Task What_is_copied_in_comes_out_byte_for_byte(string repository, params int[] layers)
    {
        Tool.Require("skopeo");
        var image = TestImage.Create(layers);
        var source = await LayoutAsync("source");
        await source.AddAsync("v1", image);

        (await PushAsync(source.Reference("v1"), $"skopeo/{repository}:v1")).ShouldSucceed();
        var target = await LayoutAsync("target");
        (await PullAsync($"skopeo/{repository}:v1", target.Reference("v1"))).ShouldSucceed();

        Assert.Equal(image.Digest, await target.DigestOfAsync("v1"));
        Assert.Superset(image.Blobs.Keys.ToHashSet(StringComparer.Ordinal), (await target.VerifyAsync()).ToHashSet(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_layer_without_bytes_is_a_layer()
    {
        Tool.Require("skopeo");
        var image = TestImage.Opaque(0, 4096);
        var source = await LayoutAsync("source");
        await source.AddAsync("v1", image);

        (await PushAsync("--preserve-digests", source.Reference("v1"), "skopeo/empty-layer:v1")).ShouldSucceed();
        var target = await LayoutAsync("target");
        (await PullAsync("--preserve-digests", "skopeo/empty-layer:v1", target.Reference("v1"))).ShouldSucceed();

        Assert.Equal(image.Digest, await target.DigestOfAsync("v1"));
        Assert.Contains(RegistryClient.DigestOf([]), await target.VerifyAsync());
    }

    [Theory]
    [InlineData("oci", TestImage.OciManifest)]
    [InlineData("v2s2", "application/vnd.docker.distribution.manifest.v2+json")]
    public async Task Both_manifest_formats_are_kept_as_they_are_pushed(string format, string mediaType)
    {
        Tool.Require("skopeo");
        var image = TestImage.Create(20_000);
        var source = await LayoutAsync("source");
        await source.AddAsync("v1", image);

        (await PushAsync("--format", format, source.Reference("v1"), $"skopeo/format-{format}:v1")).ShouldSucceed();
        var raw = (await SkopeoAsync("inspect", "--raw", "--tls-verify=false", "--creds", stagedoor.Credentials, Docker($"skopeo/format-{format}:v1")))
            .ShouldSucceed();
        var folder = Path.Combine(_folder.Path, "out");
        (await PullAsync($"skopeo/format-{format}:v1", $"dir:{folder}")).ShouldSucceed();

        using var manifest = JsonDocument.Parse(raw.Output);
        Assert.Equal(mediaType, manifest.RootElement.GetProperty("mediaType").GetString());
        Assert.Equal(raw.Output, await File.ReadAllTextAsync(Path.Combine(folder, "manifest.json"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_index_is_copied_with_every_image_in_it()
    {
        Tool.Require("skopeo");
        TestImage[] images = [TestImage.ForArchitecture("amd64"), TestImage.ForArchitecture("arm64"), TestImage.ForArchitecture("riscv64")];
        var source = await LayoutAsync("source");
        var index = await source.AddIndexAsync("v1", images);

        (await PushAsync("--all", source.Reference("v1"), "skopeo/multi-arch:v1")).ShouldSucceed();
        var target = await LayoutAsync("target");
        (await PullAsync("--all", "skopeo/multi-arch:v1", target.Reference("v1"))).ShouldSucceed();
        var one = (await SkopeoAsync(
            "--override-arch", "arm64", "inspect", "--tls-verify=false", "--creds", stagedoor.Credentials, Docker("skopeo/multi-arch:v1"))).ShouldSucceed();

        Assert.Equal(index, await target.DigestOfAsync("v1"));
        Assert.Superset(images.Select(i => i.Digest).ToHashSet(StringComparer.Ordinal), (await target.VerifyAsync()).ToHashSet(StringComparer.Ordinal));
        using var inspected = JsonDocument.Parse(one.Output);
        Assert.Equal("arm64", inspected.RootElement.GetProperty("Architecture").GetString());
    }

    [Fact]
    public async Task An_artifact_is_listed_as_a_referrer_of_its_subject()
    {
        Tool.Require("skopeo");
        var image = TestImage.Create(5_000);
        var artifact = TestImage.Artifact(image, "application/vnd.example.note");
        var source = await LayoutAsync("source");
        await source.AddAsync("v1", image);
        await source.AddAsync("note", artifact);

        (await PushAsync(source.Reference("v1"), "skopeo/referred:v1")).ShouldSucceed();
        using var registry = stagedoor.NewRegistryClient();
        await registry.PushAsync("skopeo/referred", artifact.Digest, artifact, BlobUpload.Monolithic);
        using var response = await registry.SendAsync(HttpMethod.Get, $"/v2/skopeo/referred/referrers/{image.Digest}", null);

        using var index = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        var referrer = Assert.Single(index.RootElement.GetProperty("manifests").EnumerateArray());
        Assert.Equal(artifact.Digest, referrer.GetProperty("digest").GetString());
        Assert.Equal("application/vnd.example.note", referrer.GetProperty("artifactType").GetString());
        (await SkopeoAsync("inspect", "--raw", "--tls-verify=false", "--creds", stagedoor.Credentials, Docker($"skopeo/referred@{artifact.Digest}"))).ShouldSucceed();
    }

    [Fact]
    public async Task Tags_are_listed_inspected_and_deleted()
    {
        Tool.Require("skopeo");
        var source = await LayoutAsync("source");
        foreach (var tag in new[] { "b", "a", "c" })
        {
            await source.AddAsync(tag, TestImage.Create(1_000));
            (await PushAsync(source.Reference(tag), $"skopeo/tags:{tag}")).ShouldSucceed();
        }

        var inspected = (await SkopeoAsync("inspect", "--tls-verify=false", "--creds", stagedoor.Credentials, Docker("skopeo/tags:a"))).ShouldSucceed();
        (await SkopeoAsync("delete", "--tls-verify=false", "--creds", stagedoor.Credentials, Docker("skopeo/tags:a"))).ShouldSucceed();
        var listed = (await SkopeoAsync("list-tags", "--tls-verify=false", "--creds", stagedoor.Credentials, Docker("skopeo/tags"))).ShouldSucceed();
        var again = await SkopeoAsync("inspect", "--tls-verify=false", "--creds", stagedoor.Credentials, Docker("skopeo/tags:a"));

        using var image = JsonDocument.Parse(inspected.Output);
        Assert.Equal(await source.DigestOfAsync("a"), image.RootElement.GetProperty("Digest").GetString());
        using var tags = JsonDocument.Parse(listed.Output);
        Assert.Equal("b,c", string.Join(',', tags.RootElement.GetProperty("Tags").EnumerateArray().Select(t => t.GetString())));
        again.ShouldFail("manifest unknown");
    }

    [Fact]
    public async Task A_layer_that_the_server_has_is_mounted_instead_of_sent()
    {
        Tool.Require("skopeo");
        var image = TestImage.Create(3 * Mebibyte);
        var source = await LayoutAsync("source");
        await source.AddAsync("v1", image);
        (await PushAsync(source.Reference("v1"), "skopeo/mounted-from:v1")).ShouldSucceed();

        var copied = (await SkopeoAsync(
            "--debug", "copy", "--src-tls-verify=false", "--dest-tls-verify=false", "--src-creds", stagedoor.Credentials, "--dest-creds", stagedoor.Credentials,
            Docker("skopeo/mounted-from:v1"), Docker("skopeo/mounted-to:v1"))).ShouldSucceed();

        Assert.Contains("... mount OK", copied.Error, StringComparison.Ordinal);
        using var registry = stagedoor.NewRegistryClient();
        Assert.Equal(image.Digest, await registry.VerifyAsync("skopeo/mounted-to", "v1"));
    }

    [Fact]
    public async Task A_wrong_key_is_refused_with_the_words_that_users_know()
    {
        Tool.Require("skopeo");
        var source = await LayoutAsync("source");
        await source.AddAsync("v1", TestImage.Create(100));

        var pushed = await SkopeoAsync(
            "copy", "--dest-tls-verify=false", "--dest-creds", $"{stagedoor.FirstRun.RegistryUser}:wrong", source.Reference("v1"), Docker("skopeo/refused:v1"));
        var read = await SkopeoAsync("inspect", "--tls-verify=false", "--no-creds", Docker("skopeo/refused:v1"));

        pushed.ShouldFail("authentication required");
        read.ShouldFail("authentication required");
    }

    [Fact]
    public async Task An_unknown_organization_is_named_when_none_is_made_by_a_push()
    {
        Tool.Require("skopeo");
        await using var strict = await StagedoorProcess.StartNewAsync(("Images__AutoCreateOrganization", "false"));
        var source = await LayoutAsync("source");
        await source.AddAsync("v1", TestImage.Create(100));

        var pushed = await SkopeoAsync(
            "copy", "--dest-tls-verify=false", "--dest-creds", strict.Credentials, source.Reference("v1"), $"docker://{strict.Host}/nobody/app:v1");

        pushed.ShouldFail("organization");
    }

    public void Dispose() => _folder.Dispose();

    private static Task<ToolResult> SkopeoAsync(params IEnumerable<string> arguments) => Tool.RunAsync("skopeo", ["--insecure-policy", .. arguments]);

    private string Docker(string reference) => $"docker://{stagedoor.Host}/{reference}";

    private Task<OciLayout> LayoutAsync(string name) => OciLayout.CreateAsync(Path.Combine(_folder.Path, name));

    /// <summary>Copies in; the last two arguments are source and target.</summary>
    private Task<ToolResult> PushAsync(params string[] arguments) =>
        SkopeoAsync(["copy", "--dest-tls-verify=false", "--dest-creds", stagedoor.Credentials, .. arguments[..^1], Docker(arguments[^1])]);

    /// <summary>Copies out; the last two arguments are source and target.</summary>
    private Task<ToolResult> PullAsync(params string[] arguments) =>
        SkopeoAsync(["copy", "--src-tls-verify=false", "--src-creds", stagedoor.Credentials, .. arguments[..^2], Docker(arguments[^2]), arguments[^1]]);
}
