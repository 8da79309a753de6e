using System.Collections.Concurrent;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Xunit;

namespace Stagedoor.Addons.Tests.Charts;

/// <summary>What templates look up in a cluster.</summary>
public sealed class LookupsTests
{
    private readonly ConcurrentQueue<LookupKey> _asked = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lookup_is_answered_by_the_cluster_and_asked_once()
    {
        const string Template = """{{ (lookup "v1" "Secret" "ns" "s").data.k }} """;

        var text = await RenderAsync(Template + Template, static key => Map($"data: {{k: {key.ApiVersion}/{key.Kind}/{key.Namespace}/{key.Name}}}"));

        Assert.Equal("v1/Secret/ns/s v1/Secret/ns/s ", text);
        Assert.Single(_asked);
    }

    [Fact]
    public async Task What_is_not_there_is_an_empty_map() => Assert.Equal(
        "none map[]", await RenderAsync("""{{ if lookup "v1" "Secret" "ns" "s" }}some{{ else }}none{{ end }} {{ lookup "v1" "Secret" "ns" "s" }}""", static _ => null));

    [Fact]
    public async Task What_one_lookup_says_leads_to_another()
    {
        var text = await RenderAsync(
            """{{ range (lookup "v1" "Namespace" "" "").items }}{{ (lookup "v1" "ConfigMap" .metadata.name "c").data.k }};{{ end }}""",
            static key => key.Kind is "Namespace" ? Map("items: [{metadata: {name: a}}, {metadata: {name: b}}]") : Map($"data: {{k: of-{key.Namespace}}}"));

        Assert.Equal("of-a;of-b;", text);
        Assert.Equal(3, _asked.Count);
    }

    [Fact]
    public async Task A_template_that_fails_only_while_it_does_not_know_does_not_fail()
    {
        var text = await RenderAsync(
            """{{ $m := lookup "v1" "ConfigMap" "ns" "c" }}{{ required "there has to be one" (dig "data" "k" "" $m) }}{{ lookup "v1" "Secret" "ns" "s" }}""", static key => key.Kind is "ConfigMap" ? Map("data: {k: v}") : null);

        Assert.Equal("vmap[]", text);
    }

    [Fact]
    public async Task A_template_may_change_what_it_is_given_and_the_next_one_does_not_see_it() => Assert.Equal(
        "mine theirs",
        await RenderAsync("""{{ $a := lookup "v1" "ConfigMap" "ns" "c" }}{{ $_ := set $a "k" "mine" }}{{ $a.k }} {{ (lookup "v1" "ConfigMap" "ns" "c").k }}""", static _ => Map("k: theirs")));

    [Fact]
    public async Task Whole_numbers_are_integers() => Assert.Equal(
        "3000000 int64 1.5", await RenderAsync("""{{ $m := lookup "v1" "ConfigMap" "ns" "c" }}{{ $m.a }} {{ typeOf $m.a }} {{ $m.b }}""", static _ => Map("a: 3000000\nb: 1.5")));

    [Fact]
    public async Task What_the_cluster_refuses_fails_the_render_and_only_where_it_is_asked_for()
    {
        static GoMap? Refuse(LookupKey key) => key.Kind is "Secret" ? throw new DriverRejectedException(Reasons.ApplyRejected, "secrets is forbidden") : Map("k: v");

        var error = await Assert.ThrowsAsync<TemplateException>(() => RenderAsync("""{{ lookup "v1" "Secret" "ns" "s" }}""", Refuse));
        Assert.Contains("secrets is forbidden", error.Message, StringComparison.Ordinal);

        // While nothing is known yet the secret is asked for, and in the end it is not.
        Assert.Equal("v", await RenderAsync("""{{ $m := lookup "v1" "ConfigMap" "ns" "c" }}{{ if $m }}{{ $m.k }}{{ else }}{{ lookup "v1" "Secret" "ns" "s" }}{{ end }}""", Refuse));
    }

    [Fact]
    public async Task A_cluster_that_does_not_answer_is_not_one_that_has_nothing()
    {
        var error = await Assert.ThrowsAsync<DriverUnavailableException>(() => RenderAsync(
            """{{ if not (lookup "v1" "Secret" "ns" "s") }}new{{ end }}""", static _ => throw new DriverUnavailableException("it is away")));

        Assert.Equal("it is away", error.Message);
    }

    [Fact]
    public async Task A_cluster_that_never_answers_ends_with_the_time_of_the_render() => await Assert.ThrowsAsync<DriverUnavailableException>(() => Builder("""{{ lookup "v1" "Secret" "ns" "s" }}""").RenderAsync(
        limits: new() { Timeout = TimeSpan.FromMilliseconds(200) },
        change: static r => r with
        {
            Lookup = static async (_, token) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                return null;
            },
        },
        cancellationToken: Cancellation));

    [Theory]
    [InlineData("""{{ range until 100 }}{{ lookup "v1" "Secret" "ns" (print "s" .) }}{{ end }}""", null)]
    [InlineData("""{{ range until 101 }}{{ lookup "v1" "Secret" "ns" (print "s" .) }}{{ end }}""", "looks up more than 100 things")]
    [InlineData("""{{ define "next" }}{{ $m := lookup "v1" "Secret" "ns" . }}{{ if $m.next }}{{ include "next" $m.next }}{{ end }}{{ end }}{{ include "next" "x" }}""", "leads to other things more than 10 times")]
    public async Task How_much_is_looked_up_has_an_end(string template, string? problem)
    {
        static GoMap? Next(LookupKey key) => key.Name.StartsWith('x') ? Map($"next: {key.Name}x") : null;
        if (problem is null)
        {
            await RenderAsync(template, Next);
            Assert.Equal(100, _asked.Count);
            return;
        }

        var error = await Assert.ThrowsAsync<TemplateException>(() => RenderAsync(template, Next));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.InRange(_asked.Count, 0, Lookups.MaxKeys);
    }

    [Theory]
    [InlineData(7, false)]
    [InlineData(8, true)]
    public async Task How_large_it_may_be_has_an_end(int times, bool isRefused)
    {
        var text = new string('x', 8 * 1024 * 1024);
        var list = new GoList(Enumerable.Repeat<object?>(text, times));
        var render = RenderAsync("""{{ len (lookup "v1" "ConfigMap" "ns" "").items }}""", _ => new() { ["items"] = list });
        if (!isRefused)
        {
            Assert.Equal("7", await render);
            return;
        }

        Assert.Contains("more than 67108864 characters", (await Assert.ThrowsAsync<TemplateException>(() => render)).Message, StringComparison.Ordinal);
    }

    private static GoMap Map(string yaml) => (GoMap)YamlReader.Read(yaml)!;

    private static ChartBuilder Builder(string template) => new ChartBuilder().Add("templates/a.yaml", template);

    private async Task<string> RenderAsync(string template, Func<LookupKey, GoMap?> answer)
    {
        var rendered = await Builder(template).RenderAsync(
            change: r => r with
            {
                Lookup = (key, _) =>
                {
                    _asked.Enqueue(key);
                    return Task.FromResult(answer(key));
                },
            },
            cancellationToken: Cancellation);
        return Assert.Single(rendered.Files).Text;
    }
}
