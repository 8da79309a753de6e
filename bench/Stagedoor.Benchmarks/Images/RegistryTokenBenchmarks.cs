using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Stagedoor.Images;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Storage;
using Stagedoor.Storage.Sqlite;

namespace Stagedoor.Benchmarks.Images;

/// <summary>The check of a token that is not known from a moment ago, beside that of its signature alone.</summary>
[MemoryDiagnoser]
public class RegistryTokenBenchmarks
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stagedoor-bench-").FullName;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _text = new byte[400];
    private byte[] _signature = [];
    private string _token = "";
    private ImagesDb _db = null!;
    private SigningKeys _keys = null!;
    private RegistryTokens _tokens = null!;

    [GlobalSetup]
    public async Task IssueAsync()
    {
        _signature = _key.SignData(_text, HashAlgorithmName.SHA256);
        var (ids, protection) = (new IdSource(), new EphemeralDataProtectionProvider());
        _db = new(new SqliteEngine(_folder, NullLogger.Instance));
        await MigrationRunner.RunAsync(_db, typeof(ImagesModule).Assembly, TimeProvider.System, CancellationToken.None);
        _keys = new(_db, TimeProvider.System, ids, protection);
        _tokens = new(_keys, TimeProvider.System, ids, protection, Options.Create(new ImagesOptions()));
        var caller = new Caller
        {
            UserId = ids.NewId(),
            UserName = "someone",
            DomainId = ids.NewId(),
            DomainName = "account",
            Method = AuthenticationMethod.RegistryLogin,
            Credential = "2 AK",
        };
        _token = (await _tokens.IssueAsync(caller, [new("repository", "team/app", ["pull", "push"])], TokenEndpoint.Service, CancellationToken.None))!.Value.Token;
    }

    [GlobalCleanup]
    public async Task StopAsync()
    {
        _keys.Dispose();
        await _db.DisposeAsync();
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark(Baseline = true)]
    public bool Signature() => _key.VerifyData(_text, _signature, HashAlgorithmName.SHA256);

    [Benchmark]
    public async Task<bool> Read() => await _tokens.ReadAsync(_token, CancellationToken.None) is not null;
}
