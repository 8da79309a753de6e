namespace Stagedoor.Tracing.Own;

/// <summary>Lets so many in a second, and five times as many at once after a while of few.</summary>
/// <param name="perSecond">How many.</param>
/// <param name="clock">Measures.</param>
internal sealed class RateGate(int perSecond, TimeProvider clock)
{
    private const int Burst = 5;

    private readonly Lock _gate = new();
    private double _room = perSecond * Burst;
    private long _since = clock.GetTimestamp();

    /// <summary>Whether one more may pass now.</summary>
    public bool Enter()
    {
        lock (_gate)
        {
            var now = clock.GetTimestamp();
            _room = Math.Min(perSecond * Burst, _room + (Math.Max(0, clock.GetElapsedTime(_since, now).TotalSeconds) * perSecond));
            _since = now;
            if (_room < 1)
            {
                return false;
            }

            _room--;
            return true;
        }
    }
}
