using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using Stagedoor.Content;

namespace Stagedoor.Benchmarks.Content;

/// <summary>The digest of what is pushed, beside the bare hash.</summary>
[MemoryDiagnoser]
public class DigestBenchmarks
{
    private readonly byte[] _content = new byte[1024 * 1024];

    [Benchmark(Baseline = true)]
    public byte[] Hash() => SHA256.HashData(_content);

    [Benchmark]
    public Digest Whole() => BlobHash.Of(BlobHash.Sha256, _content);

    [Benchmark]
    public async Task<Digest> Streamed()
    {
        using var stream = new MemoryStream(_content);
        return await BlobHash.OfAsync(BlobHash.Sha256, stream, CancellationToken.None);
    }

    [Benchmark]
    public bool Parse() => Digest.TryParse("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", out _);
}
