using System.Globalization;

namespace Stagedoor.Tracing.Store;

/// <summary>The file of a day's blocks. Who reads enters and leaves; the file is closed when it was dropped and the last one has left.</summary>
internal sealed class SegmentFile(string path, int day, IStoreFile file)
{
    private readonly Lock _gate = new();
    private int _readers;
    private bool _isDropped;

    public string Path { get; } = path;

    /// <summary>Days since the Unix epoch.</summary>
    public int Day { get; } = day;

    public IStoreFile File { get; } = file;

    /// <summary>Where the next block goes.</summary>
    public long End { get; set; }

    public static string NameOf(int day) => DayNumber(day).ToString("'spans-'yyyyMMdd'.seg'", CultureInfo.InvariantCulture);

    public static int? FindDay(string path) =>
        DateOnly.TryParseExact(System.IO.Path.GetFileName(path), "'spans-'yyyyMMdd'.seg'", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day.DayNumber - Epoch.DayNumber
            : null;

    public static DateOnly DayNumber(int day) => Epoch.AddDays(day);

    public static int DayOf(DateOnly day) => day.DayNumber - Epoch.DayNumber;

    /// <summary>False when it was dropped.</summary>
    public bool Enter()
    {
        lock (_gate)
        {
            _readers += _isDropped ? 0 : 1;
            return !_isDropped;
        }
    }

    public void Leave()
    {
        lock (_gate)
        {
            if (--_readers == 0 && _isDropped)
            {
                File.Dispose();
            }
        }
    }

    /// <summary>Nobody enters any more.</summary>
    public void Drop()
    {
        lock (_gate)
        {
            if (!_isDropped)
            {
                _isDropped = true;
                if (_readers == 0)
                {
                    File.Dispose();
                }
            }
        }
    }

    private static DateOnly Epoch => DateOnly.FromDateTime(DateTime.UnixEpoch);
}

/// <summary>A day's spans that are in its segment file.</summary>
/// <param name="File">The file.</param>
/// <param name="Blocks">Its blocks, those alone that no other stands for.</param>
internal sealed record DaySpans(SegmentFile File, IReadOnlyList<Block> Blocks)
{
    /// <summary>Whether the spans of the day with that number in the log are here.</summary>
    public bool Covers(ulong sequence)
    {
        foreach (var block in Blocks)
        {
            if (sequence >= block.Header.First && sequence <= block.Header.Last)
            {
                return true;
            }
        }

        return false;
    }
}
