using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Xunit;

namespace Stagedoor.Addons.Tests;

/// <summary>YAML that is made to hurt.</summary>
public sealed class YamlReaderTests
{
    [Fact]
    public void Aliases_expand_to_a_bounded_number_of_nodes()
    {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            + string.Concat(Enumerable.Range(1, 9).Select(static i => $"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}]\n"));

        var error = Assert.Throws<FormatException>(() => YamlReader.Read(bomb));

        Assert.Contains("excessive aliasing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_places_of_one_alias_are_two_maps()
    {
        var map = Assert.IsType<GoMap>(YamlReader.Read("a: &x {k: v}\nb: *x\n"));

        Assert.NotSame(map["a"], map["b"]);
        Assert.Equal("v", Assert.IsType<GoMap>(map["b"])["k"]);
    }

    [Theory]
    [InlineData("a: &a [*a]", "value contains itself")]
    [InlineData("a: *nowhere", "unknown anchor 'nowhere' referenced")]
    [InlineData("a: .nan", "json: unsupported value: NaN")]
    [InlineData("a: .inf", "json: unsupported value: +Inf")]
    [InlineData("[a, b]: c", "invalid map key")]
    [InlineData("a: [", "yaml: line")]
    [InlineData("a: 'x", "yaml: line")]
    public void What_JSON_has_not_is_refused(string yaml, string message)
    {
        var error = Assert.ThrowsAny<FormatException>(() => YamlReader.Read(yaml));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: |\n  \n  x\n", "{\"a\":\"\\nx\\n\"}")]
    [InlineData("a: |\n \n\n  x\nb:\n- >-\n    \n    y\n", "{\"a\":\"\\n\\nx\\n\",\"b\":[\"\\ny\"]}")]
    [InlineData("a: |\n  x: |\n      \n    y\n", "{\"a\":\"x: |\\n    \\n  y\\n\"}")]
    public void A_block_scalar_may_begin_with_a_line_of_spaces(string yaml, string json) => Assert.Equal(json, JsonText.Write(YamlReader.Read(yaml)));

    [Fact]
    public void One_that_begins_with_more_spaces_than_its_text_is_refused() => Assert.Throws<FormatException>(() => YamlReader.Read("a: |\n      \n  x\nb: 1\n"));

    [Theory]
    [InlineData('[', ']')]
    [InlineData('{', '}')]
    public void Ten_thousand_levels_are_refused(char open, char close)
    {
        var deep = new string(open, 10_000) + new string(close, 10_000);

        Assert.ThrowsAny<FormatException>(() => YamlReader.Read(deep));
    }
}
