using System.Globalization;
using Stagedoor.Addons.Rendering.Functions;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Charts;

/// <summary>What a chart may ask about the cluster: its version, and the groups and kinds that it serves (<c>apps/v1</c>, <c>apps/v1/Deployment</c>).</summary>
internal sealed record Capabilities(string KubeVersion, IReadOnlyCollection<string> ApiVersions)
{
    // The Helm of which charts see the version: some refuse an older one.
    private const string HelmVersion = "v3.18.6";

    public GoStruct ToStruct()
    {
        var version = ChartVersion.Parse(KubeVersion);
        var kube = new GoStruct("chartutil.KubeVersion") { Text = KubeVersion }
            .Field("Version", KubeVersion, "Version")
            .Field("Major", version?.Major.ToString(CultureInfo.InvariantCulture) ?? "", "Major")
            .Field("Minor", version?.Minor.ToString(CultureInfo.InvariantCulture) ?? "", "Minor")
            .Method(GoFunction.Constant("GitVersion", KubeVersion))
            .Method(GoFunction.Constant("String", KubeVersion));
        var served = ApiVersions.ToHashSet(StringComparer.Ordinal);
        var apis = new GoList(ApiVersions.Order(StringComparer.Ordinal))
        {
            ElementType = "string",
            Methods = name => name is "Has" ? new(name, "s", (_, a) => served.Contains((string)a[0]!)) : null,
        };
        return new GoStruct("*chartutil.Capabilities")
            .Field("KubeVersion", kube, "KubeVersion")
            .Field("APIVersions", apis, "APIVersions")
            .Field("HelmVersion", new GoStruct("version.BuildInfo")
                .Field("Version", HelmVersion, "version")
                .Field("GitCommit", "", "git_commit")
                .Field("GitTreeState", "", "git_tree_state")
                .Field("GoVersion", "", "go_version"), "HelmVersion");
    }
}
