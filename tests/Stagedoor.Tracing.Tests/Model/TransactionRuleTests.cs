using Stagedoor.Tracing.Model;
using Xunit;

namespace Stagedoor.Tracing.Tests.Model;

public sealed class TransactionRuleTests
{
    [Theory]
    [InlineData("GET,POST_/{name}", "GET", "/alice", "GET_/{name}")]
    [InlineData("GET,POST_/{name}", "PUT", "/alice", null)]
    [InlineData("GET,POST_/{name}", "GET", "/", null)]
    [InlineData("ALL_/first/*", "GET", "/first/a", "GET_/first/*")]
    [InlineData("ALL_/first/*", "GET", "/first/a/b", null)]
    [InlineData("ALL_/first/**", "GET", "/first/a", "GET_/first/**")]
    [InlineData("ALL_/first/**", "GET", "/first/a/b?c=d", "GET_/first/**")]
    [InlineData("ALL_/first/**/last", "GET", "/first/last/x/last", "GET_/first/**/last")]
    [InlineData("ALL_/first/**/last", "GET", "/first/last/x", null)]
    [InlineData("ALL_/cart/{user}/items", "GET", "/cart/7/items", "GET_/cart/{user}/items")]
    [InlineData("ALL_/v?/x", "OTHER", "/v1/x", "OTHER_/v?/x")]
    [InlineData("ALL_/v?/x", "GET", "/v12/x", null)]
    [InlineData("ALL_/r{id}x", "GET", "/r1x", "GET_/r{id}x")]
    [InlineData("ALL_/r{id}x", "GET", "/rx", null)]
    public void It_names_the_paths_that_it_matches(string rule, string verb, string path, string? expected) =>
        Assert.Equal(expected, TransactionRule.Parse(rule)!.Name(verb, path));

    [Theory]
    [InlineData("")]
    [InlineData("_/x")]
    [InlineData("GET/x")]
    [InlineData("get_/x")]
    [InlineData("FETCH_/x")]
    [InlineData("GET,_/x")]
    [InlineData("GET_x")]
    [InlineData("GET_/")]
    [InlineData("GET_/x/")]
    [InlineData("GET_/x//y")]
    [InlineData("GET_/x-y")]
    [InlineData("GET_/12345678901234567890123456789012345678901234567890")]
    public void What_is_no_rule_is_told(string rule) => Assert.Null(TransactionRule.Parse(rule));

    [Fact]
    public void A_rule_of_many_stars_takes_no_longer_than_its_length_allows()
    {
        var rule = TransactionRule.Parse("ALL_/**/a/**/a/**/a/**/a/**/a/**/a/**/a/**/b")!;

        Assert.Null(rule.Name("GET", string.Concat(Enumerable.Repeat("/a", 10_000))));
    }
}
