using FsCheck;
using FsCheck.Fluent;
using Stagedoor.Discovery.Model;
using Xunit;

namespace Stagedoor.Discovery.Tests.Finding;

public sealed class VersionRuleTests
{
    private static readonly Gen<string> s_version =
        from parts in Gen.Choose(0, 32767).NonEmptyListOf()
        select string.Join('.', parts.Take(4));

    [Theory]
    [InlineData("0")]
    [InlineData("1.2.3.4")]
    [InlineData("32767.32767.32767.32767")]
    [InlineData("007.08")]
    public void These_are_versions(string text) => Assert.True(ServiceVersion.TryParse(text, out _));

    [Theory]
    [InlineData("")]
    [InlineData("1.")]
    [InlineData(".1")]
    [InlineData("1..2")]
    [InlineData("1.2.3.4.5")]
    [InlineData("32768")]
    [InlineData("-1")]
    [InlineData("1.٢")]
    [InlineData("99999999999999999999")]
    [InlineData("1.0 ")]
    public void These_are_none(string text) => Assert.False(ServiceVersion.TryParse(text, out _));

    [Fact]
    public void Missing_parts_count_as_nothing()
    {
        Assert.True(ServiceVersion.TryParse("1.0", out var two));
        Assert.True(ServiceVersion.TryParse("1.0.0.0", out var four));

        Assert.Equal(0, two.CompareTo(four));
    }

    [Fact]
    public void Order_is_that_of_the_numbers() => Prop.ForAll(s_version.Two().ToArbitrary(), static pair =>
    {
        var (left, right) = pair;
        Assert.True(ServiceVersion.TryParse(left, out var a));
        Assert.True(ServiceVersion.TryParse(right, out var b));
        int[] Numbers(string v) => [.. v.Split('.').Select(int.Parse).Concat([0, 0, 0]).Take(4)];
        var expected = Numbers(left).Zip(Numbers(right), static (x, y) => x.CompareTo(y)).FirstOrDefault(static c => c != 0);

        return Math.Sign(a.CompareTo(b)) == Math.Sign(expected) && a < b == (expected < 0) && a >= b == (expected >= 0);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_range_is_what_lies_from_one_end_to_before_the_other() => Prop.ForAll(s_version.Three().ToArbitrary(), static three =>
    {
        var (first, second, text) = three;
        var rule = VersionRule.Parse($"{first}-{second}");
        Assert.True(ServiceVersion.TryParse(text, out var version));
        var (low, high) = (VersionRule.Parse($"{first}+"), VersionRule.Parse($"{second}+"));
        var (fromFirst, fromSecond) = (low.Matches(text, version, default), high.Matches(text, version, default));

        return rule.Matches(text, version, default) == (fromFirst != fromSecond);
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(null, "0+")]
    [InlineData("", "0+")]
    [InlineData("0 ", "0+")]
    [InlineData("0%2B", "0+")]
    [InlineData("1.0%2b", "1.0+")]
    [InlineData("latest", "latest")]
    public void What_clients_do_to_a_rule_is_undone(string? sent, string meant) => Assert.Equal(meant, VersionRule.Normalize(sent));

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void The_ends_of_a_range_have_a_length(int length, bool isRule) =>
        Assert.Equal(isRule, VersionRule.TryParse($"{new string('0', 64)}-{new string('0', length)}", out _));
}
