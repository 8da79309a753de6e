using Stagedoor.Images.Organizations;
using Stagedoor.Images.Repositories;
using Xunit;

namespace Stagedoor.Images.Tests.Repositories;

public sealed class NameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("team-a")]
    [InlineData("a.b_c__d")]
    [InlineData("a---b")]
    [InlineData("a1")]
    public void An_organization_may_be_called(string name) => Assert.True(Organization.IsValidName(name));

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("1a")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("a..b")]
    [InlineData("a.-b")]
    [InlineData("a___b")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("ä")]
    public void An_organization_may_not_be_called(string name) => Assert.False(Organization.IsValidName(name));

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void An_organization_has_at_most_64_characters(int length, bool isValid) =>
        Assert.Equal(isValid, Organization.IsValidName(new('a', length)));

    [Theory]
    [InlineData("org/a", true)]
    [InlineData("org/1/b-c/d__e", true)]
    [InlineData("org/a//b", false)]
    [InlineData("org//a", false)]
    [InlineData("org/a/", false)]
    [InlineData("org/", false)]
    [InlineData("/a", false)]
    [InlineData("org", false)]
    [InlineData("org/A", false)]
    [InlineData("org/a___b", false)]
    public void A_repository_is_named(string name, bool isValid) => Assert.Equal(isValid, RepositoryName.TryParse(name, out _));

    [Theory]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void A_repository_has_at_most_128_characters(int length, bool isValid) =>
        Assert.Equal(isValid, RepositoryName.IsValidRepository(new('a', length)));
}
