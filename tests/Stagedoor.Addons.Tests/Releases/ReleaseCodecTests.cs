using System.Text;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Stagedoor.Addons.Tests.Drivers;
using Xunit;

namespace Stagedoor.Addons.Tests.Releases;

/// <summary>Records of releases, as Helm keeps them.</summary>
public sealed class ReleaseCodecTests
{
    [Fact]
    public async Task A_record_is_read_as_it_was_written()
    {
        var plan = await GitOpsRig.PlanAsync(3, GitOpsRig.ConfigMap("a", "1") + "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j, annotations: {helm.sh/hook: pre-install, helm.sh/hook-weight: '-2'}}\n", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: c}\n");

        var read = ReleaseCodec.Decode(ReleaseCodec.Encode(plan.Record));

        Assert.Equal((plan.Record.Key, 3, plan.Record.Manifest, "i1"), (read.Key, read.Revision, read.Manifest, read.OwnerId));
        Assert.Equal(plan.Record.LastDeployed, read.LastDeployed);
        Assert.Equal("info", read.Config.At("custom.level"));
        Assert.Equal(("j", -2), Assert.Single(read.Hooks) is var hook ? (hook.Name, hook.Weight) : default);
        Assert.Equal("probe", read.Chart.At("metadata.name"));
        var again = ReleasePlan.Of(read);
        Assert.Equal(plan.All.Select(static o => (o.Id, o.Text)), again.All.Select(static o => (o.Id, o.Text)));
        Assert.Single(again.Hooks);
    }

    [Fact]
    public async Task Its_json_is_what_helm_reads()
    {
        var map = (GoMap)JsonText.Read(Encoding.UTF8.GetString(await UnpackAsync(ReleaseCodec.Encode((await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1"))).Record))))!;

        Assert.Equal(("cceaddon-probe", "kube-system", 1.0, "deployed"), (map["name"], map["namespace"], map["version"], map.At("info.status")));
        Assert.Equal("2026-01-05T10:00:00.0000000Z", map.At("info.last_deployed"));
        Assert.StartsWith("---\n# Source: probe/templates/all.yaml\napiVersion: v1\n", (string)map["manifest"]!, StringComparison.Ordinal);
        Assert.Equal("templates/all.yaml", ((GoMap)((GoList)map.At("chart.templates")!)[0]!)["name"]);
    }

    [Fact]
    public async Task A_record_that_was_not_compressed_is_read_too()
    {
        var plan = await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1"));
        var plain = Convert.ToBase64String(await UnpackAsync(ReleaseCodec.Encode(plan.Record)));

        Assert.Equal(plan.Record.Manifest, ReleaseCodec.Decode(plain).Manifest);
    }

    [Fact]
    public async Task What_only_documents_a_chart_is_left_out_of_a_record_that_would_be_too_large()
    {
        var plan = await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1"));
        var noise = System.Security.Cryptography.RandomNumberGenerator.GetBytes(1_200_000);
        var chart = new GoMap(plan.Record.Chart) { ["files"] = new GoList([new GoMap { ["name"] = "README.md", ["data"] = Convert.ToBase64String(noise) }]) };

        var text = ReleaseCodec.Encode(plan.Record with { Chart = chart });

        Assert.True(text.Length < 900 * 1024);
        Assert.Single(ReleaseCodec.Decode(text).Chart.At("templates") as GoList ?? []);
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("not base64!")]
    [InlineData("H4sIAAAA")]
    [InlineData("e30=")]
    [InlineData("W10=")]
    public void What_is_no_record_is_refused(string text) => Assert.Throws<DriverDataException>(() => ReleaseCodec.Decode(text));

    private static async Task<byte[]> UnpackAsync(string text)
    {
        await using var gzip = new System.IO.Compression.GZipStream(new MemoryStream(Convert.FromBase64String(text)), System.IO.Compression.CompressionMode.Decompress);
        using var json = new MemoryStream();
        await gzip.CopyToAsync(json, TestContext.Current.CancellationToken);
        return json.ToArray();
    }
}
