using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Stagedoor.Http;

namespace Stagedoor.Images.PageUploads;

/// <summary>
/// What a tar file holds, and where. Nothing is unpacked: a member is read from its place in the file.
/// </summary>
/// <remarks>
/// The framework's reader takes extended headers of any length into memory, does not say where a member's bytes are, and lets a file without an end pass; so the
/// headers are read here, which is all that is needed of them. Names are as POSIX and GNU write them (ustar, pax, GNU long names).
/// </remarks>
internal sealed class TarIndex
{
    /// <summary>The most members of one archive.</summary>
    public const int MaxMembers = 65_535;

    private const int Block = 512;
    private const int MaxExtendedHeader = 1024 * 1024;
    private const int MaxAllNames = 16 * 1024 * 1024;
    private const int MaxLinks = 16;

    private readonly SpooledFile _file;
    private readonly string _archive;
    private readonly Dictionary<string, TarMember> _members = new(StringComparer.Ordinal);
    private string? _problem;
    private int _count;
    private long _names;

    private TarIndex(SpooledFile file, string archive) => (_file, _archive) = (file, archive);

    /// <summary>Whether the bytes at the beginning of a file are a tar header: of ustar, pax or GNU.</summary>
    public static bool IsHeader(ReadOnlySpan<byte> bytes) => bytes.Length >= 262 && bytes[257..262].SequenceEqual("ustar"u8);

    /// <summary>Walks to the end of the archive.</summary>
    /// <param name="file">The archive, unpacked.</param>
    /// <param name="archive">The name it was uploaded under, for messages.</param>
    /// <param name="cancellationToken">Ends the walk.</param>
    /// <exception cref="ApiException">It does not come to its end, or holds what leads out of it or is nothing an image has.</exception>
    public static TarIndex Read(SpooledFile file, string archive, CancellationToken cancellationToken)
    {
        var index = new TarIndex(file, archive);
        index.Walk(cancellationToken);
        foreach (var (name, member) in index._members)
        {
            index.CheckLink(name, member);
        }

        return index._problem is { } problem ? throw ImagesError.UnsupportedArchive(archive, problem) : index;
    }

    /// <summary>The file of that name, links followed; null when there is none.</summary>
    public TarMember? Find(string? name)
    {
        if (name is null || Resolve("", name) is not { } at)
        {
            return null;
        }

        for (var links = 0; links <= MaxLinks && _members.TryGetValue(at, out var member); links++)
        {
            switch (member.Kind)
            {
                case TarKind.File:
                    return member;
                case TarKind.SymbolicLink when Resolve(FolderOf(at), member.Target) is { } target:
                    at = target;
                    break;
                case TarKind.HardLink when Resolve("", member.Target) is { } target:
                    at = target;
                    break;
                default:
                    return null;
            }
        }

        return null;
    }

    /// <summary>The bytes of a small file; null when it is not small.</summary>
    public byte[]? Read(TarMember member, int largest)
    {
        if (member.Size > largest)
        {
            return null;
        }

        var bytes = new byte[member.Size];
        return _file.Read(bytes, member.Offset) == bytes.Length ? bytes : throw Damaged("it became shorter");
    }

    /// <summary>The bytes of a file.</summary>
    public Stream Open(TarMember member) => _file.Open(member.Offset, member.Size);

    private void Walk(CancellationToken cancellationToken)
    {
        Span<byte> header = stackalloc byte[Block];
        var (at, next) = (0L, new Extended());
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_file.Read(header, at) < Block)
            {
                throw Damaged("it ends without an end mark");
            }

            if (!header.ContainsAnyExcept((byte)0))
            {
                return;
            }

            if (!HasChecksum(header) || ReadNumber(header[124..136]) is not (>= 0 and var size))
            {
                throw Damaged($"the header at byte {at} is damaged");
            }

            if (!IsHeader(header))
            {
                throw ImagesError.UnsupportedArchive(_archive, $"the header at byte {at} is of no known kind of tar");
            }

            at += Block;
            var type = header[156];
            if (type is (byte)'x' or (byte)'L' or (byte)'K')
            {
                next = next.With(type, ReadExtended(at, size));
                at = After(at, size);
            }
            else if (type is (byte)'g')
            {
                at = After(at, size);
            }
            else
            {
                at = Add(header, type, next, at, next.Size ?? size);
                next = new();
            }
        }
    }

    private long Add(ReadOnlySpan<byte> header, byte type, Extended extended, long at, long size)
    {
        var written = extended.Path ?? PathOf(header);
        var target = extended.LinkPath ?? TextOf(header[157..257]);
        var kind = type switch
        {
            0 or (byte)'0' or (byte)'7' => written.EndsWith('/') ? TarKind.Folder : TarKind.File,
            (byte)'1' => TarKind.HardLink,
            (byte)'2' => TarKind.SymbolicLink,
            (byte)'5' => TarKind.Folder,
            _ => TarKind.Other,
        };
        _names += written.Length + target.Length;
        if (++_count > MaxMembers || _names > MaxAllNames)
        {
            throw ImagesError.UnsupportedArchive(_archive, $"it has more than {MaxMembers} entries, or names longer than all images have");
        }

        if (kind is TarKind.Other || extended.IsSparse)
        {
            _problem ??= $"'{Shown(written)}' is neither a file nor a folder nor a link";
        }
        else if (Resolve("", written) is not { } name)
        {
            _problem ??= $"'{Shown(written)}' leads out of the archive";
        }
        else if (name.Length > 0)
        {
            // As when it is unpacked, the last of two counts.
            _members[name] = new(kind, at, size, target);
        }

        // Links have no bytes, whatever their header says.
        return kind is TarKind.File or TarKind.Other ? After(at, size) : at;
    }

    private void CheckLink(string name, TarMember member)
    {
        var folder = member.Kind switch
        {
            TarKind.SymbolicLink => FolderOf(name),
            TarKind.HardLink => "",
            _ => null,
        };
        if (folder is not null && Resolve(folder, member.Target) is null)
        {
            _problem ??= $"the link '{Shown(name)}' leads out of the archive";
        }
    }

    private long After(long at, long size)
    {
        // A size that ends nowhere would come round to the beginning.
        if (size > _file.Length - at)
        {
            throw Damaged($"it ends in the middle of an entry, at byte {_file.Length}");
        }

        return at + ((size + Block - 1) / Block * Block);
    }

    private string ReadExtended(long at, long size)
    {
        if (size > MaxExtendedHeader)
        {
            throw ImagesError.UnsupportedArchive(_archive, $"the extended header at byte {at} is longer than {MaxExtendedHeader} bytes");
        }

        _ = After(at, size);
        var bytes = new byte[size];
        _file.Read(bytes, at);
        return Encoding.UTF8.GetString(bytes);
    }

    private ApiException Damaged(string problem) => ImagesError.UnreadableArchive(_archive, problem);

    /// <summary>Where a path leads from a folder of the archive, without <c>.</c> and <c>..</c>; null when that is outside.</summary>
    private static string? Resolve(string folder, string path)
    {
        if (path.StartsWith('/') || path.Contains('\0', StringComparison.Ordinal))
        {
            return null;
        }

        // A member's own name has no `..` at all, even where that would stay inside; a link may, as links between the folders of layers do.
        var isName = folder.Length == 0;
        var segments = new List<string>(folder.Split('/', StringSplitOptions.RemoveEmptyEntries));
        foreach (var segment in path.Split('/'))
        {
            if (segment is "..")
            {
                if (isName || segments.Count == 0)
                {
                    return null;
                }

                segments.RemoveAt(segments.Count - 1);
            }
            else if (segment is not ("" or "."))
            {
                segments.Add(segment);
            }
        }

        return string.Join('/', segments);
    }

    private static string FolderOf(string name) => name.LastIndexOf('/') is > 0 and var slash ? name[..slash] : "";

    private static bool HasChecksum(ReadOnlySpan<byte> header)
    {
        var sum = 8 * ' ';
        for (var i = 0; i < Block; i++)
        {
            sum += i is >= 148 and < 156 ? 0 : header[i];
        }

        return ReadNumber(header[148..156]) == sum;
    }

    // Octal digits, or for sizes that they cannot hold GNU's binary form. -1 for what is no number.
    private static long ReadNumber(ReadOnlySpan<byte> field)
    {
        if (field[0] == 0x80 && field.Length == 12)
        {
            return BinaryPrimitives.ReadInt64BigEndian(field[4..]);
        }

        var text = Encoding.ASCII.GetString(field).Trim('\0', ' ');
        var value = 0L;
        foreach (var digit in text)
        {
            if (digit is < '0' or > '7')
            {
                return -1;
            }

            value = (value << 3) + (digit - '0');
        }

        return value;
    }

    private static string PathOf(ReadOnlySpan<byte> header)
    {
        var name = TextOf(header[..100]);
        // GNU has other things in the place of the prefix.
        var prefix = header[262] == 0 ? TextOf(header[345..500]) : "";
        return prefix.Length > 0 ? prefix + "/" + name : name;
    }

    private static string TextOf(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    private static string Shown(string name) => Text.Cut(Text.Repair(name), 128);

    /// <summary>What stands before a header and counts for it instead of its own fields.</summary>
    private sealed record Extended
    {
        public string? Path { get; init; }

        public string? LinkPath { get; init; }

        public long? Size { get; init; }

        public bool IsSparse { get; init; }

        public Extended With(byte type, string text) => type switch
        {
            (byte)'L' => this with { Path = text.TrimEnd('\0') },
            (byte)'K' => this with { LinkPath = text.TrimEnd('\0') },
            _ => WithRecords(text),
        };

        // Each record is its own length, a space, key=value and a line end. The length counts bytes, which only matters for finding the end: a value with
        // a line end in it is none that an image has.
        private Extended WithRecords(string text)
        {
            var result = this;
            foreach (var line in text.Split('\n'))
            {
                var space = line.IndexOf(' ', StringComparison.Ordinal);
                var sign = line.IndexOf('=', StringComparison.Ordinal);
                if (space <= 0 || sign <= space)
                {
                    continue;
                }

                var (key, value) = (line[(space + 1)..sign], line[(sign + 1)..]);
                result = key switch
                {
                    "path" => result with { Path = value },
                    "linkpath" => result with { LinkPath = value },
                    "size" when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var size) => result with { Size = size },
                    _ when key.StartsWith("GNU.sparse.", StringComparison.Ordinal) => result with { IsSparse = true },
                    _ => result,
                };
            }

            return result;
        }
    }
}

/// <summary>What a member of an archive is.</summary>
internal enum TarKind
{
    File,
    Folder,
    SymbolicLink,
    HardLink,

    /// <summary>A device, for example: nothing that images consist of.</summary>
    Other,
}

/// <summary>A member of an archive.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Offset">Where its bytes begin.</param>
/// <param name="Size">How many they are.</param>
/// <param name="Target">Where a link leads.</param>
internal sealed record TarMember(TarKind Kind, long Offset, long Size, string Target);
