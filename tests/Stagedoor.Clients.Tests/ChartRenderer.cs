using k8s;
using k8s.Models;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary><c>eng/chart/render</c>, built once. Needs Debian's Go and its libraries.</summary>
public sealed class ChartRenderer : IAsyncLifetime
{
    private const string Libraries = "/usr/share/gocode";
    private static readonly Dictionary<string, Type> s_types = new(StringComparer.Ordinal)
    {
        ["monitoring.coreos.com/v1/ServiceMonitor"] = typeof(ServiceMonitor),
    };

    private readonly TemporaryFolder _folder = new();

    internal static string Chart { get; } = Path.Combine(Checkout.Root, "eng", "chart", "stagedoor");

    private string Program => Path.Combine(_folder.Path, "render");

    public async ValueTask InitializeAsync()
    {
        if (Tool.Find("go") is null || !Directory.Exists($"{Libraries}/src/github.com/Masterminds/sprig"))
        {
            return;
        }

        var call = new ToolCall("go", ["build", "-o", Program, Path.Combine(Checkout.Root, "eng", "chart", "render", "main.go")])
        {
            Environment = new Dictionary<string, string>
            {
                ["GO111MODULE"] = "off",
                ["GOPATH"] = Libraries,
                ["GOFLAGS"] = "",
                ["GOCACHE"] = Path.Combine(Checkout.Root, "artifacts", "clients", "go"),
            },
        };
        (await Tool.RunAsync(call)).ShouldSucceed();
    }

    /// <summary>The objects, strictly read.</summary>
    internal async Task<IReadOnlyList<object>> RenderAsync(IReadOnlyList<string> values)
    {
        var text = (await RunAsync(values)).ShouldSucceed().Output;
        var documents = text.Split("---\n# Source: ", StringSplitOptions.RemoveEmptyEntries).Where(static d => !d.Contains("NOTES.txt", StringComparison.Ordinal));
        return [.. documents.SelectMany(static d => KubernetesYaml.LoadAllFromString($"# {d}", s_types, strict: true))];
    }

    internal async Task<ToolResult> RunAsync(IReadOnlyList<string> values)
    {
        Assert.SkipUnless(File.Exists(Program), "Not installed: go, sprig. Run eng/install-client-tools.sh.");
        return await Tool.RunAsync(Program, [Chart, "demo", .. values]);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}

#pragma warning disable CA2227 // The reader of YAML sets them.
/// <summary>What the chart uses of the Prometheus operator's type.</summary>
public sealed class ServiceMonitor
{
    public required string ApiVersion { get; set; }

    public required string Kind { get; set; }

    public required V1ObjectMeta Metadata { get; set; }

    public required ServiceMonitorSpec Spec { get; set; }
}

public sealed class ServiceMonitorSpec
{
    public required V1LabelSelector Selector { get; set; }

    public required IList<ServiceMonitorEndpoint> Endpoints { get; set; }
}

public sealed class ServiceMonitorEndpoint
{
    public required string Port { get; set; }

    public required string Path { get; set; }

    public required string Scheme { get; set; }

    public required string Interval { get; set; }

    public IDictionary<string, bool>? TlsConfig { get; set; }
}
