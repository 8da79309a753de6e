using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>nginx in front of two replicas, with the configuration of <c>eng/compose/nginx</c> as the compose file's container has it.</summary>
internal sealed class NginxProxy : IAsyncDisposable
{
    private const int Attempts = 5;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly string s_sources = Path.Combine(Checkout.Root, "eng", "compose", "nginx");

    // Its workers are somebody else when root starts it, and look for the marks of replicas that are away.
    private static readonly string s_user = string.Equals(Environment.UserName, "root", StringComparison.Ordinal) ? "user root;\n" : "";
    private readonly TemporaryFolder _folder = new();
    private Process? _process;
    private Task<string> _errors = Task.FromResult("");

    public string Url { get; private set; } = "";

    /// <summary>The registry of microservices at its own port.</summary>
    public string RegistryUrl { get; private set; } = "";

    public string TlsUrl { get; private set; } = "";

    /// <summary>Spans by gRPC.</summary>
    public string SpansUrl { get; private set; } = "";

    /// <summary>Spans by OTLP over HTTP.</summary>
    public string OtlpUrl { get; private set; } = "";

    /// <summary>Spans by Zipkin.</summary>
    public string ZipkinUrl { get; private set; } = "";

    /// <summary>What readers of Jaeger ask.</summary>
    public string JaegerUrl { get; private set; } = "";

    /// <summary>The certificate of <see cref="TlsUrl"/>, its own authority.</summary>
    public string Certificate => Path.Combine(_folder.Path, "tls.crt");

    private string Away => Path.Combine(_folder.Path, "away");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts it for replicas at these addresses (host and port).</summary>
    /// <param name="replicas">The main ports.</param>
    /// <param name="registries">Those of the registry of microservices.</param>
    /// <param name="spans">Those for spans by gRPC; null where nobody sends any.</param>
    public async Task StartAsync(IReadOnlyList<string> replicas, IReadOnlyList<string> registries, IReadOnlyList<string>? spans = null)
    {
        Tool.Require("nginx", "envsubst", "openssl");
        Directory.CreateDirectory(Away);
        await TestCertificate.IssueAsync(Certificate, Path.Combine(_folder.Path, "tls.key"), "stagedoor");
        for (var attempt = 1; ; attempt++)
        {
            var ports = FreePorts(7);
            await WriteAsync(replicas, registries, spans ?? replicas, ports);
            if (await BeginAsync(ports[0]))
            {
                (Url, RegistryUrl, TlsUrl) = ($"http://127.0.0.1:{ports[0]}", $"http://127.0.0.1:{ports[1]}", $"https://127.0.0.1:{ports[2]}");
                (SpansUrl, OtlpUrl, ZipkinUrl, JaegerUrl) = ($"http://127.0.0.1:{ports[3]}", $"http://127.0.0.1:{ports[4]}", $"http://127.0.0.1:{ports[5]}", $"http://127.0.0.1:{ports[6]}");
                return;
            }

            // Nobody hands out a free port for keeps.
            Assert.True(attempt < Attempts, $"nginx did not start:\n{await _errors}");
        }
    }

    /// <summary>Sends nothing new to this replica.</summary>
    /// <param name="replica">1 or 2.</param>
    public void SendAway(int replica) => File.Create(Path.Combine(Away, $"{replica}")).Dispose();

    public void TakeBack(int replica) => File.Delete(Path.Combine(Away, $"{replica}"));

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false } process)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }

        _process?.Dispose();
        _folder.Dispose();
    }

    private static List<int> FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(static _ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(static l => l.Start());
        var ports = listeners.ConvertAll(static l => ((IPEndPoint)l.LocalEndpoint).Port);
        listeners.ForEach(static l => l.Dispose());
        return ports;
    }

    // What the image does at its start: each template becomes a file of conf.d.
    private async Task WriteAsync(IReadOnlyList<string> replicas, IReadOnlyList<string> registries, IReadOnlyList<string> spans, List<int> ports)
    {
        var rendered = Directory.CreateDirectory(Path.Combine(_folder.Path, "conf.d")).FullName;
        var included = Directory.CreateDirectory(Path.Combine(_folder.Path, "stagedoor")).FullName;
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["STAGEDOOR_1"] = replicas[0],
            ["STAGEDOOR_2"] = replicas[1],
            ["STAGEDOOR_1_REGISTRY"] = registries[0],
            ["STAGEDOOR_2_REGISTRY"] = registries[1],
            ["STAGEDOOR_1_SPANS"] = spans[0],
            ["STAGEDOOR_2_SPANS"] = spans[1],
            ["STAGEDOOR_AWAY"] = Away,
            ["STAGEDOOR_LISTEN"] = $"127.0.0.1:{ports[0]}",
            ["STAGEDOOR_LISTEN_REGISTRY"] = $"127.0.0.1:{ports[1]}",
            ["STAGEDOOR_LISTEN_TLS"] = $"127.0.0.1:{ports[2]}",
            ["STAGEDOOR_LISTEN_SPANS"] = $"127.0.0.1:{ports[3]}",
            ["STAGEDOOR_LISTEN_OTLP"] = $"127.0.0.1:{ports[4]}",
            ["STAGEDOOR_LISTEN_ZIPKIN"] = $"127.0.0.1:{ports[5]}",
            ["STAGEDOOR_LISTEN_JAEGER"] = $"127.0.0.1:{ports[6]}",
            ["STAGEDOOR_CERTIFICATE"] = Certificate,
            ["STAGEDOOR_CERTIFICATE_KEY"] = Path.Combine(_folder.Path, "tls.key"),
        };
        var names = string.Join(' ', values.Keys.Select(static n => $"${{{n}}}"));
        foreach (var template in Directory.EnumerateFiles(s_sources, "*.template", SearchOption.AllDirectories))
        {
            var call = new ToolCall("envsubst", [names]) { Environment = values, Input = await File.ReadAllTextAsync(template, Cancellation) };
            var text = (await Tool.RunAsync(call)).ShouldSucceed().Output;
            await File.WriteAllTextAsync(Path.Combine(rendered, Path.GetFileNameWithoutExtension(template)), text, Cancellation);
        }

        foreach (var file in Directory.EnumerateFiles(Path.Combine(s_sources, "stagedoor")))
        {
            File.Copy(file, Path.Combine(included, Path.GetFileName(file)), overwrite: true);
        }

        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "nginx.conf"), Main(), Cancellation);
    }

    // The part that the image brings, with everything in a folder of ours.
    private string Main()
    {
        var places = string.Join('\n', new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(n => $"    {n}_temp_path {_folder.Path}/{n};"));
        return $$"""
            {{s_user}}daemon off;
            worker_processes 2;
            pid {{_folder.Path}}/nginx.pid;
            error_log stderr warn;
            events { worker_connections 1024; }
            http {
            {{places}}
                access_log off;
                include conf.d/*.conf;
            }
            """;
    }

    private async Task<bool> BeginAsync(int port)
    {
        _process?.Dispose();
        _process = new() { StartInfo = Tool.StartInfo("nginx", ["-p", _folder.Path, "-c", Path.Combine(_folder.Path, "nginx.conf")], null) };
        _process.Start();
        _errors = _process.StandardError.ReadToEndAsync(CancellationToken.None);
        var isUp = false;
        await Eventually.TrueAsync("nginx listens, or ends", s_patience, async () =>
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, port, Cancellation);
                isUp = !_process.HasExited;
            }
            catch (SocketException)
            {
            }

            return isUp || _process.HasExited;
        });
        return isUp;
    }
}
