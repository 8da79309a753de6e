using System.Runtime.InteropServices;
using System.Text.Json;

namespace Stagedoor.Addons.Drivers.Processes;

/// <summary>
/// A process of its own that runs services and is their parent. Whoever started it sends it lines and hears lines; when that end is closed, because the server stops
/// or was killed, it stops everything and ends. What a supervisor before it has left it ends before it begins.
/// </summary>
internal sealed class Supervisor : IAsyncDisposable
{
#pragma warning disable CA2213 // Requests that are being answered hold them until the process ends, which is next.
    private readonly Surroundings _all;
    private readonly Stream _answers;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<string, ServiceGroup> _groups = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _groupsTurn = new(1);
#pragma warning restore CA2213

    private Supervisor(SupervisorSetup setup, Stream answers, TimeProvider clock)
    {
        var spawner = new Spawner();
        var ending = new Ending(clock, TimeSpan.FromSeconds(setup.GraceSeconds));
#pragma warning disable CA2000 // It is disposed of with this.
        _all = new(setup, spawner, ending, new(spawner, ending, clock), new(setup.Programs, setup.Roots), clock);
#pragma warning restore CA2000
        _answers = answers;
    }

    /// <summary>Supervises until the requests end.</summary>
    public static async Task RunAsync(Stream requests, Stream answers, TimeProvider clock)
    {
        // The terminal sends this to everybody in front of it; the server decides what comes of it, and tells by closing its end.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static c => c.Cancel = true);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, static c => c.Cancel = true);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c =>
        {
            c.Cancel = true;
            asked.TrySetResult();
        });
        using var reader = new StreamReader(requests);
        if (await reader.ReadLineAsync(CancellationToken.None) is not { } first)
        {
            return;
        }

        await using var supervisor = new Supervisor(JsonSerializer.Deserialize(first, SupervisorJson.Default.SupervisorSetup)!, answers, clock);
        await supervisor.EndLeftoversAsync();
        await supervisor.AnswerAsync(new(0, "", null));
        while (true)
        {
            // What is read from the standard input cannot be given up; the process ends beside it.
            var reading = reader.ReadLineAsync(CancellationToken.None).AsTask();
            if (await Task.WhenAny(reading, asked.Task) != reading || await reading is not { } line)
            {
                return;
            }

            _ = supervisor.DoAsync(JsonSerializer.Deserialize(line, SupervisorJson.Default.SupervisorRequest)!);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _groupsTurn.WaitAsync();
        await Task.WhenAll(_groups.Values.Select(static g => g.DisposeAsync().AsTask()));

        // What has left its session and its environment is still a child of this process.
        var self = ProcessTable.Find(Environment.ProcessId)!;
        await _all.Ending.EndAsync(() =>
        {
            var table = ProcessTable.Read();
            return [.. Ending.From(table, [self]).Where(p => p.Pid != self.Pid)];
        });
        _all.Probe.Dispose();
    }

    // A supervisor that still stops what it ran is one of them: it is waited for, or it would start again what is ended here.
    private Task EndLeftoversAsync() => _all.Ending.EndAsync(() => Ending.Marked(m => m.StartsWith(_all.Setup.Installation + "/", StringComparison.Ordinal)));

    private async Task DoAsync(SupervisorRequest request)
    {
        try
        {
            await AnswerAsync(new(request.Id, "", await DoVerbAsync(request)));
        }
#pragma warning disable CA1031 // Whatever befalls one request, whoever waits for it has to hear of it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            await AnswerAsync(new(request.Id, $"{e.GetType().Name}: {e.Message}", null));
        }
    }

    private async Task<IReadOnlyList<ServiceStatus>?> DoVerbAsync(SupervisorRequest request)
    {
        if (request.Verb is SupervisorRequest.Status)
        {
            await _groupsTurn.WaitAsync();
            try
            {
                return _groups.GetValueOrDefault(request.Key)?.Statuses;
            }
            finally
            {
                _groupsTurn.Release();
            }
        }

        await _groupsTurn.WaitAsync();
        ServiceGroup? dropped = null;
        try
        {
            if (request.Verb is SupervisorRequest.Put)
            {
                if (!_groups.TryGetValue(request.Key, out var there))
                {
                    _groups[request.Key] = there = new(request.Order!, _all);
                }

                return there.Statuses;
            }

            _groups.TryGetValue(request.Key, out dropped);
        }
        finally
        {
            _groupsTurn.Release();
        }

        if (dropped is not null)
        {
            // Others need not wait until it has ended; whoever drops it too does.
            await dropped.StopAsync();
            await _groupsTurn.WaitAsync();
            try
            {
                if (_groups.Remove(request.Key))
                {
                    await dropped.DisposeAsync();
                }
            }
            finally
            {
                _groupsTurn.Release();
            }
        }

        return null;
    }

    private async Task AnswerAsync(SupervisorAnswer answer)
    {
        var line = (byte[])[.. JsonSerializer.SerializeToUtf8Bytes(answer, SupervisorJson.Default.SupervisorAnswer), (byte)'\n'];
        await _turn.WaitAsync();
        try
        {
            await _answers.WriteAsync(line, CancellationToken.None);
            await _answers.FlushAsync(CancellationToken.None);
        }
        catch (IOException)
        {
            // Nobody listens any more; that the requests have ended is seen next.
        }
        finally
        {
            _turn.Release();
        }
    }
}
