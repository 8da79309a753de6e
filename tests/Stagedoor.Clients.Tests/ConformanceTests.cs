using System.Globalization;
using System.Xml.Linq;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>The public conformance suite of the OCI distribution specification.</summary>
public sealed class ConformanceTests(StagedoorProcess stagedoor) : IClassFixture<StagedoorProcess>, IDisposable
{
    private const string Variable = "STAGEDOOR_OCI_CONFORMANCE";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task The_public_conformance_suite_has_no_failures()
    {
        var suite = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(
            string.IsNullOrEmpty(suite),
            $"Set {Variable} to the compiled conformance suite of the OCI distribution specification (in its folder conformance: go test -c, or go build).");

        var result = await Tool.RunAsync(new ToolCall(suite!, [])
        {
            Folder = _folder.Path,
            Timeout = s_patience,
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["OCI_ROOT_URL"] = stagedoor.Url,
                ["OCI_NAMESPACE"] = "conformance/repo1",
                ["OCI_CROSSMOUNT_NAMESPACE"] = "conformance/repo2",
                ["OCI_USERNAME"] = stagedoor.FirstRun.RegistryUser,
                ["OCI_PASSWORD"] = stagedoor.FirstRun.RegistryKey,
                ["OCI_TEST_PULL"] = "1",
                ["OCI_TEST_PUSH"] = "1",
                ["OCI_TEST_CONTENT_DISCOVERY"] = "1",
                ["OCI_TEST_CONTENT_MANAGEMENT"] = "1",
                ["OCI_HIDE_SKIPPED_WORKFLOWS"] = "0",
                ["OCI_DELETE_MANIFEST_BEFORE_BLOBS"] = "0",
                ["OCI_DEBUG"] = "0",
                ["OCI_REPORT_DIR"] = _folder.Path,
                ["OCI_RESULTS_DIR"] = _folder.Path,
            },
        });

        // Some versions end well without having tested anything, so the report decides.
        var report = Path.Combine(_folder.Path, "junit.xml");
        Assert.True(File.Exists(report), result.ToString());
        var cases = XDocument.Load(report).Descendants("testcase").ToList();
        Assert.NotEmpty(cases);
        var failed = cases.Where(c => c.Element("failure") is not null || c.Element("error") is not null).Select(c => c.Attribute("name")?.Value);
        Assert.True(!failed.Any(), string.Create(CultureInfo.InvariantCulture, $"{cases.Count} tests, failed:\n{string.Join('\n', failed)}\n{result}"));
        result.ShouldSucceed();
    }

    public void Dispose() => _folder.Dispose();
}
