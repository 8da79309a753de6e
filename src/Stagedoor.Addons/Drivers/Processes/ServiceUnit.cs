using System.ComponentModel;
using System.Globalization;

namespace Stagedoor.Addons.Drivers.Processes;

/// <summary>What all services of a supervisor share.</summary>
/// <param name="Setup">How it works.</param>
/// <param name="Spawner">Starts processes.</param>
/// <param name="Ending">Ends them.</param>
/// <param name="Probe">Finds out whether they are well.</param>
/// <param name="Places">What may be run, and where.</param>
/// <param name="Clock">Measures time.</param>
internal sealed record Surroundings(SupervisorSetup Setup, Spawner Spawner, Ending Ending, HealthProbe Probe, Places Places, TimeProvider Clock);

/// <summary>Keeps one service running.</summary>
internal sealed class ServiceUnit(GroupOrder order, ServiceSpec spec, Surroundings all) : IDisposable
{
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_ranWell = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_longestRest = TimeSpan.FromSeconds(60);

    private readonly LogRing _log = new(Path.Combine(order.Logs, $"{spec.Name}.log"), all.Setup.LogBytes, all.Clock);
    private int _starts;

    public ServiceSpec Spec => spec;

    public ServiceStatus Status { get; private set; } = new(spec.Name, ServiceStatus.Waiting, "", 0, 0);

    private string Marker => $"{all.Setup.Installation}/{order.Key}/{spec.Name}";

    /// <summary>Runs it until it is done, or told to stop; then nothing of it is left.</summary>
    /// <param name="dependencies">Waits for what it depends on; answers what it waits for, and nothing where it need not.</param>
    /// <param name="stopping">Stops it.</param>
    public async Task RunAsync(Func<string?> dependencies, CancellationToken stopping)
    {
        try
        {
            while (dependencies() is { } missing)
            {
                Set(ServiceStatus.Waiting, $"waits for {missing}");
                await Task.Delay(s_look, all.Clock, stopping);
            }

            for (var failures = 0; ; failures++)
            {
                var begun = all.Clock.GetTimestamp();
                var (code, reason) = await RunOnceAsync(stopping);
                if (code == 0 && spec.Restart is not ServiceSpec.Always)
                {
                    Set(ServiceStatus.Done, "");
                    return;
                }

                if (spec.Restart is ServiceSpec.No)
                {
                    Say(ServiceStatus.Failed, reason);
                    return;
                }

                failures = all.Clock.GetElapsedTime(begun) >= s_ranWell ? 0 : failures;
                var rest = TimeSpan.FromSeconds(Math.Min(s_longestRest.TotalSeconds, Math.Pow(2, Math.Min(failures, 10))));
                Say(ServiceStatus.Resting, string.Create(CultureInfo.InvariantCulture, $"{reason}; it is started again in {rest.TotalSeconds:0} s"));
                await Task.Delay(rest, all.Clock, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            Set(ServiceStatus.Stopped, "");
        }
    }

    public void Dispose() => _log.Dispose();

    private async Task<(int? Code, string Reason)> RunOnceAsync(CancellationToken stopping)
    {
        StartedProcess process;
        Task copying;
        try
        {
            (process, copying) = Start();
        }
        catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException)
        {
            return (null, $"it cannot be started: {e.Message}");
        }

        _starts++;
        Set(ServiceStatus.Starting, "", process.Pid);
        string? unwell = null;
        using (var life = CancellationTokenSource.CreateLinkedTokenSource(stopping))
        {
            var watching = WatchAsync(process, life.Token);
            try
            {
                await Task.WhenAny(process.Ended, watching).WaitAsync(stopping);
                unwell = process.Ended.IsCompleted ? null : await watching;
            }
            finally
            {
                await life.CancelAsync();
                await ((Task)watching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

                // Whatever it has started goes with it, or two of a kind would run.
                if (!await all.Ending.EndAsync(() => Members(process)))
                {
                    _log.Say("some of its processes cannot be ended");
                }

                // One that has left its session, its parent and its environment behind may still hold the other end.
                await Task.WhenAny(copying, Task.Delay(s_settled, all.Clock, CancellationToken.None));
            }
        }

        var code = await process.Ended;
        return unwell is not null ? (null, $"it was not well: {unwell}")
            : (code, code <= 128 ? $"it ended with {code}" : $"it was ended by the signal {code - 128}");
    }

    private (StartedProcess Process, Task Copying) Start()
    {
        var (read, write) = Posix.CreatePipe();
        try
        {
            StartedProcess process;
            using (write)
            {
                Directory.CreateDirectory(order.Logs);
                process = Start(all.Spawner, spec.Command, write);
            }

            // A thread of its own: it reads as long as the service lives.
            var copying = Task.Factory.StartNew(() => Copy(read), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
            return (process, copying);
        }
        catch
        {
            read.Dispose();
            throw;
        }
    }

    private StartedProcess Start(Spawner spawner, IReadOnlyList<string> command, Microsoft.Win32.SafeHandles.SafeFileHandle? output)
    {
        var program = all.Places.Program(order, command[0]);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = string.Join(':', all.Setup.Programs),
            ["HOME"] = order.Work,
            ["LANG"] = "C.UTF-8",
        };
        foreach (var (name, value) in spec.Env)
        {
            environment[name] = value;
        }

        environment[ProcessTable.Marker] = Marker;
        return spawner.Start(program, Places.Arguments(order, command), environment, all.Places.Folder(order, spec.Cwd), output);
    }

    private void Copy(Microsoft.Win32.SafeHandles.SafeFileHandle read)
    {
        using var stream = new FileStream(read, FileAccess.Read, bufferSize: 0);
        _log.Copy(stream);
    }

    // Answers why it is not well, once it is to be started anew because of that.
    private async Task<string> WatchAsync(StartedProcess process, CancellationToken cancellationToken)
    {
        var begun = all.Clock.GetTimestamp();
        var isWell = false;
        for (var failures = 0; ;)
        {
            await Task.Delay(isWell ? spec.Health?.Interval ?? TimeSpan.FromHours(1) : s_look, all.Clock, cancellationToken);
            var problem = spec.Health is { } health ? await all.Probe.FindProblemAsync(health, (s, c) => Start(s, c, null), cancellationToken) : null;
            var age = all.Clock.GetElapsedTime(begun);

            // Somebody else may answer in its place while it is about to give up.
            if (problem is null && (isWell || age >= s_settled))
            {
                (isWell, failures) = (true, 0);
                Set(ServiceStatus.Healthy, "", process.Pid);
            }
            else if (problem is not null)
            {
                failures++;
                Set(isWell ? ServiceStatus.Unhealthy : ServiceStatus.Starting, problem, process.Pid);
                if (isWell ? failures >= spec.Health!.Retries : age >= TimeSpan.FromSeconds(all.Setup.StartSeconds))
                {
                    return problem;
                }
            }
        }
    }

    // By its session, by descent, and by the marker: each finds some that the others do not.
    private IReadOnlyList<RunningProcess> Members(StartedProcess process)
    {
        var table = ProcessTable.Read();
        var leader = table.Where(p => p.Pid == process.Pid && p.Start == process.Start);
        var isTaken = table.Any(p => p.Pid == process.Pid && p.Start != process.Start);
        return
        [
            .. Ending.From(table, leader)
                .Union(table.Where(p => !isTaken && p.Session == process.Pid))
                .Union(table.Where(p => p.Pid != Environment.ProcessId && string.Equals(ProcessTable.MarkerOf(p), Marker, StringComparison.Ordinal))),
        ];
    }

    private void Say(string state, string reason)
    {
        _log.Say(reason);
        Set(state, reason);
    }

    private void Set(string state, string reason, int pid = 0) => Status = new(spec.Name, state, Text.Repair(Text.Cut(reason, 500)), pid, _starts);
}
