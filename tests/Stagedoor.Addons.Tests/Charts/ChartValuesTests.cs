using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Xunit;

namespace Stagedoor.Addons.Tests.Charts;

/// <summary>Which values win, and which charts take part.</summary>
public sealed class ChartValuesTests
{
    [Theory]
    [InlineData("a: 1\nb: {c: 2, d: 3}", "b: {c: 9}", "{\"a\":1,\"b\":{\"c\":9,\"d\":3}}")]
    [InlineData("a: 1\nb: {c: 2, d: 3}", "a: null\nb: {d: null}", "{\"b\":{\"c\":2}}")]
    [InlineData("l: [1, 2, 3]", "l: [4]", "{\"l\":[4]}")]
    [InlineData("a: {b: 1}", "a: text", "{\"a\":\"text\"}")]
    [InlineData("a: text", "a: {b: 1}", "{\"a\":{\"b\":1}}")]
    [InlineData("a: {b: 1}", "a: null", "{}")]
    [InlineData("a: null", "", "{\"a\":null}")]
    public void The_user_wins_map_by_map(string own, string user, string all) => Assert.Equal(all, JsonText.Write(ChartValues.Coalesce(new ChartBuilder().Add("values.yaml", own).Load(), Map(user))));

    [Theory]
    [InlineData("", "main,tagged")]
    [InlineData("main: {enabled: false}", "tagged")]
    [InlineData("extra: {enabled: true}", "extra,main,tagged")]
    [InlineData("tags: {front: false}", "main")]
    [InlineData("tags: {front: false, back: true}", "main,tagged")]
    [InlineData("main: {enabled: 'no bool'}", "main,tagged")]
    public void Conditions_and_tags_say_which_charts_take_part(string values, string charts)
    {
        var chart = new ChartBuilder(more: """
            dependencies:
            - {name: main, version: 1.x, condition: "first.enabled,main.enabled"}
            - {name: extra, version: ">=1", condition: extra.enabled}
            - {name: tagged, version: "*", tags: [front, back]}
            """)
            .Add("values.yaml", "extra: {enabled: false}")
            .AddChart(new("main"), "main").AddChart(new("extra"), "extra").AddChart(new("tagged"), "tagged");

        var resolved = ChartValues.Resolve(chart.Load(), Map(values));

        Assert.Equal(charts, string.Join(',', resolved.Charts.Select(static c => c.Name).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void A_condition_of_a_chart_in_a_chart_has_its_path_before_it()
    {
        var child = new ChartBuilder("child", "dependencies: [{name: grand, version: 1.x, condition: grand.enabled}]").AddChart(new("grand"), "grand");
        var chart = new ChartBuilder().AddChart(child, "child").Load();

        Assert.Empty(ChartValues.Resolve(chart, Map("child: {grand: {enabled: false}}")).Charts[0].Charts);
        Assert.Single(ChartValues.Resolve(chart, Map("grand: {enabled: false}")).Charts[0].Charts);
    }

    [Fact]
    public async Task One_chart_takes_part_twice_under_aliases()
    {
        var chart = new ChartBuilder(more: "dependencies: [{name: db, version: 1.x, alias: one}, {name: db, version: 1.x, alias: two}]")
            .AddChart(new ChartBuilder("db").Add("values.yaml", "size: 0").Add("templates/a.yaml", "{{ .Chart.Name }} {{ .Values.size }}"), "db");

        var rendered = await chart.RenderAsync("one: {size: 1}\ntwo: {size: 2}", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(["demo/charts/one/templates/a.yaml one 1", "demo/charts/two/templates/a.yaml two 2"], rendered.Files.Select(static f => f.Path + " " + f.Text));
    }

    [Fact]
    public void Values_are_imported_from_a_chart_below_what_the_chart_says_itself()
    {
        var chart = new ChartBuilder(more: """
            dependencies:
            - {name: child, version: 1.x, import-values: [data, {child: inner.deep, parent: here.there}]}
            """)
            .Add("values.yaml", "own: parent")
            .AddChart(new ChartBuilder("child").Add("values.yaml", "exports: {data: {own: child, more: 1}}\ninner: {deep: {x: z}}"), "child")
            .Load();

        var resolved = ChartValues.Resolve(chart, []);
        var values = ChartValues.Coalesce(resolved, []);

        Assert.Equal(("parent", 1.0, "z"), (values["own"], values["more"], values.At("here.there.x")));
    }

    [Fact]
    public void A_dependency_that_is_not_there_is_named()
    {
        var chart = new ChartBuilder(more: "dependencies: [{name: gone, version: 1.x}]").Load();

        Assert.Equal("gone", Assert.Single(chart.Missing).Name);
    }

    [Theory]
    [InlineData("name: [", "cannot load Chart.yaml")]
    [InlineData("name: ../x\nversion: 1.0.0", "name is missing or invalid")]
    [InlineData("version: 1.0.0", "name is missing or invalid")]
    [InlineData("- a", "it is no map")]
    public void What_is_no_chart_is_refused(string metadata, string message)
    {
        var error = Assert.Throws<FormatException>(() => new ChartBuilder().Add("Chart.yaml", metadata).Load());

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static GoMap Map(string yaml) => YamlReader.Read(yaml) as GoMap ?? [];
}
