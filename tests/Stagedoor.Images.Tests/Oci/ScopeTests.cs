using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Requests;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

public sealed class ScopeTests
{
    [Theory]
    [InlineData("repository:o/r:pull,push", "repository", "o/r", "pull+push")]
    [InlineData("repository:host:5000/o/r:pull", "repository", "host:5000/o/r", "pull")]
    [InlineData("repository(plugin):o/r:*", "repository", "o/r", "*")]
    [InlineData("registry:catalog:*", "registry", "catalog", "*")]
    public void A_scope_has_a_type_a_name_and_actions(string text, string type, string name, string actions)
    {
        Assert.True(TokenScope.TryParse(text, out var scope));
        Assert.Equal((type, name, actions), (scope.Type, scope.Name, string.Join('+', scope.Actions)));
    }

    [Fact]
    public void Scopes_are_repeated_or_separated_by_spaces() =>
        Assert.Equal(["a", "b", "c"], TokenScope.Parse(["repository:a:pull repository:b:pull", "nonsense", "repository:c:pull"])!.Select(s => s.Name));

    [Theory]
    [InlineData(null, true)]
    [InlineData("?a=b%20c", true)]
    [InlineData("?a=%E7%BB%84", true)]
    [InlineData("?a=%zz", false)]
    [InlineData("?a=%2", false)]
    [InlineData("?a=%ff", false)]
    [InlineData("?a=%00", false)]
    public void A_query_can_be_decoded(string? query, bool isDecodable) => Assert.Equal(isDecodable, ManageGate.IsDecodable(query));
}
