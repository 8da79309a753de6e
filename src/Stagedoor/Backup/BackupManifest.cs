using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stagedoor.Backup;

/// <summary>What a backup is of, known before it is made.</summary>
/// <param name="Product">Always <c>stagedoor-backup</c>.</param>
/// <param name="Format">How the backup is laid out.</param>
/// <param name="Version">The program that made it.</param>
/// <param name="Commit">The commit which that was built from.</param>
/// <param name="Installation">The installation's id.</param>
/// <param name="StartedAt">When it began: everything that was acknowledged before is in it.</param>
/// <param name="Engine">How databases are in it: <c>sqlite</c> or <c>postgresql</c>.</param>
/// <param name="Databases">The modules' databases.</param>
/// <param name="Key">Tells the master key from others, without giving anything of it away; null when it was not to be had.</param>
internal sealed record BackupAbout(
    string Product,
    int Format,
    string Version,
    string Commit,
    string Installation,
    DateTimeOffset StartedAt,
    string Engine,
    IReadOnlyList<BackupDatabase> Databases,
    string? Key)
{
    internal const string ProductName = "stagedoor-backup";

    /// <summary>The newest layout that this program reads, and the one that it writes.</summary>
    internal const int NewestFormat = 1;
}

/// <summary>A module's database in a backup.</summary>
/// <param name="Name">The module's.</param>
/// <param name="Partition">Its partition; null for the module's own.</param>
/// <param name="Schema">The newest migration in it; null when there is none.</param>
/// <param name="Epoch">How far its blob store had come with it; null where it keeps no blobs.</param>
internal sealed record BackupDatabase(string Name, string? Partition, long? Schema, long? Epoch)
{
    /// <summary>What its file is called in the data directory.</summary>
    [JsonIgnore]
    internal string FileName => Partition is null ? $"{Name}.db" : $"{Name}/{Partition}.db";
}

/// <summary>A file of a backup that is no blob.</summary>
/// <param name="Name">What it is in the installation, for example <c>gateway.db</c> or <c>master.key</c>.</param>
/// <param name="Path">Where it is in the backup.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Sha256">Their hash, in lower-case hex.</param>
internal sealed record BackupFile(string Name, string Path, long Size, string Sha256);

/// <summary>A blob that rows of the backup speak of.</summary>
/// <param name="Module">The module whose rows they are.</param>
/// <param name="Digest">Its digest.</param>
/// <param name="Size">Its bytes.</param>
internal sealed record BackupBlob(string Module, string Digest, long Size);

/// <summary>A whole backup: it is one as soon as this is written, and not before.</summary>
/// <param name="About">What it is of.</param>
/// <param name="FinishedAt">When it was whole.</param>
/// <param name="Files">Its files, in the order in which they lie in an archive.</param>
/// <param name="HasBlobs">The blobs are in it; else they are listed only.</param>
/// <param name="Blobs">The blobs.</param>
/// <param name="Missing">Digests of blobs that rows speak of, and that were missing or damaged in the blob store.</param>
internal sealed record BackupManifest(
    BackupAbout About,
    DateTimeOffset FinishedAt,
    IReadOnlyList<BackupFile> Files,
    bool HasBlobs,
    IReadOnlyList<BackupBlob> Blobs,
    IReadOnlyList<string> Missing)
{
    /// <summary>The file's name.</summary>
    internal const string Name = "backup.json";

    internal byte[] Write() => SealedJson.Seal(JsonSerializer.SerializeToUtf8Bytes(this, BackupJson.Default.BackupManifest));

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="StartupException">It is damaged, of something else, or of a newer program.</exception>
    internal static BackupManifest Read(ReadOnlySpan<byte> bytes, string location)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize(bytes, BackupJson.Default.BackupManifest) ?? throw Damaged(location, null);
            Require(manifest.About, location);
            return SealedJson.IsWhole(bytes) ? manifest : throw Damaged(location, null);
        }
        catch (JsonException e)
        {
            // A newer one may be laid out in another way: what it is of is looked at alone then.
            RequireKnown(bytes, location);
            throw Damaged(location, e);
        }
    }

    /// <summary>Reads what a backup is of.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    internal static BackupAbout ReadAbout(ReadOnlySpan<byte> bytes, string location)
    {
        try
        {
            var about = JsonSerializer.Deserialize(bytes, BackupJson.Default.BackupAbout) ?? throw Damaged(location, null);
            Require(about, location);
            return SealedJson.IsWhole(bytes) ? about : throw Damaged(location, null);
        }
        catch (JsonException e)
        {
            throw Damaged(location, e);
        }
    }

    private static void RequireKnown(ReadOnlySpan<byte> bytes, string location)
    {
        try
        {
            var reader = new Utf8JsonReader(bytes);
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind is JsonValueKind.Object
                && document.RootElement.TryGetProperty("about", out var about) && about.ValueKind is JsonValueKind.Object
                && about.TryGetProperty("format", out var format) && format.ValueKind is JsonValueKind.Number && format.TryGetInt32(out var number) && number > BackupAbout.NewestFormat)
            {
                throw Newer(location, about.TryGetProperty("version", out var version) ? version.ToString() : "?", $"format {number}");
            }
        }
        catch (JsonException)
        {
            // It is damaged, as the caller says.
        }
    }

    private static void Require(BackupAbout about, string location)
    {
        if (about is null || !string.Equals(about.Product, BackupAbout.ProductName, StringComparison.Ordinal))
        {
            throw new StartupException($"{location} is no backup of stagedoor.");
        }

        if (about.Format > BackupAbout.NewestFormat)
        {
            throw Newer(location, about.Version, $"format {about.Format}");
        }
    }

    /// <summary>Says that only another program can restore it.</summary>
    internal static StartupException Newer(string location, string version, string what) => new(
        $"{location} was made by stagedoor {version} ({what}), which is newer than this one, {Build.Version}. Restore it with that version.");

    private static StartupException Damaged(string location, Exception? inner) =>
        new($"{location} is damaged: its {Name} cannot be read. Take another backup.", inner);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = false)]
[JsonSerializable(typeof(BackupManifest))]
[JsonSerializable(typeof(BackupAbout))]
internal sealed partial class BackupJson : JsonSerializerContext;
