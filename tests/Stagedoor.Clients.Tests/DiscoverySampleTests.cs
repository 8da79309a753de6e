using System.Collections.Concurrent;
using System.Diagnostics;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>The two small services of the walk-through in <c>docs/discovery.md</c>. Their client is ours, written from the public API description.</summary>
public sealed class DiscoverySampleTests(StagedoorProcess stagedoor) : IClassFixture<StagedoorProcess>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Two_services_find_each_other_and_the_one_that_dies_disappears()
    {
        Tool.Require("node");
        using var order = new Sample(stagedoor, "order.mjs");
        await order.SaysAsync("provider shop/stock not found");

        using var stock = new Sample(stagedoor, "stock.mjs");
        await order.SaysAsync("says 42");
        stock.Kill();
        await order.SaysAsync("says ECONNREFUSED");

        // Twenty seconds of silence later: interval 5, times 3.
        await order.SaysAsync("stock has no instance");
        using var again = new Sample(stagedoor, "stock.mjs");
        await order.SaysAsync("says 42", times: 2);
    }

    private sealed class Sample : IDisposable
    {
        private readonly Process _process;
        private readonly ConcurrentQueue<string> _lines = new();

        public Sample(StagedoorProcess stagedoor, string script)
        {
            var start = new ProcessStartInfo("node", Path.Combine(Checkout.Root, "samples", "discovery", script))
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
                Environment = { ["REGISTRY"] = $"{stagedoor.Url}/v4/default/registry" },
            };
            _process = new() { StartInfo = start };
            _process.OutputDataReceived += (_, e) => _lines.Enqueue(e.Data ?? "");
            _process.ErrorDataReceived += (_, e) => _lines.Enqueue(e.Data ?? "");
            _process.Start();
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        public Task SaysAsync(string text, int times = 1) => Eventually.TrueAsync(
            $"'{text}' after: {string.Join(" | ", _lines)}", s_patience, () => _lines.Count(line => line.Contains(text, StringComparison.Ordinal)) >= times);

        public void Kill()
        {
            _process.Kill();
            _process.WaitForExit();
        }

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                Kill();
            }

            _process.Dispose();
        }
    }
}
