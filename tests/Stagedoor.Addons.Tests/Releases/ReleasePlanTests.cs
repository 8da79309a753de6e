using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Yaml;
using Stagedoor.Addons.Tests.Drivers;
using Xunit;

namespace Stagedoor.Addons.Tests.Releases;

/// <summary>What a chart rendered to becomes a plan.</summary>
public sealed class ReleasePlanTests
{
    [Fact]
    public async Task A_list_is_the_objects_in_it()
    {
        var plan = await GitOpsRig.PlanAsync(1, "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n- {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: b, namespace: x}}\n");

        Assert.Equal(["ConfigMap kube-system/a", "ClusterRole.rbac.authorization.k8s.io b"], plan.Objects.Select(static o => o.Id.ToString()));
    }

    [Theory]
    [InlineData("kind: Pod\nmetadata: {name: a}", "apiVersion is missing")]
    [InlineData("apiVersion: v1\nmetadata: {name: a}", "kind is missing")]
    [InlineData("apiVersion: v1\nkind: Pod\nmetadata: {generateName: a}", "metadata.name is missing")]
    [InlineData("apiVersion: v1\nkind: Pod\nmetadata: {name: \"a\\0\"}", "metadata.name is none that Kubernetes takes")]
    [InlineData("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: kube-system}", "Pod kube-system/a is there twice")]
    public async Task What_is_no_object_is_told_with_its_file(string text, string message)
    {
        var error = await Assert.ThrowsAsync<TemplateException>(() => GitOpsRig.PlanAsync(1, text));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal("probe/templates/all.yaml", error.File);
    }

    [Theory]
    [InlineData("data: {v: .nan}")]
    [InlineData("data: {v: -.inf}")]
    [InlineData("data: {[a]: b}")]
    [InlineData("data: &a {v: *a}")]
    public async Task What_json_has_no_word_for_is_told_apart(string text)
    {
        var error = await Assert.ThrowsAsync<TemplateException>(() => GitOpsRig.PlanAsync(1, $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n{text}\n"));

        Assert.NotNull(UnserializableException.Behind(error));
    }
}
