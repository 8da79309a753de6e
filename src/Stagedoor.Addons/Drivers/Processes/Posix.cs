using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Stagedoor.Addons.Drivers.Processes;

/// <summary>What Linux has for processes and .NET has not.</summary>
internal static unsafe partial class Posix
{
    public const int Terminate = 15;
    public const int Kill = 9;

    private const int CloseOnExec = 0x80000;
    private const int NoChild = 10;
    private const int BecomeSubreaper = 36;
    private const int WriteOnly = 1;
    private const int MaxPath = 4096;
    private const long PidfdSendSignal = 424;
    private const long PidfdOpen = 434;

    // Larger than the structures of any C library.
    private const int Room = 1024;

    private const short SetSignalDefaults = 0x04;
    private const short SetSignalMask = 0x08;
    private const short NewSession = 0x80;

    /// <summary>Makes what a child leaves behind a child of this process, and not of the first one of the machine.</summary>
    public static void AdoptOrphans() => _ = Prctl(BecomeSubreaper, 1, 0, 0, 0);

    /// <summary>A pipe whose ends no child inherits.</summary>
    /// <exception cref="IOException">There is no descriptor left.</exception>
    public static (SafeFileHandle Read, SafeFileHandle Write) CreatePipe()
    {
        var ends = stackalloc int[2];
        return Pipe(ends, CloseOnExec) == 0 ? (new(ends[0], true), new(ends[1], true)) : throw new IOException("There is no file descriptor left.");
    }

    /// <summary>Starts a program in a session of its own, with nothing open but its output.</summary>
    /// <param name="program">The file.</param>
    /// <param name="arguments">Its arguments, the first of which is its name.</param>
    /// <param name="environment">All of its environment.</param>
    /// <param name="folder">Where it runs.</param>
    /// <param name="output">Where what it says goes; <c>null</c> for nowhere.</param>
    /// <exception cref="Win32Exception">It cannot be started.</exception>
    public static int Spawn(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, string folder, SafeFileHandle? output)
    {
        var actions = stackalloc byte[Room];
        var attributes = stackalloc byte[Room];
        var signals = stackalloc byte[128];
        var texts = new List<nint>();
        var argv = Vector(arguments, texts);
        var envp = Vector(environment.Select(static e => $"{e.Key}={e.Value}"), texts);
        Require(ActionsInit(actions));
        Require(AttributesInit(attributes));
        try
        {
            Require(AddOpen(actions, 0, "/dev/null", 0, 0));
            if (output is null)
            {
                Require(AddOpen(actions, 1, "/dev/null", WriteOnly, 0));
            }
            else
            {
                Require(AddDuplicate(actions, (int)output.DangerousGetHandle(), 1));
            }

            Require(AddDuplicate(actions, 1, 2));
            Require(AddFolder(actions, folder));

            // The runtime ignores SIGPIPE and blocks signals of its own; the program shall begin as any other does.
            Require(SetMask(attributes, signals));
            new Span<byte>(signals, 128).Fill(0xFF);
            Require(SetDefaults(attributes, signals));
            Require(SetFlags(attributes, SetSignalDefaults | SetSignalMask | NewSession));
            Require(SpawnFile(out var pid, program, actions, attributes, argv, envp));
            return pid;
        }
        finally
        {
            _ = ActionsDestroy(actions);
            _ = AttributesDestroy(attributes);
            texts.ForEach(Marshal.FreeHGlobal);
            GC.KeepAlive(output);
        }
    }

    /// <summary>Waits until any child ends; false where there is none.</summary>
    public static bool WaitForAny(out int pid, out int code)
    {
        while (true)
        {
            pid = WaitPid(-1, out var status, 0);
            if (pid > 0)
            {
                // As shells tell it: what a signal has ended has that number above 128.
                code = (status & 0x7F) == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F);
                return true;
            }

            if (Marshal.GetLastPInvokeError() is NoChild)
            {
                code = 0;
                return false;
            }
        }
    }

    /// <summary>Holds a process so that no other can take its number; <c>null</c> where it is gone.</summary>
    public static SafeFileHandle? Open(int pid) => SystemCall(PidfdOpen, pid, 0, 0, 0) is >= 0 and var held ? new((nint)held, true) : null;

    /// <summary>Sends a signal to a process that is held.</summary>
    public static void Signal(SafeFileHandle process, int signal) => _ = SystemCall(PidfdSendSignal, (long)process.DangerousGetHandle(), signal, 0, 0);

    /// <summary>Where a path leads once every link is followed; <c>null</c> where nothing is.</summary>
    public static string? RealPath(string path)
    {
        var resolved = stackalloc byte[MaxPath + 1];
        return path.Contains('\0', StringComparison.Ordinal) || Resolve(path, resolved) == 0 ? null : Marshal.PtrToStringUTF8((nint)resolved);
    }

    private static void Require(int error)
    {
        if (error != 0)
        {
            throw new Win32Exception(error);
        }
    }

    private static nint* Vector(IEnumerable<string> items, List<nint> texts)
    {
        var all = items.ToList();
        var vector = (nint*)Keep(Marshal.AllocHGlobal((all.Count + 1) * sizeof(nint)), texts);
        for (var i = 0; i < all.Count; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(all[i] + "\0");
            var text = Keep(Marshal.AllocHGlobal(bytes.Length), texts);
            Marshal.Copy(bytes, 0, text, bytes.Length);
            vector[i] = text;
        }

        vector[all.Count] = 0;
        return vector;
    }

    private static nint Keep(nint memory, List<nint> texts)
    {
        texts.Add(memory);
        return memory;
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Prctl(int option, nuint one, nuint two, nuint three, nuint four);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Pipe(int* ends, int flags);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int WaitPid(int pid, out int status, int options);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial long SystemCall(long number, long one, long two, long three, long four);

    [LibraryImport("libc", EntryPoint = "realpath", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Resolve(string path, byte* resolved);

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SpawnFile(out int pid, string path, byte* actions, byte* attributes, nint* arguments, nint* environment);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ActionsInit(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ActionsDestroy(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int AddOpen(byte* actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int AddDuplicate(byte* actions, int descriptor, int newDescriptor);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addchdir_np", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int AddFolder(byte* actions, string path);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int AttributesInit(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int AttributesDestroy(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetFlags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetDefaults(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetMask(byte* attributes, byte* signals);
}
