using System.Globalization;

namespace Stagedoor.Backup;

/// <summary>Tells on standard error how far the work has come: a line that moves at a terminal, some lines elsewhere. Any number of threads count at once.</summary>
/// <param name="error">Where it is told.</param>
/// <param name="isTerminal">Somebody looks at it.</param>
/// <param name="clock">Measures.</param>
internal sealed class BackupProgress(TextWriter error, bool isTerminal, TimeProvider clock)
{
    private const double Mebibyte = 1024 * 1024;
    private static readonly TimeSpan s_moving = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_standing = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private long _began = clock.GetTimestamp();
    private long _told = clock.GetTimestamp();
    private long _total;
    private long _totalBytes;
    private long _done;
    private long _bytes;
    private int _width;

    /// <summary>Says what comes next.</summary>
    internal void Say(string line)
    {
        lock (_gate)
        {
            Wipe();
            error.WriteLine(line);
        }
    }

    /// <summary>From now on so many blobs are counted.</summary>
    internal void Begin(long total, long totalBytes)
    {
        lock (_gate)
        {
            (_total, _totalBytes, _done, _bytes) = (total, totalBytes, 0, 0);
            (_began, _told) = (clock.GetTimestamp(), clock.GetTimestamp());
        }
    }

    /// <summary>Bytes have gone by.</summary>
    internal void Pass(long bytes)
    {
        lock (_gate)
        {
            _bytes += bytes;
            Tell();
        }
    }

    /// <summary>A blob is done.</summary>
    /// <param name="without">Its bytes, when they did not have to go by.</param>
    internal void Finish(long without = 0)
    {
        lock (_gate)
        {
            _done++;
            _bytes += without;
            Tell();
        }
    }

    /// <summary>Takes the moving line away.</summary>
    internal void End()
    {
        lock (_gate)
        {
            Wipe();
        }
    }

    private void Tell()
    {
        if (clock.GetElapsedTime(_told) < (isTerminal ? s_moving : s_standing))
        {
            return;
        }

        _told = clock.GetTimestamp();
        var rate = _bytes / Mebibyte / Math.Max(clock.GetElapsedTime(_began).TotalSeconds, 0.001);
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{_done} of {_total} blobs, {_bytes / Mebibyte:0} of {_totalBytes / Mebibyte:0} MiB, {rate:0} MiB/s");
        if (!isTerminal)
        {
            error.WriteLine(line);
            return;
        }

        error.Write($"\r{line.PadRight(_width)}");
        _width = line.Length;
    }

    private void Wipe()
    {
        if (_width > 0)
        {
            error.Write($"\r{new string(' ', _width)}\r");
            _width = 0;
        }
    }
}
