using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Stagedoor.Storage.FileSystem;

/// <summary>
/// Lets writes go from our memory to the disk, past the kernel's page cache (Linux's O_DIRECT). A pushed layer is written once and synced at
/// once: the cache would cost a copy and fresh memory, and layers that are being pulled their place in it. <c>docs/performance.md</c> has figures.
/// </summary>
internal static partial class DirectWrites
{
    private const int SetFlags = 4;
    private const int InvalidArgument = 22;

    private static readonly int s_direct = FlagOf(RuntimeInformation.ProcessArchitecture);

    /// <summary>
    /// Whether the disk under a path is a local one. Over a network each direct write would wait for the server, and in memory there is
    /// nothing to gain.
    /// </summary>
    internal static bool AreGoodFor(string path) => new DriveInfo(path).DriveType is DriveType.Fixed;

    /// <summary>How many of the bytes, from the first, can be written directly.</summary>
    internal static unsafe int CountOf(ReadOnlyMemory<byte> bytes, long offset)
    {
        using var pin = bytes.Pin();
        return s_direct != 0 && offset % PageBuffer.Alignment == 0 && (nuint)pin.Pointer % PageBuffer.Alignment == 0
            ? bytes.Length - (bytes.Length % PageBuffer.Alignment)
            : 0;
    }

    /// <summary>Turns it on or off; false when the file system cannot do it.</summary>
    internal static bool TrySet(SafeFileHandle file, bool on) => FileControl(file, SetFlags, on ? s_direct : 0) == 0;

    /// <summary>Whether a write failed for being direct: some file systems say so only then.</summary>
    internal static bool WereRefused(IOException e) => e.HResult == InvalidArgument;

    private static int FlagOf(Architecture architecture) => !OperatingSystem.IsLinux() ? 0 : architecture switch
    {
        Architecture.X64 or Architecture.X86 => 0x4000,
        Architecture.Arm64 or Architecture.Arm => 0x10000,
        _ => 0,
    };

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FileControl(SafeFileHandle file, int command, int argument);
}
