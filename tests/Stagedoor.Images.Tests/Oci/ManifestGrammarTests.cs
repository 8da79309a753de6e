using System.Globalization;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>Documents that look like manifests and indexes, with all that can be wrong with them, pushed to a real database.</summary>
public abstract class ManifestGrammarTests(Installation images)
{
    private const int Documents = 250;

    private static readonly JsonSerializerOptions s_likeGo = new() { PropertyNameCaseInsensitive = true };

    private static readonly string[] s_odd =
    [
        "null", "true", "0", "-1", "2", "1e3", "1.0", "9223372036854775807", "9223372036854775808", "1e400", "\"\"", "\"x\"", "\"\\ud800\"", "\"\\u0000\"",
        "\"\\u0022\"", "\"组织\"", "[]", "{}", "[[]]", "[null]", "{\"a\":{}}", "{\"a\":\"1\",\"A\":\"2\"}", "{\"a\":1}", "[\"https://example.com/\"]",
        $"\"{Installation.Manifest}\"", $"\"{Installation.Index}\"", "\"application/vnd.docker.distribution.manifest.v2+json\"",
    ];

    private static readonly string[] s_names =
    [
        "schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "subject", "annotations", "SchemaVersion", "MediaType", "Layers",
        "LAYERS", "layer\\u017f", "Config", "x", "\\ud800", "\\u0000",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_document_makes_a_fault_or_a_number_that_is_none()
    {
        Require();
        var (config, layer) = (Installation.Random(20), Installation.Random(30));
        await images.PushBlobAsync("team/grammar", config);
        await images.PushBlobAsync("team/grammar", layer);
        var (_, child) = await images.PushImageAsync("team/grammar", "child");
        var parts = new[] { config, layer, child }.Select(p => (Installation.DigestOf(p), (long)p.Length)).ToArray();
        var stored = 0;
        foreach (var document in DocumentOf(parts).Sample(Documents))
        {
            foreach (var type in (string?[])[null, Installation.Manifest, Installation.Index])
            {
                using var pushed = await images.PutManifestAsync("team/grammar", "v1", Encoding.UTF8.GetBytes(document), type);
                Assert.True((int)pushed.StatusCode is 201 or 400, $"{(int)pushed.StatusCode} for {document}");
                if ((int)pushed.StatusCode == 201)
                {
                    stored++;
                    await CheckAsync(document);
                }
            }
        }

        Assert.True(stored > 50, $"Only {stored} documents were good; the grammar makes too few.");
    }

    [Theory]
    [InlineData("""{"schemaVersion":2,"mediaType":"\ud800"}""")]
    [InlineData("""{"schemaVersion":2,"mediaType":"\u0000"}""")]
    [InlineData("""{"schemaVersion":2,CONFIG,"layers":[],"Layers":[LAYER]}""")]
    [InlineData("""{"schemaVersion":2,CONFIG,"layers":[],"layers":[LAYER]}""")]
    [InlineData("""{"schemaVersion":2,CONFIG,"Layers":[LAYER]}""")]
    [InlineData("""{"schemaVersion":2,CONFIG,"layers":[LAYER],"annotations":{"a":5}}""")]
    [InlineData("""{"schemaVersion":2,CONFIG,"layers":[LAYER],"annotations":{"a":"\u0000"}}""")]
    [InlineData("""{"schemaVersion":2,CONFIG,"layers":[LAYER],"artifactType":5}""")]
    [InlineData("""{"schemaVersion":2,CONFIG,"layers":[LARGE]}""")]
    [InlineData("""{"schemaVersion":2,CONFIG,"layers":[LARGE,LARGE]}""")]
    [InlineData("""{"schemaVersion":2,CONFIG,"layers":[FOREIGN]}""")]
    [InlineData("""{"schemaVersion":2,CONFIG,"layers":[FOREIGN,FOREIGN]}""")]
    public async Task A_manifest_that_lies_is_refused(string manifest)
    {
        Require();
        var (config, layer) = (Installation.Random(20), Installation.Random(30));
        await images.PushBlobAsync("team/lying", config);
        await images.PushBlobAsync("team/lying", layer);
        var text = manifest
            .Replace("CONFIG", $"\"config\":{DescriptorOf(Installation.DigestOf(config), "20")}", StringComparison.Ordinal)
            .Replace("LAYER", DescriptorOf(Installation.DigestOf(layer), "30"), StringComparison.Ordinal)
            .Replace("LARGE", DescriptorOf(Installation.DigestOf(layer), "9223372036854775807"), StringComparison.Ordinal)
            .Replace(
                "FOREIGN",
                DescriptorOf(Installation.DigestOf([1, 2, 3]), "9223372036854775807", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
                StringComparison.Ordinal);

        using var response = await images.PutManifestAsync("team/lying", "v1", Encoding.UTF8.GetBytes(text));

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Contains("\"MANIFEST_INVALID\"", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_and_a_repository_have_a_largest_size()
    {
        Require();
        var config = Installation.Random(20);
        await images.PushBlobAsync("team/sizes", config);
        byte[] ManifestOf(long foreign) => Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"config":{{DescriptorOf(Installation.DigestOf(config), "20")}},"layers":[{{DescriptorOf(Installation.DigestOf([1]), foreign.ToString(CultureInfo.InvariantCulture), "x.foreign.y")}}]}""");
        using var largest = await images.PutManifestAsync("team/sizes", "v1", ManifestOf((1L << 50) - 20));
        await Installation.ShouldBeAsync(largest, 201);
        using var larger = await images.PutManifestAsync("team/sizes", "v1", ManifestOf((1L << 50) - 19));
        Assert.Equal(400, (int)larger.StatusCode);

        var db = images.App.Services.GetRequiredService<ImagesDb>();
        await db.ExecuteAsync("UPDATE repositories SET size = @size WHERE name = 'sizes'", new { size = (1L << 60) - (1L << 50) }, Cancellation);
        using var fits = await images.PutManifestAsync("team/sizes", "v2", ManifestOf((1L << 50) - 20));
        await Installation.ShouldBeAsync(fits, 201);
        using var exceeds = await images.PutManifestAsync("team/sizes", "v3", ManifestOf(0));
        Assert.Equal(400, (int)exceeds.StatusCode);
    }

    [Fact]
    public async Task A_child_of_an_index_has_the_size_that_the_index_says()
    {
        Require();
        var (digest, bytes) = await images.PushImageAsync("team/children", "child");
        byte[] IndexOf(long size) => JsonSerializer.SerializeToUtf8Bytes(
            new { schemaVersion = 2, mediaType = Installation.Index, manifests = new[] { new { mediaType = Installation.Manifest, digest, size } } });
        using var right = await images.PutManifestAsync("team/children", "right", IndexOf(bytes.Length), Installation.Index);
        await Installation.ShouldBeAsync(right, 201);

        using var wrong = await images.PutManifestAsync("team/children", "wrong", IndexOf(bytes.Length + 1), Installation.Index);

        Assert.Equal(400, (int)wrong.StatusCode);
    }

    [Fact]
    public async Task The_same_bytes_keep_their_media_type()
    {
        Require();
        var config = Installation.Random(20);
        await images.PushBlobAsync("team/types", config);
        var manifest = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"config":{{DescriptorOf(Installation.DigestOf(config), "20")}},"layers":[]}""");
        using var oci = await images.PutManifestAsync("team/types", "oci", manifest);
        await Installation.ShouldBeAsync(oci, 201);

        using var docker = await images.PutManifestAsync("team/types", "docker", manifest, "application/vnd.docker.distribution.manifest.v2+json");

        Assert.Equal(400, (int)docker.StatusCode);
        using var again = await images.PutManifestAsync("team/types", "again", manifest);
        await Installation.ShouldBeAsync(again, 201);
    }

    /// <summary>Skips the test where there is no database for it.</summary>
    protected abstract void Require();

    // What clients read must be what the registry has read, and every number one that the schema can hold.
    private async Task CheckAsync(string document)
    {
        var db = images.App.Services.GetRequiredService<ImagesDb>();
        const string Manifest = "(SELECT t.digest FROM tags t WHERE t.repository_id = r.id AND t.name = 'v1')";
        var known = await db.QueryAsync<string>(
            $"SELECT m.digest FROM manifest_refs m JOIN repositories r ON r.id = m.repository_id WHERE r.name = 'grammar' AND m.manifest_digest = {Manifest}",
            null,
            Cancellation);
        var read = JsonSerializer.Deserialize<ReadByClients>(document, s_likeGo)!;
        var digests = (read.Layers ?? []).Concat(read.Manifests ?? []).Concat(read.Config is { } config ? [config] : []).Select(d => d.Digest).Distinct(StringComparer.Ordinal);
        Assert.Equal(digests.Order(StringComparer.Ordinal), known.Order(StringComparer.Ordinal));

        var size = await db.FindAsync<string>(
            "SELECT CAST(size AS TEXT) FROM repositories WHERE name = 'grammar' AND size BETWEEN 0 AND 1152921504606846976", null, Cancellation);
        Assert.True(long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out _), $"The size is {size} after {document}");
    }

    private static string DescriptorOf(string digest, string size, string mediaType = "x/y") =>
        $$"""{"mediaType":"{{mediaType}}","digest":"{{digest}}","size":{{size}}}""";

    private static Gen<string> DocumentOf((string Digest, long Size)[] parts)
    {
        var odd = Gen.Elements(s_odd);
        var descriptor =
            from part in Gen.Elements(parts)
            from digest in Gen.Frequency((40, Gen.Constant($"\"{part.Digest}\"")), (1, odd))
            from size in Gen.Frequency((40, Gen.Constant(part.Size.ToString(CultureInfo.InvariantCulture))), (1, odd))
            from type in Gen.Frequency((30, Gen.Constant("\"x/y\"")), (3, Gen.Constant("\"x.foreign.y\"")), (1, odd))
            from more in Gen.Frequency((40, Gen.Constant("")), (1, odd.Select(o => $",\"urls\":{o}")), (1, odd.Select(o => $",\"annotations\":{o}")), (1, odd.Select(o => $",\"Digest\":{o}")))
            select $$"""{"mediaType":{{type}},"digest":{{digest}},"size":{{size}}{{more}}}""";
        var descriptors = from some in descriptor.ArrayOf() select $"[{string.Join(',', some.Take(5))}]";
        var value = Gen.Frequency((2, odd), (2, descriptor), (2, descriptors));
        var member = from name in Gen.Elements(s_names) from v in value select $"\"{name}\":{v}";
        var image = from config in descriptor from layers in descriptors select $"\"config\":{config},\"layers\":{layers}";
        var index = from manifests in descriptors select $"\"manifests\":{manifests}";
        return
            from body in Gen.Frequency((4, image), (3, index), (1, member))
            from more in Gen.Frequency((4, Gen.Constant(Array.Empty<string>())), (1, member.ArrayOf()))
            from version in Gen.Frequency((30, Gen.Constant("2")), (1, odd))
            select $"{{\"schemaVersion\":{version},{string.Join(',', [body, .. more.Take(3)])}}}";
    }

    private sealed record ReadByClients(ReadDescriptor? Config, ReadDescriptor[]? Layers, ReadDescriptor[]? Manifests);

    private sealed record ReadDescriptor(string Digest);
}

public sealed class SqliteManifestGrammarTests(Installation images) : ManifestGrammarTests(images), IClassFixture<Installation>
{
    protected override void Require()
    {
    }
}

public sealed class PostgreSqlManifestGrammarTests(SharedDatabase images) : ManifestGrammarTests(images), IClassFixture<SharedDatabase>
{
    protected override void Require() => images.Require();
}
