using Stagedoor.Addons.Charts;
using Xunit;

namespace Stagedoor.Addons.Tests.Charts;

/// <summary>What is wrong with a chart is told before it is rendered.</summary>
public sealed class ChartLintTests
{
    [Fact]
    public void A_sound_chart_has_nothing_wrong() => Assert.Empty(ChartLint.Check(new ChartBuilder().Add("templates/a.yaml", "{{ .Values.x | upper }}").Load()));

    [Theory]
    [InlineData("", "a\n{{ if }}", "template: demo/templates/a.yaml:2: missing value for if")]
    [InlineData("", "{{ nosuch 1 }}", "template: demo/templates/a.yaml:1: function \"nosuch\" not defined")]
    [InlineData("", "a\n{{ define \"x\" }}\n{{ if true }}{{ derivePassword 1 \"long\" \"p\" \"u\" \"s\" }}{{ end }}{{ end }}", "demo/templates/a.yaml:3: function \"derivePassword\" is not supported")]
    [InlineData("dependencies: [{name: gone, version: 1.x}]", "", "demo/Chart.yaml: the dependency gone is not in charts/")]
    [InlineData("version: one", "", "demo/Chart.yaml: version \"one\" is no semantic version")]
    public void What_is_wrong_is_told_with_its_place(string more, string template, string error) =>
        Assert.Equal(error, Assert.Single(ChartLint.Check(new ChartBuilder(more: more).Add("templates/a.yaml", template).Load())));

    [Fact]
    public void A_chart_in_it_is_looked_at_too() => Assert.StartsWith(
        "template: demo/charts/child/templates/a.yaml:1: ", Assert.Single(ChartLint.Check(new ChartBuilder().AddChart(new ChartBuilder("child").Add("templates/a.yaml", "{{ end }}"), "child").Load())), StringComparison.Ordinal);
}
