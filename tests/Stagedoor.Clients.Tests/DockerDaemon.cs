using System.Diagnostics;
using System.Text;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>A Docker engine of the tests' own: no bridge, no firewall rules, plain folders for layers, a socket in its own folder.</summary>
public sealed class DockerDaemon : IAsyncLifetime
{
    private static readonly TimeSpan s_startPatience = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan s_stopPatience = TimeSpan.FromSeconds(20);
    private readonly TemporaryFolder _folder = new();
    private readonly StringBuilder _log = new();
    private Process? _process;
    private Task _reading = Task.CompletedTask;

    /// <summary>Why there is none; null when it runs.</summary>
    public string? Absence { get; private set; }

    private string Socket => $"unix://{Path.Combine(_folder.Path, "docker.sock")}";

    public async ValueTask InitializeAsync()
    {
        Absence = Tool.Find("dockerd") is null || Tool.Find("docker") is null ? "Not installed: docker, dockerd. Run eng/install-client-tools.sh."
            : System.Environment.UserName is not "root" ? "A Docker engine needs root."
            : await StartAsync();
    }

    /// <summary>What makes a command line in a shell talk to this engine.</summary>
    internal IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["DOCKER_HOST"] = Socket,
        ["DOCKER_CONFIG"] = Path.Combine(_folder.Path, "config"),
    };

    /// <summary>Runs the command line against this engine, with a configuration of its own.</summary>
    internal Task<ToolResult> DockerAsync(ToolCall call) => Tool.RunAsync(
        call with { Program = "docker", Arguments = ["--config", Path.Combine(_folder.Path, "config"), "--host", Socket, .. call.Arguments] });

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            (await Tool.RunAsync("sh", "-c", $"kill -TERM {_process.Id}")).ShouldSucceed();
            using var limit = new CancellationTokenSource(s_stopPatience);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }

            await _reading;
        }

        _process?.Dispose();
        _folder.Dispose();
    }

    private async Task<string?> StartAsync()
    {
        string[] arguments =
        [
            "--data-root", Path.Combine(_folder.Path, "data"), "--exec-root", Path.Combine(_folder.Path, "exec"),
            "--pidfile", Path.Combine(_folder.Path, "pid"), "--host", Socket, "--storage-driver", "vfs", "--bridge", "none",
            "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false",
        ];
        _process = new Process { StartInfo = Tool.StartInfo("dockerd", arguments, environment: null) };
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.Start();
        _reading = Task.WhenAll(_process.StandardOutput.ReadToEndAsync(CancellationToken.None), ReadLogAsync(_process.StandardError, ready));
        try
        {
            await Task.WhenAny(ready.Task, _reading).WaitAsync(s_startPatience, TestContext.Current.CancellationToken);
            return ready.Task.IsCompletedSuccessfully ? null : $"The Docker engine cannot run here: {LastWords()}";
        }
        catch (TimeoutException)
        {
            return $"The Docker engine was not ready within {s_startPatience}: {LastWords()}";
        }
    }

    private async Task ReadLogAsync(StreamReader error, TaskCompletionSource ready)
    {
        while (await error.ReadLineAsync(CancellationToken.None) is { } line)
        {
            lock (_log)
            {
                _log.AppendLine(line);
            }

            if (line.Contains("API listen on", StringComparison.Ordinal))
            {
                ready.TrySetResult();
            }
        }
    }

    private string LastWords()
    {
        lock (_log)
        {
            return _log.ToString().Trim().Split('\n')[^1];
        }
    }
}
