using Microsoft.Extensions.Time.Testing;
using Stagedoor.Addons.Rendering.Templates;
using Xunit;

namespace Stagedoor.Addons.Tests;

/// <summary>A template ends, whatever it says.</summary>
public sealed class RenderLimitsTests
{
    [Theory]
    [InlineData("{{ range until 100000000 }}{{ . }}{{ end }}")]
    [InlineData("{{ range $i := until 1000 }}{{ range until 1000 }}{{ range until 1000 }}{{ end }}{{ end }}{{ end }}")]
    [InlineData("{{ $x := \"abcdefgh\" }}{{ range until 60 }}{{ $x = print $x $x }}{{ end }}")]
    [InlineData("{{ repeat 2000000000 \"x\" }}")]
    [InlineData("{{ indent 2000000000 \"x\" }}")]
    [InlineData("{{ seq 1 2000000000 | len }}")]
    [InlineData("{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}")]
    [InlineData("{{ tpl . . }}")]
    public void What_grows_without_end_is_stopped(string template)
    {
        var error = Assert.Throws<TemplateException>(() => Render(template, template, Cancellation));

        Assert.True(error.IsLimit, error.Message);
        Assert.Contains("renders to too much", error.Message, StringComparison.Ordinal);
        Assert.Equal("case", error.File);
        Assert.Equal(1, error.Line);
    }

    [Theory]
    [InlineData("{{ $d := dict }}{{ $_ := set $d \"a\" $d }}{{ $_ := set $d \"b\" $d }}{{ $d }}")]
    [InlineData("{{ $d := dict }}{{ $_ := set $d \"a\" $d }}{{ $_ := set $d \"b\" $d }}{{ printf \"%s %#v\" $d $d }}")]
    [InlineData("{{ $d := dict }}{{ $_ := set $d \"a\" $d }}{{ $_ := set $d \"b\" $d }}{{ mustToJson $d }}")]
    [InlineData("{{ $d := dict }}{{ $_ := set $d \"a\" $d }}{{ $_ := set $d \"b\" $d }}{{ mustToYaml $d }}")]
    [InlineData("{{ $d := dict }}{{ $_ := set $d \"a\" $d }}{{ $_ := set $d \"b\" $d }}{{ mustToToml $d }}")]
    [InlineData("{{ $d := dict }}{{ $_ := set $d \"a\" $d }}{{ $_ := set $d \"b\" $d }}{{ deepCopy $d }}")]
    [InlineData("{{ $d := dict }}{{ $_ := set $d \"a\" $d }}{{ $e := dict }}{{ $_ := set $e \"a\" $e }}{{ deepEqual $d $e }}")]
    [InlineData("{{ $t := repeat 1000000 \"x\" }}{{ $l := list }}{{ range until 1000 }}{{ $l = append $l $t }}{{ end }}{{ print $l }}")]
    public void A_map_in_itself_and_a_value_that_is_too_large_are_refused(string template)
    {
        var error = Assert.Throws<TemplateException>(() => Render(template, null, Cancellation));

        Assert.EndsWith("the value is too large, or contains itself", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{ $l := list 1 2 }}{{ range until 60 }}{{ $l = concat $l $l }}{{ end }}")]
    [InlineData("{{ $t := repeat 1000000 \"x\" }}{{ $l := list }}{{ range until 1000 }}{{ $l = append $l $t }}{{ end }}{{ join \",\" $l | len }}")]
    public void A_list_that_doubles_is_stopped(string template) => Assert.True(Assert.Throws<TemplateException>(() => Render(template, null, Cancellation)).IsLimit);

    [Fact]
    public void Ten_thousand_parentheses_are_refused_or_borne()
    {
        var template = "{{ " + new string('(', 10_000) + "1" + new string(')', 10_000) + " }}";

        // On a small stack it is refused; what it must not do is end the process.
        try
        {
            Assert.Equal("1", Render(template, null, Cancellation));
        }
        catch (TemplateException e)
        {
            Assert.Contains("nested too deeply", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_template_that_includes_itself_is_told_so()
    {
        var error = Assert.Throws<TemplateException>(() => Render("{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}", null, Cancellation));

        Assert.Contains("deep", error.Message, StringComparison.Ordinal);
        Assert.True(error.Message.Length < 2000, "the chain of calls is not part of the message");
    }

    [Fact]
    public void A_cancelled_render_stops()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();

        var error = Assert.Throws<TemplateException>(() => Render("{{ range until 100000 }}{{ end }}", null, cancelled.Token));

        Assert.True(error.IsLimit);
    }

    [Fact]
    public void A_failure_in_an_included_template_is_told_with_the_place_in_its_file()
    {
        var set = new TemplateSet();
        set.Add(Parser.Parse("demo/templates/_helpers.tpl", "{{ define \"name\" }}\n  {{ fail \"no name\" }}{{ end }}"));
        set.Add(Parser.Parse("demo/templates/pod.yaml", "kind: Pod\nname: {{ include \"name\" . }}"));

        var error = Assert.Throws<TemplateException>(() => Executor.Execute(Run(Cancellation), set, "demo/templates/pod.yaml", null));

        Assert.Equal(("demo/templates/_helpers.tpl", 2, 5, false), (error.File, error.Line, error.Column, error.IsLimit));
        Assert.Contains("demo/templates/pod.yaml:2:9", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("error calling fail: no name", error.Message, StringComparison.Ordinal);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Render(string template, object? data, CancellationToken cancellationToken)
    {
        var set = new TemplateSet();
        set.Add(Parser.Parse("case", template));
        return Executor.Execute(Run(cancellationToken), set, "case", data);
    }

    private static RenderRun Run(CancellationToken cancellationToken) => new(new() { MaxDepth = 100, MaxSteps = 2_000_000 }, new FakeTimeProvider(), cancellationToken);
}
