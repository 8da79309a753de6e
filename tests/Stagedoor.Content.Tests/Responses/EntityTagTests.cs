using Stagedoor.Content.Responses;
using Xunit;

namespace Stagedoor.Content.Tests.Responses;

public sealed class EntityTagTests
{
    [Theory]
    [InlineData("\"sha256:a\"", true)]
    [InlineData("W/\"sha256:a\"", true)]
    [InlineData("\"x\", \"sha256:a\"", true)]
    [InlineData("*", true)]
    [InlineData("\"sha256:b\"", false)]
    public void An_entity_tag_matches(string header, bool matches) => Assert.Equal(matches, EntityTags.Match(header, "sha256:a"));

    [Theory]
    [InlineData("\"sha256:a\"", true)]
    [InlineData("W/\"sha256:a\"", false)]
    [InlineData("*", true)]
    [InlineData("", false)]
    public void A_weak_tag_is_none_where_a_strong_one_is_asked_for(string header, bool matches) =>
        Assert.Equal(matches, EntityTags.MatchStrongly(header, "sha256:a"));
}
