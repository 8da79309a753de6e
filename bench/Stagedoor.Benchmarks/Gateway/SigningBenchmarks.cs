using System.Security.Cryptography;
using System.Text;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Http;
using Stagedoor.Gateway.Signing;

namespace Stagedoor.Benchmarks.Gateway;

/// <summary>The check of a signature, which each call of the management APIs pays for, beside the hashes that nobody can save.</summary>
[MemoryDiagnoser]
public class SigningBenchmarks
{
    private const string AccessKey = "STAGEDOOREXAMPLEAK01";
    private const string SecretKey = "stagedoorExampleSecretKey0123456789abcdE";
    private static readonly DateTimeOffset s_now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly byte[] _secret = Encoding.UTF8.GetBytes(SecretKey);
    private readonly byte[] _text = new byte[400];
    private readonly SigningRules _rules = new();
    private IHeaderDictionary _headers = new HeaderDictionary();
    private string _authorization = "";

    [GlobalSetup]
    public void Sign()
    {
        _headers = new HeaderDictionary { ["Host"] = "127.0.0.1:8080", ["Content-Type"] = "application/json" };
        _authorization = RequestSigner.Sign(Request(), AccessKey, SecretKey, s_now);
    }

    [Benchmark(Baseline = true)]
    public int Hashes()
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(_text, hash);
        return HMACSHA256.HashData(_secret, hash, hash);
    }

    [Benchmark]
    public bool Verify() =>
        SignatureVerifier.Verify(Request(), AuthorizationHeader.Parse(_authorization).Signature!, _secret, _rules, s_now).Status is SignatureStatus.Ok;

    private SignedRequest Request() =>
        new("GET", "/v2/manage/namespaces?filter=namespace::team&limit=100", _headers, SignedRequest.EmptyBodyHash);
}
