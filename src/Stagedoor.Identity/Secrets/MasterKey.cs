using System.Security.Cryptography;
using System.Text;

namespace Stagedoor.Identity.Secrets;

/// <summary>The key that encrypts the key ring. It is never in the database, so that a copy of the database opens nothing.</summary>
public sealed class MasterKey(MasterKeySource source)
{
    public const int Length = 32;

    private const string FileName = "master.key";
    private readonly Lock _gate = new();
    private byte[]? _key;

    /// <summary>The file that holds the key; null when the key itself is configured.</summary>
    public string? Path => !string.IsNullOrWhiteSpace(source.Key)
        ? null
        : System.IO.Path.GetFullPath(GivenFile ?? System.IO.Path.Combine(source.Folder, FileName));

    /// <summary>Where the key comes from, for messages.</summary>
    public string Origin => Path ?? "Gateway:MasterKey";

    private string? GivenFile => string.IsNullOrWhiteSpace(source.File) ? null : source.File;

    /// <summary>The key.</summary>
    /// <exception cref="MasterKeyException">There is none, or it is not usable; the message says what to do.</exception>
    public ReadOnlySpan<byte> Bytes
    {
        get
        {
            lock (_gate)
            {
                return _key ??= Path is { } path ? Read(path) : Parse(source.Key!, "Gateway:MasterKey");
            }
        }
    }

    /// <summary>Tells one key from another without giving anything of it away.</summary>
    public string Fingerprint => FingerprintOf(Bytes);

    // Where the key is looked for when no file is named; null when none is there.
    private string? Usual => GivenFile is not null && File.Exists(System.IO.Path.Combine(source.Folder, FileName)) ? System.IO.Path.Combine(source.Folder, FileName) : null;

    /// <summary>Makes the key file, readable by its owner only, unless it is there or the key is configured otherwise.</summary>
    public void EnsureCreated()
    {
        if (Path is not { } path || File.Exists(path))
        {
            return;
        }

        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        var settings = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            settings.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        // Written aside and moved into place, so that nobody ever reads half a key.
        var draft = $"{path}.{Environment.ProcessId}.tmp";
        File.Delete(draft);
        using (var file = new FileStream(draft, settings))
        {
            file.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(Length)) + "\n"));
            file.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(draft, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process of this installation was faster; its key is the key.
            File.Delete(draft);
        }
    }

    /// <summary>The fingerprint of a key that is there, though it may not be used since others can read its file; null when there is none that can be told.</summary>
    internal string? FindFingerprint()
    {
        try
        {
            return Path is { } path ? FingerprintOf(Parse(File.ReadAllText(path), path)) : Fingerprint;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or MasterKeyException)
        {
            return null;
        }
    }

    private static string FingerprintOf(ReadOnlySpan<byte> key) => Convert.ToHexStringLower(HMACSHA256.HashData(key, "stagedoor master key"u8))[..16];

    private static byte[] Parse(string text, string origin)
    {
        var key = new byte[Length + 1];
        return Convert.TryFromBase64String(text.Trim(), key, out var written) && written == Length
            ? key[..Length]
            : throw new MasterKeyException(
                $"The master key in {origin} is malformed: it must be 32 bytes in base64, one line. Restore it from your backup.");
    }

    private byte[] Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new MasterKeyException(
                $"The master key {path} is missing. Restore it from your backup, or name it with Gateway:MasterKeyFile or Gateway:MasterKey."
                + (Usual is { } usual ? $" There is one at {usual}, which is used when none is named." : ""));
        }

        if (!OperatingSystem.IsWindows())
        {
            // A mounted secret is group-readable by design of its platform; a file of our own is nobody else's business.
            var others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite
                | (GivenFile is null ? UnixFileMode.GroupRead : UnixFileMode.None);
            if ((File.GetUnixFileMode(path) & others) != UnixFileMode.None)
            {
                throw new MasterKeyException($"The master key {path} can be read or changed by other users. Run: chmod 600 {path}");
            }
        }

        try
        {
            return Parse(File.ReadAllText(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MasterKeyException($"The master key {path} cannot be read: {e.Message}", e);
        }
    }
}
