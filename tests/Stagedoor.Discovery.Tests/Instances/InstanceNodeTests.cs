using Stagedoor.Discovery.Memory;
using Xunit;

namespace Stagedoor.Discovery.Tests.Instances;

/// <summary>How long a lease can last, on a clock that starts at 0. It is 30 seconds long.</summary>
public sealed class InstanceNodeTests
{
    private readonly InstanceNode _instance = new(
        new(new("default/default"), "s", new() { ServiceName = "stock", Version = "1.0.0", AppId = "shop" }),
        "i",
        new() { HealthCheck = new() { Mode = "push", Interval = 10, Times = 2 } },
        1);

    [Fact]
    public void Excuses_without_end_double_it_and_no_more()
    {
        for (var now = 0; now < 100_000; now += 1_000)
        {
            _instance.Excuse(now, 0);
        }

        Assert.Equal(60_000, _instance.ExpiresAt);
    }

    [Fact]
    public void What_nobody_could_hear_is_not_held_against_it()
    {
        _instance.Excuse(25_000, 20_000);
        _instance.Excuse(100_000, 40_000);

        Assert.Equal(60_000 + 20_000 + 40_000, _instance.ExpiresAt);
        Assert.Equal(100_000 - 60_000, _instance.SilentFor(100_000));
    }

    [Fact]
    public void No_more_can_be_unheard_than_the_time_that_passed()
    {
        _instance.Renew(10_000);

        _instance.Excuse(11_000, 500_000);

        Assert.Equal((0, 41_000), (_instance.SilentFor(11_000), _instance.ExpiresAt));
    }

    [Fact]
    public void A_heartbeat_ends_all_excuses()
    {
        _instance.Excuse(25_000, 20_000);
        _instance.Keep(26_000);

        _instance.Renew(40_000);

        Assert.Equal((70_000, false, true), (_instance.ExpiresAt, _instance.IsSilent(59_999), _instance.IsSilent(60_000)));
    }

    [Fact]
    public void An_excuse_never_shortens_it()
    {
        _instance.Keep(59_000);
        var end = _instance.ExpiresAt;

        _instance.Excuse(60_000, 0);

        Assert.Equal((89_000, 89_000), (end, _instance.ExpiresAt));
    }

    [Fact]
    public void It_is_kept_once_until_it_is_heard_of()
    {
        _instance.Keep(29_000);
        _instance.Keep(50_000);
        var once = _instance.ExpiresAt;
        _instance.Renew(55_000);
        _instance.Keep(80_000);

        Assert.Equal((59_000, 110_000), (once, _instance.ExpiresAt));
    }
}
