using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Tests.Charts;
using Xunit;

namespace Stagedoor.Addons.Tests.Drivers.Kubernetes;

/// <summary>Faults of an API server, of the way to it, and of whoever works with it.</summary>
public sealed class KubernetesFaultTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("install", 9)]
    [InlineData("upgrade", 8)]
    [InlineData("rollback", 9)]
    [InlineData("uninstall", 6)]
    public async Task An_answer_that_is_lost_changes_nothing(string operation, int atLeast)
    {
        await using var whole = await KubernetesRig.StartAsync();
        var plans = await PlansAsync();
        await PrepareAsync(whole, operation, plans);
        await DoAsync(whole, operation, plans);
        var hooks = Hooks(whole);
        var lost = 0;
        for (var isCut = true; isCut;)
        {
            await using var rig = await KubernetesRig.StartAsync();
            await PrepareAsync(rig, operation, plans);
            var seen = 0;
            rig.Server.Loses = context => Task.FromResult(context.Request.Method is not "GET" && seen++ == lost);
            isCut = await Record.ExceptionAsync(() => DoAsync(rig, operation, plans)) is DriverUnavailableException;
            rig.Server.Loses = null;
            rig.Restart();
            await DoAsync(rig, operation, plans);

            Assert.Equal(whole.State(), rig.State());
            Assert.Equal(hooks, Hooks(rig));
            lost++;
        }

        Assert.InRange(lost, atLeast, 200);
    }

    [Fact]
    public async Task Whoever_is_not_wanted_any_more_changes_nothing_from_then_on()
    {
        await using var whole = await KubernetesRig.StartAsync();
        var plans = await PlansAsync();
        await whole.ApplyAsync(plans[0]);
        for (var allowed = 0; allowed < whole.Server.Changes; allowed++)
        {
            await using var rig = await KubernetesRig.StartAsync();
            var asked = 0;
            var plan = plans[0] with { Confirm = _ => asked++ < allowed ? Task.CompletedTask : Task.FromException(new SupersededException()) };

            await Assert.ThrowsAsync<SupersededException>(() => rig.ApplyAsync(plan));

            Assert.Equal(allowed, rig.Server.Changes);
        }
    }

    [Fact]
    public async Task Neither_silence_nor_a_body_that_never_ends_is_waited_for_longer_than_its_time()
    {
        await using var rig = await KubernetesRig.StartAsync();
        rig.Server.Fault = static async context =>
        {
            context.Response.ContentType = "application/json";
            var gone = new TaskCompletionSource();
            await using (context.RequestAborted.Register(gone.SetResult))
            {
                while (!gone.Task.IsCompleted)
                {
                    await context.Response.WriteAsync(" ");
                    await context.Response.Body.FlushAsync();
                    await Task.WhenAny(gone.Task, Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System));
                }
            }

            return true;
        };
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var silence = $"https://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}";

        var errors = await Task.WhenAll(((ClusterConnection[])[rig.Cluster, rig.Cluster with { Kubeconfig = rig.Server.Kubeconfig(silence) }]).Select(
            c => Record.ExceptionAsync(async () => await rig.Driver.ReadReleaseAsync(c, GitOpsRig.Key, Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(15), Cancellation)).AsTask()));

        Assert.All(errors, static e => Assert.IsType<DriverUnavailableException>(e));
    }

    [Fact]
    public async Task A_field_that_cannot_be_changed_is_said()
    {
        await using var rig = await KubernetesRig.StartAsync();
        await rig.ApplyAsync(await GitOpsRig.PlanAsync(1, "immutable: true\n" + GitOpsRig.ConfigMap("a", "1")));

        var refused = await Assert.ThrowsAsync<DriverRejectedException>(async () => await rig.ApplyAsync(await GitOpsRig.PlanAsync(2, "immutable: true\n" + GitOpsRig.ConfigMap("a", "2"))));

        Assert.Equal((Reasons.ApplyRejected, "ConfigMap kube-system/a: a is invalid: data: Forbidden: field is immutable when `immutable` is set"), (refused.Reason, refused.Message));
    }

    [Fact]
    public async Task Ten_revisions_are_kept()
    {
        await using var rig = await KubernetesRig.StartAsync();
        for (var revision = 1; revision <= 12; revision++)
        {
            await rig.ApplyAsync(await GitOpsRig.PlanAsync(revision, GitOpsRig.ConfigMap("a", revision.ToString(CultureInfo.InvariantCulture))));
        }

        Assert.Equal(Enumerable.Range(3, 10).Reverse(), (await rig.Driver.ReadHistoryAsync(rig.Cluster, GitOpsRig.Key, Cancellation)).Select(static r => r.Revision));
    }

    [Fact]
    public async Task A_record_that_would_be_too_large_leaves_the_files_of_the_chart_out()
    {
        await using var rig = await KubernetesRig.StartAsync();
        var builder = new ChartBuilder("probe").Add("templates/all.yaml", GitOpsRig.ConfigMap("a", "1")).Add("files/large.txt", Convert.ToHexString(RandomNumberGenerator.GetBytes(1_500_000)));
        var plan = ReleasePlan.Of(
            await builder.RenderAsync(cancellationToken: Cancellation),
            new() { Key = GitOpsRig.Key, Revision = 1, Chart = builder.Load(), Config = [], Now = TimeProvider.System.GetUtcNow(), OwnerId = "i1" });

        await rig.ApplyAsync(plan);

        Assert.InRange(Convert.FromBase64String(rig.Server.Objects[KubernetesRig.Secrets + "1"]["data"]!["release"]!.GetValue<string>()).Length, 100, 900 * 1024);
        Assert.Equal(plan.Record.Manifest, (await rig.Driver.ReadReleaseAsync(rig.Cluster, GitOpsRig.Key, Cancellation))!.Manifest);
        await rig.UninstallAsync();
        Assert.Equal(["/api/v1/namespaces/kube-system"], rig.Server.Objects.Keys);
    }

    [Fact]
    public async Task A_release_that_helm_has_made_is_listed_and_upgraded()
    {
        await using var rig = await KubernetesRig.StartAsync();
        rig.Server.Objects["/api/v1/namespaces/kube-system"] = new JsonObject { ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = "kube-system" } };
        var manifest = "---\n# Source: probe/templates/a.yaml\n" + GitOpsRig.ConfigMap("a", "helm") + "# Source: probe/templates/b.yaml\n" + GitOpsRig.ConfigMap("b", "helm");
        var release = new JsonObject
        {
            ["name"] = GitOpsRig.Key.Name,
            ["info"] = new JsonObject { ["first_deployed"] = "2026-01-04T10:00:00.123456789+02:00", ["last_deployed"] = "2026-01-04T10:00:00.123456789+02:00", ["deleted"] = "", ["description"] = "Install complete", ["status"] = "deployed" },
            ["chart"] = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "probe", ["version"] = "0.9.0" }, ["lock"] = null, ["templates"] = new JsonArray(), ["values"] = new JsonObject(), ["schema"] = null, ["files"] = new JsonArray() },
            ["manifest"] = manifest,
            ["version"] = 1,
            ["namespace"] = "kube-system",
        };
        Add(rig, 1, GitOpsRig.Key.Name, Pack(release.ToJsonString()));
        foreach (var name in (string[])["a", "b"])
        {
            rig.Server.Objects[KubernetesRig.Maps + name] = new JsonObject
            {
                ["kind"] = "ConfigMap",
                ["metadata"] = new JsonObject
                {
                    ["name"] = name,
                    ["namespace"] = "kube-system",
                    ["annotations"] = new JsonObject { ["meta.helm.sh/release-name"] = GitOpsRig.Key.Name, ["meta.helm.sh/release-namespace"] = "kube-system" },
                },
                ["data"] = new JsonObject { ["v"] = "helm" },
            };
        }

        var listed = Assert.Single(await rig.Driver.ListReleasesAsync(rig.Cluster, null, Cancellation));
        Assert.Equal(("deployed", "probe", "0.9.0"), (listed.Status, listed.ChartName, listed.ChartVersion));
        await rig.ApplyAsync(await GitOpsRig.PlanAsync(2, GitOpsRig.ConfigMap("a", "2"), owner: ""));

        Assert.Equal("2", rig.Server.Objects[KubernetesRig.Maps + "a"]["data"]!["v"]!.GetValue<string>());
        Assert.DoesNotContain(KubernetesRig.Maps + "b", rig.Server.Objects.Keys);
        Assert.Equal(["deployed", "superseded"], (await rig.Driver.ReadHistoryAsync(rig.Cluster, GitOpsRig.Key, Cancellation)).Select(static r => r.Status));
    }

    [Fact]
    public async Task Many_records_are_read_page_by_page()
    {
        await using var rig = await KubernetesRig.StartAsync();
        var record = ReleaseCodec.Encode((await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1"))).Record);
        for (var i = 0; i < 150; i++)
        {
            Add(rig, (i % 3) + 1, $"r{i / 3}", record);
        }

        var all = await rig.Driver.ListReleasesAsync(rig.Cluster, null, Cancellation);
        rig.Server.PagesBeforeExpiry = 2;
        var again = await rig.Driver.ListReleasesAsync(rig.Cluster, "kube-system", Cancellation);

        Assert.Equal((50, 50), (all.Count, again.Count));
        string[] lists = [.. rig.Server.Requests.Where(static r => r.Contains("/secrets?", StringComparison.Ordinal))];
        Assert.Equal((11, 0), (lists.Length, lists.Count(static l => !l.Contains("limit=", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task A_proxy_that_the_kubeconfig_names_is_used()
    {
        await using var rig = await KubernetesRig.StartAsync();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var heard = new ConcurrentQueue<string>();
#pragma warning disable CA2025 // It ends when nobody listens any more.
        _ = ServeProxyAsync(listener, heard);
#pragma warning restore CA2025
        var kubeconfig = rig.Server.Kubeconfig(more: $", proxy-url: \"http://me:se%3Acret@127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}\"");

        Assert.Null(await rig.Driver.ReadReleaseAsync(rig.Cluster with { Kubeconfig = kubeconfig }, GitOpsRig.Key, Cancellation));

        Assert.Contains(heard, h => h.StartsWith($"CONNECT {new Uri(rig.Server.Address).Authority} ", StringComparison.Ordinal));
        Assert.Contains(heard, static h => h.Contains("Basic " + Convert.ToBase64String("me:se:cret"u8), StringComparison.Ordinal));
        listener.Stop();
        await Assert.ThrowsAsync<DriverUnavailableException>(
            async () => await rig.Driver.ReadReleaseAsync(rig.Cluster with { Id = "other", Kubeconfig = kubeconfig }, GitOpsRig.Key, Cancellation));
    }

    [Fact]
    public async Task A_certificate_of_the_client_and_a_password_are_credentials()
    {
        await using var rig = await KubernetesRig.StartAsync();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=admin", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
        var user = $"client-certificate-data: {Base64(certificate.ExportCertificatePem())}, client-key-data: {Base64(key.ExportPkcs8PrivateKeyPem())}";
        rig.Server.Admits = context => string.Equals(context.Connection.ClientCertificate?.Thumbprint, certificate.Thumbprint, StringComparison.Ordinal);
        Assert.Null(await rig.Driver.ReadReleaseAsync(rig.Cluster with { Kubeconfig = rig.Server.Kubeconfig(user: user) }, GitOpsRig.Key, Cancellation));
        await Assert.ThrowsAsync<DriverUnavailableException>(async () => await rig.Driver.ReadReleaseAsync(rig.Cluster, GitOpsRig.Key, Cancellation));

        rig.Server.Admits = static context => context.Request.Headers.Authorization == $"Basic {Base64("admin:pass:word")}";
        Assert.Null(await rig.Driver.ReadReleaseAsync(rig.Cluster with { Kubeconfig = rig.Server.Kubeconfig(user: "username: admin, password: \"pass:word\"") }, GitOpsRig.Key, Cancellation));
    }

    [Fact]
    public async Task A_server_behind_a_path_is_asked_behind_it()
    {
        await using var rig = await KubernetesRig.StartAsync();
        await rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1")));
        rig.Server.Fault = static context =>
        {
            Assert.True(context.Request.Path.StartsWithSegments("/k8s/clusters/c1", StringComparison.Ordinal, out var rest));
            context.Request.Path = rest;
            return Task.FromResult(false);
        };

        var kubeconfig = rig.Server.Kubeconfig(rig.Server.Address + "/k8s/clusters/c1");
        Assert.Equal(1, (await rig.Driver.ReadReleaseAsync(rig.Cluster with { Kubeconfig = kubeconfig }, GitOpsRig.Key, Cancellation))?.Revision);
    }

    [Fact]
    public async Task Whoever_waits_for_a_turn_has_the_whole_time_of_a_request_all_the_same()
    {
        await using var rig = await KubernetesRig.StartAsync();

        // The last of them has waited for longer than a request may take.
        await Task.WhenAll(Enumerable.Range(0, 155).Select(async _ => Assert.Null(await rig.Driver.ReadReleaseAsync(rig.Cluster, GitOpsRig.Key, Cancellation))));
    }

    // What three revisions are made of; each has hooks of every kind.
    private static async Task<IReadOnlyList<ReleasePlan>> PlansAsync()
    {
        var hooks = string.Concat(((string[])["pre-install", "post-install", "pre-upgrade", "pre-rollback", "pre-delete", "post-delete"]).Select(static o => KubernetesRig.Hook($"on-{o}", o)));
        var first = await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1") + GitOpsRig.ConfigMap("b", "1") + hooks);
        var second = await GitOpsRig.PlanAsync(2, GitOpsRig.ConfigMap("a", "2") + hooks);
        return [first, second, ReleasePlan.Of(first.Record with { Revision = 3, Description = "Rollback to 1" })];
    }

    private static async Task PrepareAsync(KubernetesRig rig, string operation, IReadOnlyList<ReleasePlan> plans)
    {
        foreach (var plan in plans.Take(operation switch { "install" => 0, "upgrade" => 1, _ => 2 }))
        {
            await rig.ApplyAsync(plan);
        }

        rig.Restart();
        rig.Server.Created.Clear();
    }

    private static Task DoAsync(KubernetesRig rig, string operation, IReadOnlyList<ReleasePlan> plans) => operation switch
    {
        "install" => rig.ApplyAsync(plans[0]),
        "upgrade" => rig.ApplyAsync(plans[1]),
        "rollback" => rig.ApplyAsync(plans[2]),
        _ => rig.UninstallAsync(),
    };

    private static List<string> Hooks(KubernetesRig rig) => [.. rig.Server.Created.Where(static c => c.Contains("/jobs/", StringComparison.Ordinal))];

    private static void Add(KubernetesRig rig, int revision, string name, string release) =>
        rig.Server.Objects[$"/api/v1/namespaces/kube-system/secrets/sh.helm.release.v1.{name}.v{revision}"] = new JsonObject
        {
            ["kind"] = "Secret",
            ["type"] = "helm.sh/release.v1",
            ["metadata"] = new JsonObject
            {
                ["name"] = $"sh.helm.release.v1.{name}.v{revision}",
                ["namespace"] = "kube-system",
                ["labels"] = new JsonObject { ["name"] = name, ["owner"] = "helm", ["status"] = "deployed", ["version"] = revision.ToString(CultureInfo.InvariantCulture) },
            },
            ["data"] = new JsonObject { ["release"] = Base64(release) },
        };

    private static string Pack(string json)
    {
        var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Optimal))
        {
            gzip.Write(Encoding.UTF8.GetBytes(json));
        }

        return Convert.ToBase64String(bytes.ToArray());
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static async Task ServeProxyAsync(TcpListener listener, ConcurrentQueue<string> heard)
    {
        while (true)
        {
            using var near = await listener.AcceptTcpClientAsync(Cancellation);
            var stream = near.GetStream();
            var head = new StringBuilder();
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                var one = new byte[1];
                await stream.ReadExactlyAsync(one, Cancellation);
                head.Append((char)one[0]);
            }

            heard.Enqueue(head.ToString());
            if (!head.ToString().Contains("Proxy-Authorization", StringComparison.OrdinalIgnoreCase))
            {
                await stream.WriteAsync("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), Cancellation);
                continue;
            }

            using var far = new TcpClient();
            var target = head.ToString().Split(' ')[1].Split(':');
            await far.ConnectAsync(target[0], int.Parse(target[1], CultureInfo.InvariantCulture), Cancellation);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), Cancellation);
            await Task.WhenAny(stream.CopyToAsync(far.GetStream(), Cancellation), far.GetStream().CopyToAsync(stream, Cancellation));
        }
    }
}
