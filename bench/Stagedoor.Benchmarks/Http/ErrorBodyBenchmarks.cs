using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Benchmarks.Http;

/// <summary>Status, headers and body of a refusal, beside the serialization of three members.</summary>
[MemoryDiagnoser]
public class ErrorBodyBenchmarks
{
    private readonly Dictionary<string, string> _members = new(StringComparer.Ordinal)
    {
        ["errorCode"] = "SVCSTG.SWR.4040058",
        ["errorMessage"] = "The organization does not exist.",
        ["detail"] = "namespace=team-a",
    };

    private ServiceProvider _services = null!;

    [GlobalSetup]
    public void Start() => _services = new ServiceCollection()
        .AddLogging()
        .AddStagedoorHttp(new ConfigurationBuilder().Build())
        .BuildServiceProvider();

    [GlobalCleanup]
    public void Stop() => _services.Dispose();

    [Benchmark(Baseline = true)]
    public byte[] Serialize() => JsonSerializer.SerializeToUtf8Bytes(_members);

    [Benchmark]
    public int Prepare()
    {
        var context = new DefaultHttpContext { RequestServices = _services };
        return ErrorWriter.Prepare(context, new(ImagesCodes.OrganizationNotFound, "namespace=team-a")).Length;
    }
}
