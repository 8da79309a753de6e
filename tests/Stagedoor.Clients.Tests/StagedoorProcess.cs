using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Stagedoor.Serve;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>The built executable, serving on a free loopback port from a data directory of its own.</summary>
public sealed class StagedoorProcess : IAsyncLifetime
{
    private const string ReadyMark = " is ready at ";
    private const int LastLines = 40;
    private static readonly TimeSpan s_startPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_stopPatience = TimeSpan.FromSeconds(20);
    private readonly TemporaryFolder _folder = new();
    private readonly StringBuilder _log = new();
    private readonly StringBuilder _output = new();

    private readonly Dictionary<string, string> _environment = new(ListenerSettings.OffInEnvironment(), StringComparer.Ordinal);

    private Process? _process;
    private Task _reading = Task.CompletedTask;

    public StagedoorProcess() => DataDirectory = Path.Combine(_folder.Path, "data");

    /// <summary>What is started: the product of the configuration that these tests were built in.</summary>
    public static string Executable { get; } = Path.Combine(
        Checkout.Root, "artifacts", "bin", "Stagedoor", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "stagedoor.dll");

    /// <summary>The address, without a slash at the end; the same after a restart.</summary>
    public string Url { get; private set; } = "";

    /// <summary>Host and port, as image references name them.</summary>
    public string Host => new Uri(Url).Authority;

    public string DataDirectory { get; set; }

    /// <summary>What it is told to listen on at its first start.</summary>
    public string Urls { get; set; } = "http://127.0.0.1:0";

    /// <summary>It writes to a terminal, as for a person. Both its streams come out as <see cref="Output"/> then.</summary>
    public bool IsAtTerminal { get; init; }

    /// <summary>A command of the shell that it is started by, for example <c>umask 0000</c>.</summary>
    public string? Before { get; set; }

    /// <summary>Another program to start, with all its arguments, for example that of a package; it is told by settings where it is to listen.</summary>
    public IReadOnlyList<string>? Program { get; init; }

    /// <summary>How long it took from its start until it served.</summary>
    public TimeSpan StartTime { get; private set; }

    /// <summary>The account and keys of the first start.</summary>
    public FirstRun FirstRun { get; private set; } = null!;

    /// <summary>User and key as <c>user:key</c>.</summary>
    public string Credentials => $"{FirstRun.RegistryUser}:{FirstRun.RegistryKey}";

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Everything it has written to standard error so far.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    /// <summary>Everything it has written to standard output so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A process with settings, for example <c>("Images__AutoCreateOrganization", "false")</c>.</summary>
    public static async Task<StagedoorProcess> StartNewAsync(params (string Key, string Value)[] settings)
    {
        var process = new StagedoorProcess();
        try
        {
            await process.StartAsync(settings);
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>A call of the executable with these arguments and none of this process's own settings.</summary>
    internal static ToolCall Call(params IEnumerable<string> arguments) =>
        new("dotnet", [Executable, .. arguments]) { Timeout = s_startPatience };

    public async ValueTask InitializeAsync() => await StartAsync();

    /// <summary>Settings from the next start on; a colon in a key is as good as two underscores.</summary>
    public void Set(params IEnumerable<(string Key, string Value)> settings)
    {
        foreach (var (key, value) in settings)
        {
            _environment[$"STAGEDOOR__{key.Replace(":", "__", StringComparison.Ordinal)}"] = value;
        }
    }

    /// <summary>Starts it, or starts it again on the same data and port, and waits until it serves.</summary>
    public async Task StartAsync(params (string Key, string Value)[] settings)
    {
        Set(settings);
        await BeginAsync();
        var firstRun = Path.Combine(DataDirectory, "first-run.json");
        FirstRun = JsonSerializer.Deserialize<FirstRun>(await File.ReadAllTextAsync(firstRun, Cancellation), JsonSerializerOptions.Web)!;
    }

    /// <summary>The same for a replica, whose account may have been made by another.</summary>
    public async Task BeginAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        var (call, ready) = Begin();
        try
        {
            // Its last words are on standard error: when it ends, both streams are read to their end first.
            await Task.WhenAny(ready, _reading).WaitAsync(s_startPatience, Cancellation);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{call} did not say \"{ReadyMark.Trim()}\" within {s_startPatience}. Its log:\n{LastWords()}", e);
        }

        Assert.True(ready.IsCompletedSuccessfully, $"{call} ended before it served. Its log:\n{LastWords()}");
        Url = await ready;
        StartTime = TimeProvider.System.GetElapsedTime(began);
    }

    /// <summary>Starts it and kills it (SIGKILL) so long after, whether it serves by then or not.</summary>
    public Task StartAndKillAsync(TimeSpan after) => StartAndKillAsync(() => Task.Delay(after, TimeProvider.System, Cancellation));

    /// <summary>Starts it and kills it (SIGKILL) when it has come so far.</summary>
    public async Task StartAndKillAsync(Func<Task> until)
    {
        ArgumentNullException.ThrowIfNull(until);
        Begin();
        var reached = until();
        await Task.WhenAny(reached, _reading);
        Assert.True(IsRunning, $"It ended by itself. Its log:\n{LastWords()}");
        await reached;
        await KillAsync();
        _process!.Dispose();
        _process = null;
    }

    private (ToolCall Call, Task<string> Ready) Begin()
    {
        var call = Program is { } program ? new ToolCall(program[0], [.. program.Skip(1)])
            : Call("serve", "--data", DataDirectory, "--urls", Url.Length == 0 ? Urls : Url);
        if (Before is not null)
        {
            call = new("bash", ["-c", $"{Before}; exec \"$@\"", "stagedoor", call.Program, .. call.Arguments]);
        }

        if (IsAtTerminal)
        {
            call = new("script", ["--quiet", "--flush", "--return", "--command", string.Join(' ', [call.Program, .. call.Arguments]), "/dev/null"]);
        }

        // Whoever is started in the background by a shell ignores the interrupt, and hands that on.
        _process = new Process { StartInfo = Tool.StartInfo("env", ["--default-signal=INT", call.Program, .. call.Arguments], _environment) };
        var ready = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.Start();
        _reading = Task.WhenAll(ReadOutputAsync(_process.StandardOutput, ready), ReadLogAsync(_process.StandardError));
        return (call, ready.Task);
    }

    /// <summary>Variables of the environment that are no settings, from the next start on.</summary>
    public void SetEnvironment(IEnumerable<KeyValuePair<string, string>> variables)
    {
        foreach (var (name, value) in variables)
        {
            _environment[name] = value;
        }
    }

    /// <summary>Its clock is this far ahead from the next start on. Needs the program faketime.</summary>
    public async Task SetClockAheadAsync(TimeSpan ahead)
    {
        Tool.Require("faketime");
        // The wrapper itself would stay in between and keep signals from the process.
        var library = (await Tool.RunAsync("faketime", "-m", "-f", "+0", "sh", "-c", "printf %s \"$LD_PRELOAD\"")).ShouldSucceed().Output;
        _environment["LD_PRELOAD"] = library;
        _environment["FAKETIME"] = string.Create(CultureInfo.InvariantCulture, $"+{(long)ahead.TotalSeconds}");
        // Timers run as ever, and files tell the time at which they were written.
        _environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
        _environment["NO_FAKE_STAT"] = "1";
    }

    /// <summary>Asks it to stop as a service manager does (SIGTERM); the exit code.</summary>
    public async Task<int> StopAsync(string signal = "TERM")
    {
        var process = _process!;
        await SignalAsync(signal);
        using var limit = new CancellationTokenSource(s_stopPatience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"It did not end within {s_stopPatience} of SIGTERM. Its log:\n{LastWords()}", e);
        }

        await _reading;
        return process.ExitCode;
    }

    /// <summary>Freezes it (SIGSTOP), as a machine does that is paused.</summary>
    public Task FreezeAsync() => SignalAsync("STOP");

    /// <summary>Lets it go on (SIGCONT).</summary>
    public Task ThawAsync() => SignalAsync("CONT");

    /// <summary>Ends it without warning (SIGKILL).</summary>
    public async Task KillAsync()
    {
        _process!.Kill(entireProcessTree: IsAtTerminal);
        await _process.WaitForExitAsync(CancellationToken.None);
        await _reading;
    }

    public async Task RestartAsync(params (string Key, string Value)[] settings)
    {
        Assert.Equal(0, await StopAsync());
        await StartAsync(settings);
    }

    /// <summary>A client without credentials.</summary>
    public HttpClient NewHttpClient() => new OutgoingClient { BaseAddress = new(Url) };

    /// <summary>A registry client of the administrator.</summary>
    internal RegistryClient NewRegistryClient() => new(Url, FirstRun.RegistryUser, FirstRun.RegistryKey);

    public async ValueTask DisposeAsync()
    {
        if (IsRunning)
        {
            await KillAsync();
        }

        _process?.Dispose();
        _folder.Dispose();
    }

    private async Task SignalAsync(string signal) => (await Tool.RunAsync("sh", "-c", $"kill -{signal} {_process!.Id}")).ShouldSucceed();

    private string LastWords() => string.Join('\n', Log.Split('\n').TakeLast(LastLines));

    private async Task ReadOutputAsync(StreamReader output, TaskCompletionSource<string> ready)
    {
        while (await output.ReadLineAsync(CancellationToken.None) is { } line)
        {
            lock (_output)
            {
                _output.AppendLine(line);
            }

            if (line.IndexOf(ReadyMark, StringComparison.Ordinal) is var at and >= 0)
            {
                ready.TrySetResult(line[(at + ReadyMark.Length)..].Trim());
            }
        }
    }

    private async Task ReadLogAsync(StreamReader error)
    {
        while (await error.ReadLineAsync(CancellationToken.None) is { } line)
        {
            lock (_log)
            {
                _log.AppendLine(line);
            }
        }
    }
}
