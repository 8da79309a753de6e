using System.Globalization;
using System.Runtime.InteropServices;

namespace Stagedoor.Serve;

/// <summary>What the operating system allows this process, and what it chooses for its files.</summary>
internal static partial class ProcessLimits
{
    private const string Library = "libc";
    private const int LinuxOpenFiles = 7;
    private const int MacOpenFiles = 8;

    // The runtime alone holds one for each of some 250 assemblies, and the rest of what a start opens is forty; this leaves some for callers.
    private const int LeastDescriptors = 400;
    private const uint OthersMayNothing = 0b000_111_111;

    /// <summary>How many file descriptors the process may have; null where there is no such limit, or it cannot be asked for.</summary>
    internal static long? FindDescriptorLimit()
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        // The runtime has raised the soft limit to the hard one when it started.
        return GetLimit(OperatingSystem.IsMacOS() ? MacOpenFiles : LinuxOpenFiles, out var limit) == 0 && limit.Soft < long.MaxValue ? (long)limit.Soft : null;
    }

    /// <summary>Why the process cannot work with the file descriptors that it may have, and what to do, in a line; null when it can.</summary>
    internal static string? FindShortage() => FindDescriptorLimit() is < LeastDescriptors and var limit
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"This process may have {limit} file descriptors, and needs {LeastDescriptors} to start and two for each connection. Raise the hard limit of whoever starts it: "
            + $"'ulimit -n 4096' in a shell, LimitNOFILE=65536 in a unit of systemd, --ulimit nofile=65536 for a container.")
        : null;

    /// <summary>How many file descriptors the process has; null where that cannot be seen.</summary>
    internal static int? FindDescriptorCount()
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(OperatingSystem.IsMacOS() ? "/dev/fd" : "/proc/self/fd").Count();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>From now on every file and folder that the process makes is its owner's alone, whatever the shell or the service manager had set.</summary>
    internal static void KeepFilesPrivate()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = SetMask(OthersMayNothing);
        }
    }

    [LibraryImport(Library, EntryPoint = "getrlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport(Library, EntryPoint = "umask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint SetMask(uint mask);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Limit
    {
        internal readonly ulong Soft;
        internal readonly ulong Hard;
    }
}
