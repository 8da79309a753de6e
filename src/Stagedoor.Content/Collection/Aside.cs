using System.Globalization;
using System.Runtime.CompilerServices;
using Stagedoor.Storage;

namespace Stagedoor.Content.Collection;

/// <summary>Where bytes that no row speaks for lie for some days before they are removed: <c>aside/{day}/{their key}</c>.</summary>
public sealed class Aside(ContentStore content)
{
    private const string Prefix = "aside/";
    private const string DayFormat = "yyyy-MM-dd";

    /// <summary>Sets the bytes aside; false when there are none.</summary>
    /// <param name="digest">Whose they are.</param>
    /// <param name="now">The database's time, in Unix milliseconds.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<bool> PutAsync(Digest digest, long now, CancellationToken cancellationToken)
    {
        var key = content.Keys.Of(digest);
        var day = DateTimeOffset.FromUnixTimeMilliseconds(now).UtcDateTime.ToString(DayFormat, CultureInfo.InvariantCulture);
        return content.Blobs.MoveAsync(key, new($"{Prefix}{day}/{key}"), cancellationToken);
    }

    /// <summary>Puts the bytes back where they belong.</summary>
    public Task<bool> PutBackAsync(AsideObject aside, CancellationToken cancellationToken) =>
        content.Blobs.MoveAsync(aside.Key, content.Keys.Of(aside.Digest), cancellationToken);

    public Task<bool> RemoveAsync(AsideObject aside, CancellationToken cancellationToken) => content.Blobs.DeleteAsync(aside.Key, cancellationToken);

    /// <summary>Everything that is set aside.</summary>
    public async IAsyncEnumerable<AsideObject> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entry in content.Blobs.ListAsync(Prefix, cancellationToken))
        {
            var name = entry.Key.ToString()[Prefix.Length..];
            if (name.IndexOf('/', StringComparison.Ordinal) is var end and > 0
                && DateOnly.TryParseExact(name.AsSpan(0, end), DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
                && content.Keys.TryParse(new(name[(end + 1)..]), out var digest))
            {
                yield return new(entry.Key, digest, day, entry.Size);
            }
        }
    }
}

/// <summary>Bytes that were set aside.</summary>
/// <param name="Key">Where they lie.</param>
/// <param name="Digest">Whose they are.</param>
/// <param name="Day">The day on which they were set aside.</param>
/// <param name="Size">How many they are.</param>
public readonly record struct AsideObject(BlobKey Key, Digest Digest, DateOnly Day, long Size);
