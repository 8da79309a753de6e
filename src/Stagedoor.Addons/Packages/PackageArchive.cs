using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using Stagedoor.Storage;

namespace Stagedoor.Addons.Packages;

/// <summary>
/// Unpacks a package: a tar in gzip with one top folder. Whatever could lie outside of that folder, is no plain file, or is more than a package has, is refused
/// before it takes memory.
/// </summary>
internal static class PackageArchive
{
    public const int MaxFileBytes = 5 * 1024 * 1024;

    public const long MaxBytes = 100L * 1024 * 1024;

    public const int MaxFiles = 5_000;

    /// <summary>How many times its packed size a package may unpack to, beyond <see cref="FewBytes"/>.</summary>
    public const int MaxRatio = 200;

    private const long FewBytes = 8L * 1024 * 1024;
    private const int MaxPath = 512;

    /// <summary>The files, by their path below the top folder.</summary>
    /// <param name="packed">The package.</param>
    /// <param name="size">How many bytes it has.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="FormatException">It is none; the message names the file and the reason.</exception>
    public static async Task<Dictionary<string, byte[]>> ReadAsync(Stream packed, long size, CancellationToken cancellationToken)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        string? top = null;
        var last = "the beginning";
        var limit = Math.Min(MaxBytes, FewBytes + (size * MaxRatio));
        await using var gzip = new GZipStream(packed, CompressionMode.Decompress, leaveOpen: true);
        await using var bounded = new Bounded(gzip, limit);
        try
        {
            await using var tar = new TarReader(bounded);
            for (var count = 0; await tar.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry; count++)
            {
                last = entry.Name;
                if (count >= MaxFiles)
                {
                    throw Refused(last, string.Create(CultureInfo.InvariantCulture, $"a package has at most {MaxFiles} files"));
                }

                if (entry.EntryType is TarEntryType.GlobalExtendedAttributes)
                {
                    continue;
                }

                var parts = Split(entry);
                if (top is not null && !string.Equals(top, parts[0], StringComparison.Ordinal))
                {
                    throw Refused(last, $"a package has one top folder, and this one has {top} already");
                }

                top = parts[0];
                if (entry.EntryType is TarEntryType.Directory)
                {
                    continue;
                }

                if (parts.Length < 2)
                {
                    throw Refused(last, "it lies in no folder");
                }

                if (!files.TryAdd(string.Join('/', parts[1..]), await ReadAsync(entry, cancellationToken)))
                {
                    throw Refused(last, "it is there twice");
                }
            }
        }
        catch (InvalidDataException e) when (bounded.IsOver)
        {
            throw Refused(last, string.Create(CultureInfo.InvariantCulture, $"behind it the package unpacks to more than {limit} bytes"), e);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or NotSupportedException or ArgumentException or OverflowException
            or InvalidOperationException or IOException { InnerException: null })
        {
            throw Refused(last, "behind it the package is no tar in gzip, or cut off", e);
        }

        return files.Count > 0 ? files : throw new FormatException("the package is no tar in gzip with files in it");
    }

    private static string[] Split(TarEntry entry)
    {
        if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.Directory))
        {
            throw Refused(entry.Name, entry.EntryType switch
            {
                TarEntryType.SymbolicLink => "symbolic links are not taken",
                TarEntryType.HardLink => "hard links are not taken",
                TarEntryType.CharacterDevice or TarEntryType.BlockDevice or TarEntryType.Fifo => "devices are not taken",
                _ => "only files and folders are taken",
            });
        }

        var name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
        name = entry.EntryType is TarEntryType.Directory ? name.TrimEnd('/') : name;
        if (name.StartsWith('/'))
        {
            throw Refused(entry.Name, "absolute paths are not taken");
        }

        var parts = name.Split('/');
        return name.Length <= MaxPath && Text.IsStorable(name) && !name.Contains('\\', StringComparison.Ordinal) && !name.Any(char.IsControl)
            && !Array.Exists(parts, static p => p is "" or "." or ".." || (p.Length == 2 && p[1] == ':'))
            ? parts
            : throw Refused(entry.Name, "the path leads outside, or cannot be a path of a package");
    }

    private static async Task<byte[]> ReadAsync(TarEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Length > MaxFileBytes)
        {
            throw Refused(entry.Name, string.Create(CultureInfo.InvariantCulture, $"a file has at most {MaxFileBytes} bytes"));
        }

        var bytes = new byte[entry.Length];
        if (entry.DataStream is { } data)
        {
            await data.ReadExactlyAsync(bytes, cancellationToken);
        }

        return bytes;
    }

    private static FormatException Refused(string file, string reason, Exception? inner = null) => new($"{Text.Repair(Text.Cut(file, 200))}: {reason}", inner);

    // Headers count too: a reader of tar keeps some of them in memory whole.
    private sealed class Bounded(Stream inner, long most) : ContentStream
    {
        private long _left = most;

        public bool IsOver => _left < 0;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            return (_left -= read) < 0 ? throw new InvalidDataException("It is more than a package has.") : read;
        }
    }
}
