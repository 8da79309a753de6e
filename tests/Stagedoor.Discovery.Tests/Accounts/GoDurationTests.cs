using Stagedoor.Discovery.Accounts.Tokens;
using Xunit;

namespace Stagedoor.Discovery.Tests.Accounts;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("30m", 1800)]
    [InlineData("10h", 36_000)]
    [InlineData("1h30m", 5400)]
    [InlineData("1.5h", 5400)]
    [InlineData("1h0m1s", 3601)]
    [InlineData("900s", 900)]
    [InlineData("900000ms", 900)]
    [InlineData("900000000us", 900)]
    [InlineData("900000000µs", 900)]
    [InlineData(".5h", 1800)]
    public void A_time_is_the_sum_of_its_parts(string text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), GoDuration.Find(text));

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("m")]
    [InlineData("-30m")]
    [InlineData("30 m")]
    [InlineData("30min")]
    [InlineData("1..5h")]
    [InlineData("1d")]
    [InlineData(".h")]
    [InlineData("99999999999999999999h")]
    public void Anything_else_is_no_time(string text) => Assert.Null(GoDuration.Find(text));
}
