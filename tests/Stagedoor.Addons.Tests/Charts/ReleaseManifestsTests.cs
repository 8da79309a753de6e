using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Templates;
using Xunit;

namespace Stagedoor.Addons.Tests.Charts;

/// <summary>What a chart rendered to becomes objects in an order, and hooks.</summary>
public sealed class ReleaseManifestsTests
{
    [Fact]
    public async Task Objects_are_in_the_order_of_their_kinds_and_unknown_ones_come_last()
    {
        var manifests = await OfAsync(new ChartBuilder()
            .Add("templates/a.yaml", "kind: Zebra\nmetadata: {name: z}\n---\nkind: Deployment\nmetadata: {name: d}\n--- # comment\nkind: Alpaca\nmetadata: {name: a}\n")
            .Add("templates/b.yaml", "---\n# only a comment\n---\nkind: Service\nmetadata: {name: s2, namespace: other}\n---\n\n---\nkind: Namespace\nmetadata: {name: ns}\n---\nkind: Service\nmetadata: {name: s1}\n"));

        Assert.Equal(["Namespace/ns", "Service/s2", "Service/s1", "Deployment/d", "Alpaca/a", "Zebra/z"], manifests.Objects.Select(static o => $"{o.Kind}/{o.Name}"));
        Assert.Equal(("other", "demo/templates/b.yaml"), (manifests.Objects[1].Namespace, manifests.Objects[1].Source));
    }

    [Fact]
    public async Task Three_hyphens_inside_a_text_do_not_part_it()
    {
        var manifests = await OfAsync(new ChartBuilder().Add("templates/a.yaml", "kind: ConfigMap\nmetadata: {name: c}\ndata:\n  x: |\n    one\n    ---\n    two\n  y: '---'\n"));

        Assert.Equal("one\n---\ntwo\n", Assert.Single(manifests.Objects).Content.At("data.x"));
    }

    [Fact]
    public async Task Hooks_stand_apart_by_weight()
    {
        static string Job(string name, string annotations) => $"kind: Job\nmetadata: {{name: {name}, annotations: {{{annotations}}}}}\n";
        var manifests = await OfAsync(new ChartBuilder()
            .Add("templates/a.yaml", Job("late", "helm.sh/hook: 'pre-install, Post-Upgrade', helm.sh/hook-weight: '5'"))
            .Add("templates/b.yaml", Job("early", "helm.sh/hook: pre-install, helm.sh/hook-weight: '-5', helm.sh/hook-delete-policy: 'hook-succeeded,hook-failed'"))
            .Add("templates/c.yaml", Job("never", "helm.sh/hook: crd-install"))
            .Add("templates/d.yaml", Job("kept", "helm.sh/resource-policy: keep"))
            .Add("templates/tests/t.yaml", "kind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test-success}}\n"));

        Assert.Equal(["early", "t", "late"], manifests.Hooks.Select(static h => h.Name));
        Assert.Equal(["hook-succeeded", "hook-failed"], manifests.Hooks[0].Hook!.DeletePolicies);
        Assert.Equal(["test"], manifests.Hooks[1].Hook!.Events);
        Assert.Equal(["pre-install", "post-upgrade"], manifests.Hooks[2].Hook!.Events);
        Assert.Equal(["before-hook-creation"], manifests.Hooks[2].Hook!.DeletePolicies);
        Assert.True(Assert.Single(manifests.Objects).IsKept);
    }

    [Theory]
    [InlineData("a: b: c", "YAML parse error on demo/templates/a.yaml")]
    [InlineData("- a", "the document is no map")]
    public async Task What_is_no_object_is_told_with_its_file(string text, string message)
    {
        var error = await Assert.ThrowsAsync<TemplateException>(() => OfAsync(new ChartBuilder().Add("templates/a.yaml", text)));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal("demo/templates/a.yaml", error.File);
    }

    private static async Task<ReleaseManifests> OfAsync(ChartBuilder chart) => ReleaseManifests.Of(await chart.RenderAsync(cancellationToken: TestContext.Current.CancellationToken));
}
