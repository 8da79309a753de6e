using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Background;

namespace Stagedoor.Addons.Drivers.Processes;

/// <summary>
/// Keeps a supervisor running, and talks to it. One that ends is followed by another, which is told again of everything that shall run; whoever waits for an answer
/// meanwhile asks the next one.
/// </summary>
internal sealed partial class SupervisorLink(
    ProcessPlaces places, IOptions<ProcessOptions> options, TimeProvider clock, ILogger<SupervisorLink> logger) : UpkeepService(clock, logger)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_livedWell = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, GroupOrder> _wanted = new(StringComparer.Ordinal);
    private readonly Lock _turn = new();
    private TaskCompletionSource<Connection> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isStopping;
    private bool _isLoaded;
    private long _lastId;

    /// <summary>The supervisor's process; 0 where there is none.</summary>
    public int Pid { get; private set; }

    protected override TimeSpan Period => TimeSpan.Zero;

    /// <summary>Has a group run from now on.</summary>
    /// <exception cref="DriverUnavailableException">There is no supervisor.</exception>
    public async Task PutAsync(GroupOrder order, CancellationToken cancellationToken)
    {
        _wanted[order.Key] = order;
        await AskAsync(SupervisorRequest.Put, order.Key, order, cancellationToken);
    }

    /// <summary>Stops a group; nothing of it runs when this ends.</summary>
    /// <exception cref="DriverUnavailableException">There is no supervisor.</exception>
    public async Task DropAsync(string key, CancellationToken cancellationToken)
    {
        _wanted.TryRemove(key, out _);
        await AskAsync(SupervisorRequest.Drop, key, null, cancellationToken);
    }

    /// <summary>How the services of a group are; <c>null</c> where there is no such group.</summary>
    /// <exception cref="DriverUnavailableException">There is no supervisor.</exception>
    public Task<IReadOnlyList<ServiceStatus>?> FindAsync(string key, CancellationToken cancellationToken) => AskAsync(SupervisorRequest.Status, key, null, cancellationToken);

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        // Whoever waits for a supervisor waits in vain from now on, and the stop would wait for that.
        _isStopping = true;
        return base.StopAsync(cancellationToken);
    }

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        Load();
        using var process = Start();
        Pid = process.Id;
        var begun = Clock.GetTimestamp();
        var connection = new Connection(process.StandardInput.BaseStream);
        try
        {
            await connection.SendAsync(JsonSerializer.SerializeToUtf8Bytes(Setup(), SupervisorJson.Default.SupervisorSetup));
            while (await process.StandardOutput.ReadLineAsync(stoppingToken) is { } line)
            {
                var answer = JsonSerializer.Deserialize(line, SupervisorJson.Default.SupervisorAnswer)!;
                if (answer.Id == 0)
                {
                    await BeginAsync(connection);
                }
                else
                {
                    connection.Hear(answer);
                }
            }

            if (Clock.GetElapsedTime(begun) < s_livedWell)
            {
                throw new InvalidOperationException("The supervisor of processes ended as soon as it was started.");
            }

            LogEnded(process.Id);
        }
        finally
        {
            lock (_turn)
            {
                if (_connected.Task.IsCompleted)
                {
                    _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
                }
            }

            Pid = 0;
            connection.Close();

            // Its end closed, it stops what runs and ends; it does so also when nobody waits for it.
            await CloseAsync(process);
        }
    }

    /// <summary>How a supervisor is started from this program.</summary>
    private ProcessStartInfo Command()
    {
        var own = Environment.ProcessPath ?? "";
        var beside = Path.Combine(AppContext.BaseDirectory, "stagedoor");
        var start = Path.GetFileName(own) is "stagedoor" ? new ProcessStartInfo(own, ["supervise"])
            : File.Exists(beside) ? new ProcessStartInfo(beside, ["supervise"])
            : new ProcessStartInfo(own, [beside + ".dll", "supervise"]);

        // What the server is configured with is none of its business, nor of what it starts.
        var environment = Environment.GetEnvironmentVariables();
        start.Environment.Clear();
        foreach (var name in (string[])["PATH", "HOME", "LANG", "DOTNET_ROOT", "TMPDIR"])
        {
            if (environment[name] is string value)
            {
                start.Environment[name] = value;
            }
        }

        start.Environment[ProcessTable.Marker] = $"{places.Installation}/supervisor";
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.UseShellExecute = false;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        return start;
    }

    private Process Start()
    {
        var process = new Process { StartInfo = Command() };
        try
        {
            process.Start();
            return process;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    private async Task CloseAsync(Process process)
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It is gone already.
        }

        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(options.Value.GraceSeconds + 5), Clock);
        await process.WaitForExitAsync(late.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private SupervisorSetup Setup() => new(
        places.Installation, options.Value.AllPrograms, [.. options.Value.Roots], options.Value.GraceSeconds, options.Value.StartSeconds, options.Value.LogBytes);

    // All that was installed when the server ended runs again. One release that cannot be read does not keep the others from it.
    private void Load()
    {
        if (_isLoaded)
        {
            return;
        }

        ProcessFolder.Tidy(places.Root);
        foreach (var (clusterId, key) in ProcessFolder.List(places.Root, null))
        {
            try
            {
                var folder = new ProcessFolder(places.Root, clusterId, key);
                if (folder.Find() is { } inventory)
                {
                    var order = folder.OrderOf(inventory, ProcessSet.Of(Releases.ReleasePlan.Of(inventory.Record)));
                    _wanted.TryAdd(order.Key, order);
                }
            }
            catch (DriverException e)
            {
                LogUnreadable(e, clusterId, key.ToString());
            }
        }

        _isLoaded = true;
    }

    private async Task BeginAsync(Connection connection)
    {
        // Whoever puts one from now on finds the connection; whoever did before is in the list.
        lock (_turn)
        {
            _connected.TrySetResult(connection);
        }

        foreach (var (key, order) in _wanted)
        {
            await connection.SendAsync(Request(Interlocked.Increment(ref _lastId), SupervisorRequest.Put, key, order));

            // It may have been dropped since it was looked at.
            if (!_wanted.ContainsKey(key))
            {
                await connection.SendAsync(Request(Interlocked.Increment(ref _lastId), SupervisorRequest.Drop, key, null));
            }
        }
    }

    private async Task<IReadOnlyList<ServiceStatus>?> AskAsync(string verb, string key, GroupOrder? order, CancellationToken cancellationToken)
    {
        var since = Clock.GetTimestamp();
        while (true)
        {
            Task<Connection> connected;
            lock (_turn)
            {
                connected = _connected.Task;
            }

            var left = s_patience - Clock.GetElapsedTime(since);
            try
            {
                var connection = await connected.WaitAsync(left < s_look && left > TimeSpan.Zero ? left : s_look, Clock, cancellationToken);
                var id = Interlocked.Increment(ref _lastId);
                if (await connection.AskAsync(id, Request(id, verb, key, order), cancellationToken) is { } answer)
                {
                    return answer.Problem.Length == 0 ? answer.Services : throw new DriverUnavailableException($"The supervisor of processes failed: {answer.Problem}");
                }
            }
            catch (TimeoutException e) when (_isStopping || left <= TimeSpan.Zero)
            {
                throw new DriverUnavailableException("The supervisor of processes does not run.", e);
            }
            catch (TimeoutException)
            {
                continue;
            }

            // The connection has ended; the next one is asked.
            await Task.Delay(TimeSpan.FromMilliseconds(50), Clock, cancellationToken);
        }
    }

    private static byte[] Request(long id, string verb, string key, GroupOrder? order) =>
        JsonSerializer.SerializeToUtf8Bytes(new(id, verb, key, order), SupervisorJson.Default.SupervisorRequest);

    [LoggerMessage(LogLevel.Warning, "The supervisor of processes (process {Pid}) has ended; another one takes its place")]
    private partial void LogEnded(int pid);

    [LoggerMessage(LogLevel.Error, "The processes of the release {Release} in cluster {Cluster} are not started: what is kept of it cannot be read")]
    private partial void LogUnreadable(Exception exception, string cluster, string release);

    // What is sent to one supervisor, and who waits for its answers.
#pragma warning disable CA1001 // Whoever still sends holds it; without a handle that was asked for there is nothing to give back.
    private sealed class Connection(Stream requests)
#pragma warning restore CA1001
    {
        private readonly ConcurrentDictionary<long, TaskCompletionSource<SupervisorAnswer?>> _waiting = new();
        private readonly SemaphoreSlim _sending = new(1);
        private volatile bool _isClosed;

        public async Task SendAsync(byte[] line)
        {
            await _sending.WaitAsync();
            try
            {
                await requests.WriteAsync((byte[])[.. line, (byte)'\n']);
                await requests.FlushAsync();
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // It has ended, which is seen where its answers are read.
            }
            finally
            {
                _sending.Release();
            }
        }

        /// <summary>The answer; <c>null</c> where the supervisor has ended before it.</summary>
        public async Task<SupervisorAnswer?> AskAsync(long id, byte[] line, CancellationToken cancellationToken)
        {
            var waiting = _waiting.GetOrAdd(id, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
            if (_isClosed)
            {
                return null;
            }

            try
            {
                await SendAsync(line);
                return await waiting.Task.WaitAsync(cancellationToken);
            }
            finally
            {
                _waiting.TryRemove(id, out _);
            }
        }

        public void Hear(SupervisorAnswer answer)
        {
            if (_waiting.TryRemove(answer.Id, out var waiting))
            {
                waiting.TrySetResult(answer);
            }
        }

        public void Close()
        {
            _isClosed = true;
            foreach (var (_, waiting) in _waiting)
            {
                waiting.TrySetResult(null);
            }
        }
    }
}

/// <summary>Where releases that run as processes are kept.</summary>
/// <param name="Root">The folder.</param>
internal sealed record ProcessPlaces(string Root)
{
    private const string IdName = "id";

    private readonly Lazy<string> _installation = new(() => InstallationOf(Root));

    /// <summary>What the markers of its processes begin with: another folder has another one, a copy too.</summary>
    public string Installation => _installation.Value;

    private static string InstallationOf(string root)
    {
        Directory.CreateDirectory(root);
        var file = Path.Combine(root, IdName);
        if (!File.Exists(file))
        {
            File.WriteAllText(file, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{File.ReadAllText(file)}\n{Posix.RealPath(root)}")))[..24];
    }
}
