using System.ComponentModel;
using Microsoft.Win32.SafeHandles;

namespace Stagedoor.Addons.Drivers.Processes;

#pragma warning disable CA1001 // It lives as long as the process.
/// <summary>Starts processes, and hears of their ends. There is one in a process, which is the parent of whatever they leave behind.</summary>
internal sealed class Spawner
#pragma warning restore CA1001
{
    private readonly Lock _turn = new();
    private readonly Dictionary<int, TaskCompletionSource<int>> _running = [];
    private readonly SemaphoreSlim _begun = new(0);

    public Spawner()
    {
        Posix.AdoptOrphans();
        new Thread(Reap) { IsBackground = true, Name = "ends of processes" }.Start();
    }

    /// <summary>Starts a program.</summary>
    /// <exception cref="Win32Exception">It cannot be started.</exception>
    public StartedProcess Start(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, string folder, SafeFileHandle? output)
    {
        lock (_turn)
        {
            var pid = Posix.Spawn(program, arguments, environment, folder, output);
            var ended = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            _running.Add(pid, ended);
            _begun.Release();

            // One that has ended already is still there until it is waited for, and nobody can before this is over.
            return new(pid, ProcessTable.Find(pid)?.Start ?? 0, ended.Task);
        }
    }

    private void Reap()
    {
        while (true)
        {
            if (!Posix.WaitForAny(out var pid, out var code))
            {
                _begun.Wait();
                continue;
            }

            lock (_turn)
            {
                // Others are orphans.
                if (_running.Remove(pid, out var ended))
                {
                    ended.SetResult(code);
                }
            }
        }
    }
}

/// <summary>A process that was started.</summary>
/// <param name="Pid">Its number, and that of its session.</param>
/// <param name="Start">When it was started, as <see cref="RunningProcess"/> has it; 0 where it had ended at once.</param>
/// <param name="Ended">Its code, once it has ended.</param>
internal sealed record StartedProcess(int Pid, long Start, Task<int> Ended);
