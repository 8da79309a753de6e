using System.Globalization;
using System.Runtime.InteropServices;

namespace Stagedoor.Backup;

/// <summary>Whose a folder is. What another user makes in it, its owner could not open: not even the lock that he needs for himself.</summary>
internal static partial class FolderOwner
{
    private const int CurrentFolder = -100;
    private const uint OwnerOnly = 0x8;
    private const int StatxBytes = 256;
    private const int OwnerOffset = 20;

    /// <exception cref="StartupException">It belongs to another user than the one who runs this.</exception>
    internal static void Require(string folder, string verb)
    {
        if (OperatingSystem.IsLinux() && FindOwner(folder) is { } owner && owner != EffectiveUser())
        {
            throw new StartupException(string.Create(
                CultureInfo.InvariantCulture,
                $"{folder} belongs to the user {owner}, and this runs as {EffectiveUser()}. Run it as that user: sudo -u '#{owner}' stagedoor {verb} …"));
        }
    }

    private static uint? FindOwner(string folder)
    {
        Span<byte> found = stackalloc byte[StatxBytes];
        return Statx(CurrentFolder, folder, 0, OwnerOnly, found) == 0 ? BitConverter.ToUInt32(found[OwnerOffset..]) : null;
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> found);
}
