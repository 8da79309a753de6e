using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Stagedoor.Images.Manifests;

namespace Stagedoor.Benchmarks.Images;

/// <summary>What the registry reads in a manifest of twenty layers, beside the framework's parser.</summary>
[MemoryDiagnoser]
public class ManifestBenchmarks
{
    private const string MediaType = "application/vnd.oci.image.manifest.v1+json";

    private readonly byte[] _manifest = Encoding.UTF8.GetBytes(Manifest(20));

    [Benchmark(Baseline = true)]
    public JsonValueKind ParseJson()
    {
        using var json = JsonDocument.Parse(_manifest);
        return json.RootElement.ValueKind;
    }

    [Benchmark]
    public int Read() => ManifestDocument.Parse(_manifest, MediaType).References.Count;

    private static string Manifest(int layers) => $$"""
        {"schemaVersion":2,"mediaType":"{{MediaType}}",
        "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:{{new string('c', 64)}}","size":1234},
        "layers":[{{string.Join(',', Enumerable.Range(0, layers).Select(static i => $$"""{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:{{i:x64}}","size":{{1000 + i}}}"""))}}]}
        """;
}
