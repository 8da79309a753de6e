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
/// has provoked; so it means something only after the other assemblies have run, which <c>./test</c> sees to.
/// </summary>
public sealed class LedgerTests
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerOptions.Web) { WriteIndented = true };

    [Fact]
    public async Task Every_code_that_an_operation_declares_has_been_provoked()
    {
        await using var app = await StagedoorApp.StartAsync();
        var entries = Ledger.Read();
        Assert.SkipWhen(
            !entries.Any(e => e.Test.StartsWith("Stagedoor.Images.Tests", StringComparison.Ordinal)), "Run ./test: the ledger needs what the other test projects have seen.");

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
    }

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
