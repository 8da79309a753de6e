using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Stagedoor.Testing;
using Xunit;

#pragma warning disable RS0030 // Another program is waited for in real time.
namespace Stagedoor.Clients.Tests;

/// <summary>Debian's docker-registry on a free loopback port, with a folder of its own.</summary>
internal sealed class DockerRegistry : IAsyncDisposable
{
    private const int Attempts = 5;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private readonly TemporaryFolder _folder = new();
    private Process? _process;

    public string Url { get; private set; } = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async Task StartAsync()
    {
        Tool.Require("docker-registry");
        for (var attempt = 1; ; attempt++)
        {
            var port = FreePort();
            Url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
            var file = Path.Combine(_folder.Path, "config.yml");
            await File.WriteAllTextAsync(
                file,
                string.Create(CultureInfo.InvariantCulture, $"version: 0.1\nlog:\n  level: error\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    rootdirectory: {_folder.Path}/data\nhttp:\n  addr: 127.0.0.1:{port}\n"),
                Cancellation);
            var start = Tool.StartInfo("docker-registry", ["serve", file], null);
            // Nobody reads them, so that they must not fill up.
            (start.RedirectStandardOutput, start.RedirectStandardError) = (false, false);
            (start.StandardOutputEncoding, start.StandardErrorEncoding) = (null, null);
            _process = Process.Start(start)!;
            if (await IsReadyAsync())
            {
                return;
            }

            Assert.True(attempt < Attempts, "docker-registry did not start.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
            _process.Dispose();
        }

        _folder.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<bool> IsReadyAsync()
    {
        using var client = new OutgoingClient();
        for (var began = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(began) < s_patience && !_process!.HasExited;)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri($"{Url}/v2/"), Cancellation);
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(100, Cancellation);
            }
        }

        return false;
    }
}
