using Xunit;

namespace Stagedoor.Identity.Tests;

public sealed class RateWindowTests
{
    [Fact]
    public void The_limit_fits_into_a_second_and_no_more()
    {
        var window = new RateWindow(3);

        int[] left = [window.Take(100), window.Take(100), window.Take(100), window.Take(100)];

        Assert.Equal([2, 1, 0, -1], left);
    }

    [Fact]
    public void The_next_second_begins_anew()
    {
        var window = new RateWindow(1);
        window.Take(100);

        Assert.Equal(-1, window.Take(100));
        Assert.Equal(0, window.Take(101));
    }

    [Fact]
    public void A_thread_that_read_the_clock_too_early_does_not_open_a_window_again()
    {
        var window = new RateWindow(1);
        window.Take(101);

        Assert.Equal(-1, window.Take(100));
        Assert.Equal(-1, window.Take(101));
    }

    [Fact]
    public void A_clock_that_is_set_back_does_not_close_the_window_for_long()
    {
        var window = new RateWindow(1);
        window.Take(10_000);

        Assert.Equal(0, window.Take(100));
    }

    [Fact]
    public void The_limit_is_exact_under_concurrency()
    {
        var window = new RateWindow(5_000);
        var taken = 0;

        Parallel.For(0, 20_000, _ => Interlocked.Add(ref taken, window.Take(7) >= 0 ? 1 : 0));

        Assert.Equal(5_000, taken);
    }

    [Fact]
    public void Each_key_has_a_window_of_its_own()
    {
        var windows = new RateWindows<string>(1);

        Assert.Equal(0, windows.Take("a", 1));
        Assert.Equal(0, windows.Take("b", 1));
        Assert.Equal(-1, windows.Take("a", 1));
    }

    [Fact]
    public void More_keys_than_fit_are_limited_together()
    {
        var windows = new RateWindows<int>(1);
        for (var i = 0; i < RateWindows<int>.MaxKeys; i++)
        {
            windows.Take(i, 1);
        }

        Assert.Equal(0, windows.Take(-1, 1));
        Assert.Equal(-1, windows.Take(-2, 1));
        Assert.Equal(0, windows.Take(-2, 10));
    }
}
