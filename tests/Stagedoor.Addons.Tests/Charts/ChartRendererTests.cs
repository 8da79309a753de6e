using Stagedoor.Addons.Rendering.Templates;
using Xunit;

namespace Stagedoor.Addons.Tests.Charts;

/// <summary>A chart renders as Helm renders it.</summary>
public sealed class ChartRendererTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("{{ .Release.Name }} {{ .Release.Namespace }} {{ .Release.Revision }} {{ .Release.IsInstall }} {{ .Release.IsUpgrade }} {{ .Release.Service }}", "rel apps 1 true false Helm")]
    [InlineData("{{ .Chart.Name }}-{{ .Chart.Version }} {{ .Chart.AppVersion }} {{ .Chart.Type }}|{{ .Chart.IsRoot }} {{ .Chart.Annotations.team }} {{ (index .Chart.Maintainers 0).Name }}", "demo-1.2.3 9.9 |true blue Ann")]
    [InlineData("{{ .Capabilities.KubeVersion.Version }} {{ .Capabilities.KubeVersion.GitVersion }} {{ .Capabilities.KubeVersion }} {{ .Capabilities.KubeVersion.Major }} {{ .Capabilities.KubeVersion.Minor }}", "v1.20.2 v1.20.2 v1.20.2 1 20")]
    [InlineData("{{ .Capabilities.APIVersions.Has \"apps/v1/Deployment\" }} {{ .Capabilities.APIVersions.Has \"batch/v1\" }} {{ hasPrefix \"v3\" .Capabilities.HelmVersion.Version }}", "true false true")]
    [InlineData("{{ semverCompare \">=1.19-0\" .Capabilities.KubeVersion.GitVersion }}", "true")]
    [InlineData("{{ .Template.Name }} {{ .Template.BasePath }}", "demo/templates/out.txt demo/templates")]
    [InlineData("{{ .Values.missing }}|{{ .Values.missing | quote }}|{{ .Values.missing | default \"x\" }}", "||x")]
    [InlineData("{{ typeOf .Values }} {{ typeOf .Values.map }} {{ kindOf .Values }}", "chartutil.Values map[string]interface {} map")]
    [InlineData("{{ tpl \"{{ .Values.map.a }} {{ .Template.Name }}\" . }}", "1 demo/templates/out.txt")]
    [InlineData("{{ .Files.Get \"conf/a.txt\" }}|{{ .Files.Get \"none\" }}|{{ .Files.Get \"values.yaml\" }}", "one\ntwo\n||")]
    [InlineData("{{ range .Files.Lines \"conf/a.txt\" }}<{{ . }}>{{ end }}", "<one><two>")]
    [InlineData("{{ range $path, $bytes := .Files.Glob \"conf/*\" }}{{ $path }}={{ len $bytes }};{{ end }}", "conf/a.txt=8;conf/b.bin=3;")]
    [InlineData("{{ (.Files.Glob \"**.txt\").AsConfig }}", "a.txt: |\n  one\n  two\nc.txt: deep")]
    [InlineData("{{ (.Files.Glob \"conf/{b.bin,x}\").AsSecrets }}", "b.bin: /wCA")]
    [InlineData("{{ .Files.Get \"conf/b.bin\" | b64enc }} {{ toString (.Files.GetBytes \"conf/a.txt\") | trim | quote }}", "/wCA \"one\\ntwo\"")]
    [InlineData("{{ lookup \"v1\" \"Secret\" \"a\" \"b\" }}", "map[]")]
    [InlineData("{{ toYaml .Chart | trunc 33 }}", "IsRoot: true\nannotations:\n  team:")]
    public async Task Its_objects_are_there(string template, string output)
    {
        var chart = new ChartBuilder(more: "appVersion: '9.9'\nannotations: {team: blue}\nmaintainers: [{name: Ann}]")
            .Add("values.yaml", "map: {a: 1}").Add("conf/a.txt", "one\ntwo\n").Add("conf/b.bin", [0xFF, 0x00, 0x80]).Add("conf/deep/c.txt", "deep");

        Assert.Equal(output, await chart.TextAsync(template, cancellationToken: Cancellation));
    }

    [Fact]
    public async Task Files_that_are_partial_or_blank_are_not_in_the_result_and_notes_stand_apart()
    {
        var rendered = await new ChartBuilder()
            .Add("templates/_helpers.tpl", "{{ define \"demo.name\" }}{{ .Release.Name }}-x{{ end }}")
            .Add("templates/b.yaml", "name: {{ include \"demo.name\" . }}\n")
            .Add("templates/a/deep.yaml", "kind: Deep\n")
            .Add("templates/off.yaml", "{{ if .Values.off }}kind: X{{ end }}\n")
            .Add("templates/NOTES.txt", "Hello {{ .Release.Name }}")
            .Add("crds/crd.yaml", "kind: {{ not a template }}")
            .RenderAsync(cancellationToken: Cancellation);

        Assert.Equal(["demo/templates/a/deep.yaml", "demo/templates/b.yaml"], rendered.Files.Select(static f => f.Path));
        Assert.Equal("name: rel-x\n", rendered.Files[1].Text);
        Assert.Equal("Hello rel", rendered.Notes);
        Assert.Equal("kind: {{ not a template }}", Assert.Single(rendered.CustomResources).Text);
    }

    [Fact]
    public async Task A_chart_in_it_sees_its_own_part_of_the_values_and_what_is_global()
    {
        var rendered = await new ChartBuilder()
            .Add("values.yaml", "global: {zone: eu, keep: {a: 1}}\nchild: {size: 5}\n")
            .Add("templates/own.yaml", "{{ .Values.child.size }} {{ .Values.child.color }} {{ .Subcharts.child.Values.size }} {{ .Subcharts.child.Chart.Name }}")
            .AddChart(new ChartBuilder("child").Add("values.yaml", "size: 1\ncolor: red\nglobal: {zone: us, keep: {b: 2}}\n")
                .Add("templates/its.yaml", "{{ .Values.size }} {{ .Values.color }} {{ .Values.global.zone }} {{ .Values.global.keep }} {{ .Template.Name }} {{ .Chart.IsRoot }} {{ .Release.Name }}"), "child")
            .RenderAsync("child: {color: blue}", cancellationToken: Cancellation);

        Assert.Equal(
            ["demo/charts/child/templates/its.yaml: 5 blue eu map[a:1 b:2] demo/charts/child/templates/its.yaml false rel", "demo/templates/own.yaml: 5 blue 5 child"],
            rendered.Files.Select(static f => f.Path + ": " + f.Text));
    }

    [Fact]
    public async Task The_definition_of_the_chart_itself_wins_against_one_of_a_chart_in_it()
    {
        var rendered = await new ChartBuilder()
            .Add("templates/_a.tpl", "{{ define \"shared\" }}own{{ end }}")
            .AddPackedChart(new ChartBuilder("child").Add("templates/_z.tpl", "{{ define \"shared\" }}child{{ end }}").Add("templates/x.yaml", "{{ include \"shared\" . }}"), "child")
            .RenderAsync(cancellationToken: Cancellation);

        Assert.Equal("own", Assert.Single(rendered.Files).Text);
    }

    [Fact]
    public async Task What_a_template_sets_in_the_values_of_a_chart_the_chart_sees()
    {
        var rendered = await new ChartBuilder()
            .Add("templates/a.yaml", "{{ .Values.child.mark }}")
            .AddChart(new ChartBuilder("child").Add("templates/z.yaml", "{{ $_ := set .Values \"mark\" \"seen\" }}{{ .Values.mark }}").Add("templates/b.yaml", "{{ .Values.mark }}"), "child")
            .RenderAsync(cancellationToken: Cancellation);

        Assert.All(rendered.Files, static f => Assert.Equal("seen", f.Text));
        Assert.Equal(3, rendered.Files.Count);
    }

    [Fact]
    public async Task A_library_gives_its_definitions_only()
    {
        var library = new ChartBuilder("lib", "type: library").Add("templates/_l.tpl", "{{ define \"lib.x\" }}from lib{{ end }}").Add("templates/no.yaml", "kind: No");

        var rendered = await new ChartBuilder().AddChart(library, "lib").Add("templates/a.yaml", "{{ include \"lib.x\" . }}").RenderAsync(cancellationToken: Cancellation);
        var alone = await Assert.ThrowsAsync<TemplateException>(() => library.RenderAsync(cancellationToken: Cancellation));

        Assert.Equal("from lib", Assert.Single(rendered.Files).Text);
        Assert.Contains("not installable", alone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mistake_is_told_with_file_line_and_column()
    {
        var parse = await Assert.ThrowsAsync<TemplateException>(() => new ChartBuilder().Add("templates/a.yaml", "a\nb {{ if }}").RenderAsync(cancellationToken: Cancellation));
        var run = await Assert.ThrowsAsync<TemplateException>(() => new ChartBuilder().Add("templates/a.yaml", "a\n  b: {{ required \"size is needed\" .Values.size }}").RenderAsync(cancellationToken: Cancellation));

        Assert.Equal(("demo/templates/a.yaml", 2), (parse.File, parse.Line));
        Assert.Equal(("demo/templates/a.yaml", 2, 8, "size is needed"), (run.File, run.Line, run.Column, run.Message[^14..]));
    }

    [Fact]
    public async Task Too_much_output_and_too_long_a_time_stop_a_render()
    {
        var chart = new ChartBuilder().Add("templates/a.yaml", "{{ repeat 100 \"x\" }}");
        var endless = new ChartBuilder().Add("templates/a.yaml", "{{ range until 1000000 }}{{ range until 1000000 }}{{ end }}{{ end }}");

        var large = await Assert.ThrowsAsync<TemplateException>(() => chart.RenderAsync(limits: new() { MaxOutputBytes = 99 }, cancellationToken: Cancellation));
        await chart.RenderAsync(limits: new() { MaxOutputBytes = 100 }, cancellationToken: Cancellation);
        var late = await Assert.ThrowsAsync<TemplateException>(() => endless.RenderAsync(limits: new() { MaxSteps = long.MaxValue, Timeout = TimeSpan.FromMilliseconds(50) }, cancellationToken: Cancellation));

        Assert.True(large.IsLimit && late.IsLimit);
    }

    [Fact]
    public async Task A_render_that_its_caller_cancels_ends_as_cancelled()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new ChartBuilder().Add("templates/a.yaml", "{{ range until 100000 }}{{ end }}").RenderAsync(cancellationToken: cancelled.Token));
    }

    [Fact]
    public async Task The_same_chart_renders_for_many_at_once()
    {
        var builder = new ChartBuilder().Add("values.yaml", "size: 0\nm: {a: 1}").Add("templates/a.yaml", "{{ $_ := set .Values.m \"b\" .Values.size }}{{ .Values.size }} {{ .Values.m.b }}");

        var all = await Task.WhenAll(Enumerable.Range(1, 20).Select(i => builder.RenderAsync($"size: {i}", cancellationToken: Cancellation)));

        Assert.Equal(Enumerable.Range(1, 20).Select(static i => $"{i} {i}"), all.Select(static r => r.Files[0].Text));
    }
}
