using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Xunit;

namespace Stagedoor.Addons.Tests.Charts;

/// <summary>A schema says which values a chart takes.</summary>
public sealed class ValuesSchemaTests
{
    private const string Schema = """
        {"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["name"],"properties":{
          "name":{"type":"string","minLength":2},"replicas":{"type":"integer","minimum":1},"ratio":{"type":["number","null"]},"on":{"type":"boolean"},
          "list":{"type":"array","items":{"type":"integer"}},"image":{"type":"object","additionalProperties":false,"properties":{"tag":{"type":"string"}}}}}
        """;

    [Theory]
    [InlineData("name: web\nreplicas: 2", "")]
    [InlineData("replicas: 2", "/")]
    [InlineData("name: w", "/name")]
    [InlineData("name: web\nreplicas: 0", "/replicas")]
    [InlineData("name: web\nreplicas: many", "/replicas")]
    [InlineData("name: web\nimage: {tga: x}", "/image")]
    [InlineData("name: 5", "/name")]
    public void A_value_that_it_does_not_take_is_named(string values, string place)
    {
        var errors = ValuesSchema.Check(Chart(), Map(values));

        if (place.Length == 0)
        {
            Assert.Empty(errors);
        }
        else
        {
            Assert.Contains(errors, e => e.StartsWith(place, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Texts_become_the_numbers_and_truths_that_it_wants()
    {
        var values = Map("name: '17'\nreplicas: '2'\nratio: '0.5'\n'on': 'true'\nlist: ['1', 2]");

        Assert.Empty(ValuesSchema.Check(Chart(), values));
        Assert.Equal("""{"list":[1,2],"name":"17","on":true,"ratio":0.5,"replicas":2}""", JsonText.Write(values));
    }

    [Fact]
    public async Task A_render_fails_with_what_is_wrong_also_in_a_chart_in_it()
    {
        var chart = new ChartBuilder().AddChart(new ChartBuilder("child").Add("values.schema.json", Schema), "child");

        var error = await Assert.ThrowsAsync<TemplateException>(() => chart.RenderAsync("child: {name: x}", cancellationToken: TestContext.Current.CancellationToken));

        Assert.Contains("values don't meet the specifications of the schema: /child/name", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://json-schema.org/schema#")]
    [InlineData("https://json-schema.org/draft-07/schema#")]
    [InlineData("http://json-schema.org/draft-04/schema")]
    [InlineData("https://json-schema.org/draft/2020-12/schema")]
    public void Any_dialect_that_a_chart_names_is_read(string dialect)
    {
        var chart = new ChartBuilder().Add("values.schema.json", Schema.Replace("http://json-schema.org/draft-07/schema#", dialect, StringComparison.Ordinal)).Load();

        Assert.Empty(ValuesSchema.Check(chart, Map("name: web")));
        Assert.StartsWith("/name", Assert.Single(ValuesSchema.Check(chart, Map("name: w"))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"type\": 5}")]
    [InlineData("{\"$ref\": \"http://example.invalid/schema.json\"}")]
    public void A_schema_that_is_none_is_told_so(string schema)
    {
        var errors = ValuesSchema.Check(new ChartBuilder().Add("values.schema.json", schema).Load(), Map("a: 1"));

        Assert.Contains("values.schema.json cannot be used", Assert.Single(errors), StringComparison.Ordinal);
    }

    private static Chart Chart() => new ChartBuilder().Add("values.schema.json", Schema).Load();

    private static GoMap Map(string yaml) => YamlReader.Read(yaml) as GoMap ?? [];
}
