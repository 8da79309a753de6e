using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Addons.Tests.Drivers.Kubernetes;
using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Addons.Tests.Http.InstanceSite;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>A tag that is pushed to the registry rolls the workload that a trigger names.</summary>
public sealed class WorkloadImageTests(AddonSite site) : IClassFixture<AddonSite>
{
    private const string Deployments = "/apis/apps/v1/namespaces/kube-system/deployments/";
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private StagedoorApp App => site.App;

    private IWorkloads Workloads => App.Services.GetRequiredService<IWorkloads>();

    private string Host => new Uri(App.Url).Authority;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_pushed_tag_is_written_into_the_files_of_a_cluster_and_an_upgrade_brings_the_charts_own_image_back()
    {
        await site.PublishAsync(AddonSite.Chart("rolled", "1.0.0", ("templates/app.yaml", Workload("rolled"))));
        await site.PublishAsync(AddonSite.Chart("rolled", "1.1.0", ("templates/app.yaml", Workload("rolled"))));
        var cluster = await site.RegisterAsync("rolled-files");
        var id = await App.InstallAsync(cluster, "rolled", "1.0.0");
        await TriggerAsync("rolled-files", cluster, "rolled", "app");

        var digest = await PushAsync("rolled-files", "v1");
        await ShouldRunAsync(cluster, "rolled", $"{Host}/rolled-files/shop:v1@{digest}");

        // The same tag is another image.
        var later = await PushAsync("rolled-files", "v1");
        await ShouldRunAsync(cluster, "rolled", $"{Host}/rolled-files/shop:v1@{later}");
        var text = await FileAsync(cluster, "rolled");
        Assert.Contains("image: side:1", text, StringComparison.Ordinal);
        await Eventually.TrueAsync("the history", s_patience, async () => (await HistoryAsync("rolled-files")).Count == 2);
        Assert.All(await HistoryAsync("rolled-files"), static h => Assert.Equal("success", h.GetProperty("result").GetString()));

        var resources = await App.Admin.GetFromJsonAsync<JsonElement>($"{Root}/{id}/resources", Cancellation);
        var diff = await App.Admin.GetFromJsonAsync<JsonElement>($"{Root}/{id}/diff", Cancellation);
        Assert.Equal("running", resources.GetProperty("status").GetString());
        var changed = Assert.Single(diff.GetProperty("objects").EnumerateArray());
        Assert.Equal(("changed", "Deployment"), (changed.GetProperty("change").GetString(), changed.GetProperty("kind").GetString()));

        await App.UpgradeAsync(id, cluster, "rolled", "1.1.0");
        Assert.Contains("image: shop:chart", await FileAsync(cluster, "rolled"), StringComparison.Ordinal);
        Assert.Empty((await App.Admin.GetFromJsonAsync<JsonElement>($"{Root}/{id}/diff", Cancellation)).GetProperty("objects").EnumerateArray());
    }

    [Fact]
    public async Task A_pushed_tag_is_patched_into_a_cluster_and_an_upgrade_does_as_its_policy_says()
    {
        await using var server = await ApiServer.StartAsync();
        var cluster = await RegisterAsync(server, "rolled-kube");
        foreach (var (version, image) in (IEnumerable<(string, string)>)[("1.0.0", "shop:chart"), ("1.1.0", "shop:chart"), ("1.2.0", "shop:next")])
        {
            await site.PublishAsync(AddonSite.Chart("kubed", version, ("templates/app.yaml", Workload("kubed", image))));
        }

        var id = await App.InstallAsync(cluster, "kubed", "1.0.0");
        await TriggerAsync("rolled-kube", cluster, "kubed", "app");

        var pushed = $"{Host}/rolled-kube/shop:v2@{await PushAsync("rolled-kube", "v2")}";
        await Eventually.TrueAsync("the patch", s_patience, () => ImageIn(server, "kubed", 0) == pushed);
        Assert.Equal("side:1", ImageIn(server, "kubed", 1));

        Assert.Contains("stagedoor-images", await UpgradeAsync(id, cluster, "1.1.0", "none", "upgradeFailed"), StringComparison.Ordinal);
        await UpgradeAsync(id, cluster, "1.1.0", "preserve", "running");
        Assert.Equal(pushed, ImageIn(server, "kubed", 0));
        await UpgradeAsync(id, cluster, "1.2.0", "overwrite", "running");
        Assert.Equal("shop:next", ImageIn(server, "kubed", 0));
    }

    [Fact]
    public async Task What_cannot_be_set_is_told_and_what_may_go_later_is_tried_again()
    {
        await using var server = await ApiServer.StartAsync();
        var (files, kube) = (await site.RegisterAsync("unset-files"), await RegisterAsync(server, "unset-kube"));
        await site.PublishAsync(AddonSite.Chart("unset", "1.0.0", ("templates/app.yaml", Workload("unset"))));
        await App.InstallAsync(files, "unset");
        await App.InstallAsync(kube, "unset");

        foreach (var cluster in (string[])[files, kube])
        {
            await ShouldBeAsync(false, "There is no Deployment kube-system/nobody in the cluster.", Image(cluster, "nobody"));
            await ShouldBeAsync(false, "There is no StatefulSet kube-system/unset in the cluster.", Image(cluster, "unset") with { Kind = WorkloadKind.StatefulSet });
            await ShouldBeAsync(false, "There is no Deployment elsewhere/unset in the cluster.", Image(cluster, "unset") with { Namespace = "elsewhere" });
            await ShouldBeAsync(false, "Deployment kube-system/unset has no container nobody.", Image(cluster, "unset") with { Container = "nobody" });
            await ShouldBeAsync(false, "There is no Deployment kube-system/../../x in the cluster.", Image(cluster, "../../x"));
            await ShouldBeAsync(true, "runs here/shop:v1@sha256:", Image(cluster, "unset"));
            await ShouldBeAsync(true, "runs here/shop:v1@sha256:", Image(cluster, "unset"));
        }

        await ShouldBeAsync(false, "The cluster is not registered any more.", Image("nowhere", "unset"));
        await ShouldBeAsync(false, "The cluster is not registered any more.", Image(files, "unset") with { DomainId = "other" });
        await ShouldBeAsync(false, "Workloads outside of clusters", Image(files, "unset") with { ClusterId = null });
        Assert.True(await Workloads.HasClusterAsync(App.FirstRun.DomainId, files, Cancellation));
        Assert.False(await Workloads.HasClusterAsync("other", files, Cancellation));

        server.Fault = static context =>
        {
            context.Abort();
            return Task.FromResult(true);
        };
        await Assert.ThrowsAsync<WorkloadsException>(() => Workloads.SetImageAsync(Image(kube, "unset") with { Digest = Digest.Parse($"sha256:{new string('1', 64)}", null) }, Cancellation));
        using (App.Sabotage("addons").Unreadable("cluster"))
        {
            await Assert.ThrowsAsync<WorkloadsException>(() => Workloads.SetImageAsync(Image(files, "unset"), Cancellation));
        }
    }

    [Fact]
    public async Task All_containers_are_set_where_none_is_named()
    {
        var cluster = await site.RegisterAsync("all-containers");
        await site.PublishAsync(AddonSite.Chart("crowded", "1.0.0", ("templates/app.yaml", Workload("crowded"))));
        await App.InstallAsync(cluster, "crowded");

        await ShouldBeAsync(true, "runs", Image(cluster, "crowded") with { Container = null });

        Assert.Equal(2, (await FileAsync(cluster, "crowded")).Split("image: here/shop:v1@sha256:").Length - 1);
    }

    private WorkloadImage Image(string cluster, string name) => new()
    {
        DomainId = App.FirstRun.DomainId,
        ClusterId = cluster,
        Namespace = "kube-system",
        Kind = WorkloadKind.Deployment,
        Name = name,
        Container = "app",
        Image = "here/shop:v1",
        Digest = Digest.Parse($"sha256:{new string('0', 64)}", null),
    };

    private async Task ShouldBeAsync(bool isSet, string detail, WorkloadImage image)
    {
        var result = await Workloads.SetImageAsync(image, Cancellation);
        Assert.Equal(isSet, result.IsSet);
        Assert.Contains(detail, result.Detail, StringComparison.Ordinal);
    }

    private async Task<string> UpgradeAsync(string id, string cluster, string version, string policy, string status)
    {
        Dictionary<string, string> annotations = new(StringComparer.Ordinal) { ["addon.upgrade/conflicts"] = policy };
        using (var response = await App.Admin.PutAsJsonAsync($"{Root}/{id}", Upgrade(cluster, "kubed", version, annotations: annotations), Cancellation))
        {
            await AddonSite.ReadAsync(response);
        }

        return (await App.WaitForAsync(id, status)).GetProperty("status").GetProperty("message").GetString()!;
    }

    private Task ShouldRunAsync(string cluster, string template, string image) => Eventually.TrueAsync(
        $"{image} in the file", s_patience, async () => (await FileAsync(cluster, template)).Contains($"image: {image}", StringComparison.Ordinal));

    private async Task<string> FileAsync(string cluster, string template) =>
        await File.ReadAllTextAsync(Directory.GetFiles(App.Release(cluster, template), "*deployment*").Single(), Cancellation);

    private static string ImageIn(ApiServer server, string name, int container) =>
        server.Objects[Deployments + name]["spec"]!["template"]!["spec"]!["containers"]![container]!["image"]!.GetValue<string>();

    private async Task<string> RegisterAsync(ApiServer server, string name)
    {
        Dictionary<string, string> annotations = new(StringComparer.Ordinal)
        {
            ["stagedoor.io/driver"] = "kubernetes",
            ["stagedoor.io/kubeconfig"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(server.Kubeconfig())),
        };
        using var response = await App.Admin.PostAsJsonAsync(site.Clusters, AddonSite.Cluster(name, annotations: annotations), Cancellation);
        return (await AddonSite.ReadAsync(response, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;
    }

    // An organization with a repository, and a trigger there for each tag.
    private async Task TriggerAsync(string organization, string cluster, string application, string container)
    {
        using var made = await App.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = organization }, Cancellation);
        Assert.True(made.IsSuccessStatusCode);
        using var repository = await App.Admin.PostAsJsonAsync($"/v2/manage/namespaces/{organization}/repos", new { repository = "shop", is_public = false }, Cancellation);
        Assert.True(repository.IsSuccessStatusCode);
        var trigger = new
        {
            action = "update",
            app_type = "deployments",
            application,
            cluster_id = cluster,
            cluster_name = "it",
            cluster_ns = "kube-system",
            condition = ".*",
            container,
            enable = "true",
            name = "roll",
            trigger_type = "all",
        };
        using var unknown = await App.Admin.PostAsJsonAsync($"/v2/manage/namespaces/{organization}/repos/shop/triggers", trigger with { cluster_id = Guid.NewGuid().ToString("D"), name = "lost" }, Cancellation);
        Assert.Equal(400, (int)unknown.StatusCode);
        using var triggered = await App.Admin.PostAsJsonAsync($"/v2/manage/namespaces/{organization}/repos/shop/triggers", trigger, Cancellation);
        await AddonSite.ReadAsync(triggered, 201);
    }

    private async Task<IReadOnlyList<JsonElement>> HistoryAsync(string organization) =>
        [.. (await App.Admin.GetFromJsonAsync<JsonElement>($"/v2/manage/namespaces/{organization}/repos/shop/triggers/roll", Cancellation)).GetProperty("trigger_history").EnumerateArray()];

    // Pushes a new image and gives its digest.
    private async Task<string> PushAsync(string organization, string tag)
    {
        using var registry = App.Registry();
        var (config, layer) = (RandomNumberGenerator.GetBytes(100), RandomNumberGenerator.GetBytes(200));
        foreach (var blob in (byte[][])[config, layer])
        {
            using var body = new ByteArrayContent(blob);
            body.Headers.ContentType = new("application/octet-stream");
            using var pushed = await registry.PostAsync($"/v2/{organization}/shop/blobs/uploads/?digest={DigestOf(blob)}", body, Cancellation);
            Assert.Equal(201, (int)pushed.StatusCode);
        }

        var manifest = JsonSerializer.SerializeToUtf8Bytes(new
        {
            schemaVersion = 2,
            mediaType = ManifestType,
            config = new { mediaType = "application/vnd.oci.image.config.v1+json", digest = DigestOf(config), size = config.Length },
            layers = new[] { new { mediaType = "application/vnd.oci.image.layer.v1.tar", digest = DigestOf(layer), size = layer.Length } },
        });
        using var content = new ByteArrayContent(manifest);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(ManifestType);
        using var put = await registry.PutAsync($"/v2/{organization}/shop/manifests/{tag}", content, Cancellation);
        Assert.Equal(201, (int)put.StatusCode);
        return DigestOf(manifest);
    }

    private static string DigestOf(byte[] bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

    private static string Workload(string name, string image = "shop:chart") => $$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: {{name}} }
        spec:
          replicas: 1
          selector: {matchLabels: {app: {{name}} } }
          template: {metadata: {labels: {app: {{name}} } }, spec: {containers: [{name: app, image: "{{image}}"}, {name: side, image: "side:1"}]} }
        """;
}
