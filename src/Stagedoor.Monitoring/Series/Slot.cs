namespace Stagedoor.Monitoring.Series;

/// <summary>Time in steps of ten seconds, the interval in which most publishers report.</summary>
internal static class Slot
{
    public const int Milliseconds = 10_000;

    public const int PerMinute = 6;

    public static int Of(long unixMilliseconds) => (int)(unixMilliseconds / Milliseconds);

    public static long Start(int slot) => (long)slot * Milliseconds;
}
