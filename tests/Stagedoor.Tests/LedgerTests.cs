using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests;

/// <summary>
/// Puts together what every test assembly has seen over HTTP. It fails for a code that a mapped operation says it can answer and that no test
/// has provoked; so it means something only after the other assemblies have run, which <c>./test</c> sees to: there a suite that has seen
/// nothing is a failure, and so is a sum below the one in <c>ledger.txt</c> (<c>STAGEDOOR_ACCEPT=1</c> raises it).
/// </summary>
[Collection(nameof(LedgerTests))]
public sealed class LedgerTests
{
    private static readonly bool s_isComplete = Environment.GetEnvironmentVariable("STAGEDOOR_COMPLETE") is "1";
    private static readonly string s_least = Path.Combine(Checkout.Root, "tests", "Stagedoor.Tests", "ledger.txt");
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerOptions.Web) { WriteIndented = true };

    [Fact]
    public async Task Every_code_that_an_operation_declares_has_been_provoked()
    {
        await using var app = await StagedoorApp.StartAsync();
        var entries = Ledger.Read();
        var silent = Suites().Where(s => !entries.Any(e => e.Test.StartsWith(s + ".", StringComparison.Ordinal))).ToList();
        Assert.SkipWhen(!s_isComplete && silent.Count > 0, "Run ./test: the ledger needs what the other test projects have seen.");
        Assert.Empty(silent);

        var provoked = ErrorCatalog.All.Where(row => entries.Any(e => Shows(e, row))).ToHashSet();
        var declared = app.Services.GetServices<EndpointDataSource>()
            .SelectMany(source => source.Endpoints)
            .SelectMany(endpoint => endpoint.Metadata.GetOrderedMetadata<ErrorsMetadata>())
            .SelectMany(metadata => metadata.Errors)
            .Concat(GatewayCodes.All)
            .ToHashSet();
        await File.WriteAllTextAsync(
            Path.Combine(Checkout.Root, "artifacts", "ledger.json"),
            JsonSerializer.Serialize(entries.Select(e => new { e.Code, e.Status, e.Test, e.Body }), s_json),
            TestContext.Current.CancellationToken);
        var line = $"ledger: {provoked.Count} of {ErrorCatalog.All.Count} codes provoked";
        TestContext.Current.SendDiagnosticMessage(line);
        await Console.Out.WriteLineAsync(line);

        Assert.Empty(declared.Where(row => !provoked.Contains(row)).Select(row => $"{row.Code} ({row.Status} {row.Message})").Order(StringComparer.Ordinal));
        var least = int.Parse(await File.ReadAllTextAsync(s_least, TestContext.Current.CancellationToken), CultureInfo.InvariantCulture);
        if (provoked.Count > least && Environment.GetEnvironmentVariable("STAGEDOOR_ACCEPT") is "1")
        {
            await File.WriteAllTextAsync(s_least, $"{provoked.Count}\n", TestContext.Current.CancellationToken);
        }

        Assert.True(!s_isComplete || provoked.Count >= least, $"{provoked.Count} codes were provoked; {s_least} says that {least} have been.");
    }

    // The projects that provoke codes.
    private static IEnumerable<string> Suites() => Directory.EnumerateDirectories(Path.Combine(Checkout.Root, "tests"), "*.Tests")
        .Where(static folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Any(static file => File.ReadLines(file).Any(static line => line.AsSpan().TrimStart().StartsWith("[Provokes(", StringComparison.Ordinal))))
        .Select(static folder => Path.GetFileName(folder));

    // One code may have several rows: its status, and then its text, tell them apart.
    private static bool Shows(LedgerEntry entry, ErrorDefinition row) =>
        string.Equals(entry.Code, row.Code, StringComparison.Ordinal)
        // On the registry's data plane some codes come with the status that the OCI specification demands.
        && (entry.Status == row.Status || entry.Body.StartsWith("{\"errors\":", StringComparison.Ordinal))
        && (entry.Body.Length == 0
            || ErrorCatalog.All.Count(r => r.Code == row.Code && r.Status == row.Status) == 1
            || row.Message is null
            || entry.Body.Contains(row.Message.TrimEnd('.'), StringComparison.Ordinal));
}

/// <summary>What may run beside others runs before this: the ledger is read when every other test of this project is through.</summary>
[CollectionDefinition(nameof(LedgerTests), DisableParallelization = true)]
public sealed class LedgerRun;
