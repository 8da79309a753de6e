using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stagedoor.Storage;

/// <summary>The mark of an installation in its blob store: one small object beside the content.</summary>
/// <remarks>Only the holder of an installation-wide lock writes it.</remarks>
public static class StoreMark
{
    private const string UploadId = "installation-mark";
    private const int MaxBytes = 4096;
    private static readonly BlobKey s_key = new(Name);

    /// <summary>The key of the object.</summary>
    public const string Name = "installation.json";

    /// <summary>The mark; null when the store bears none.</summary>
    /// <exception cref="StorageException">The store failed, or what is there is no mark.</exception>
    public static async Task<InstallationMark?> FindAsync(IBlobStore store, CancellationToken cancellationToken)
    {
        await using var content = await store.OpenAsync(s_key, 0, null, cancellationToken);
        if (content is null)
        {
            return null;
        }

        if (content.Size is 0 or > MaxBytes)
        {
            throw Damaged(store, null);
        }

        var bytes = new byte[content.Size];
        return Parse(store, bytes.AsSpan(0, await content.Body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken)));
    }

    /// <summary>The mark that these bytes are.</summary>
    /// <exception cref="StorageException">They are none.</exception>
    public static InstallationMark Parse(IBlobStore store, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, StoreMarkJson.Default.InstallationMark) is { Id.Length: > 0 } mark ? mark : throw Damaged(store, null);
        }
        catch (JsonException e)
        {
            throw Damaged(store, e);
        }
    }

    /// <summary>Refuses a store that does not bear the mark of the installation: it is not the one that the records speak of.</summary>
    /// <exception cref="StorageException">It bears none, or another's.</exception>
    public static void Require(IBlobStore store, string installation, InstallationMark? mark)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (!string.Equals(mark?.Id, installation, StringComparison.Ordinal))
        {
            throw new StorageException(
                StorageSource.Blobs,
                StorageFault.Unavailable,
                mark is null
                    ? $"{store.Location} has lost its mark ({Name}): it was emptied, or something else is there in its place, as after an unmount."
                    : $"{store.Location} bears the mark of another installation ({mark.Id}, not {installation}).");
        }
    }

    /// <summary>Writes the mark over the one before.</summary>
    public static async Task WriteAsync(IBlobStore store, InstallationMark mark, CancellationToken cancellationToken)
    {
        // One that a crash has left.
        await store.DropUploadAsync(UploadId, cancellationToken);

        await using var upload = await store.CreateUploadAsync(UploadId, cancellationToken);
        await upload.AppendAsync(JsonSerializer.SerializeToUtf8Bytes(mark, StoreMarkJson.Default.InstallationMark), cancellationToken);
        await upload.CommitAsync(s_key, cancellationToken);
    }

    private static StorageException Damaged(IBlobStore store, Exception? inner) => new(
        StorageSource.Blobs,
        StorageFault.Corrupt,
        $"{s_key} in {store.Location} is damaged, so it cannot be told which installation these objects belong to. Restore it from a backup.",
        inner);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(InstallationMark))]
internal sealed partial class StoreMarkJson : JsonSerializerContext;
