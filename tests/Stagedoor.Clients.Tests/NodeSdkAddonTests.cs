using System.Formats.Tar;
using System.IO.Compression;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>The add-ons of the official Node SDK, unmodified. It knows the six operations that there were first.</summary>
public sealed class NodeSdkAddonTests(StagedoorProcess stagedoor) : IClassFixture<StagedoorProcess>, IDisposable
{
    private static readonly string s_modules = Path.Combine(Checkout.Root, "artifacts", "clients", "node", "node_modules");
    private static readonly string s_script = Path.Combine(Checkout.Root, "tests", "Stagedoor.Clients.Tests", "node", "cce.js");
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_add_on_is_installed_seen_upgraded_and_removed(bool hasToken)
    {
        Require();
        var template = hasToken ? "sdk-token" : "sdk-keys";
        using var admin = await LogInAsync(stagedoor);
        var cluster = await PrepareAsync(stagedoor, admin, template);

        var outcomes = await RunAsync(
            stagedoor,
            hasToken ? admin.DefaultRequestHeaders.GetValues("X-Auth-Token").Single() : null,
            ["listAddonTemplates", new { template }],
            ["createAddonInstance", new { cluster, template, version = "1.0.0", values = new { custom = new { interval = 5 } } }],
            ["showAddonInstance", new { until = "running" }],
            ["listAddonInstances", new { cluster }],
            ["updateAddonInstance", new { cluster, template, version = "1.1.0", values = new { custom = new { interval = 7 } } }],
            ["showAddonInstance", new { until = "running" }],
            ["deleteAddonInstance", new { cluster }],
            ["showAddonInstance", new { until = "SVCSTG.CCE-ADDONMGR.4040204" }]);

        Assert.All(outcomes.SkipLast(1), static o => Assert.Null(o.Exception));
        Assert.Equal([200, 201, 200, 200, 200, 200, 200, 400], outcomes.Select(static o => o.Status));
        var listed = Assert.Single(outcomes[0].Body!.Value.GetProperty("items").EnumerateArray());
        Assert.Equal(["1.1.0", "1.0.0"], listed.GetProperty("spec").GetProperty("versions").EnumerateArray().Select(static v => v.GetProperty("version").GetString()));
        Assert.Equal(("installing", "upgrading", "deleting"), (StatusOf(outcomes[1]), StatusOf(outcomes[4]), StatusOf(outcomes[6])));
        Assert.Equal(("1.0.0", "1.1.0"), (VersionOf(outcomes[2]), VersionOf(outcomes[5])));
        Assert.Equal(template, Assert.Single(outcomes[3].Body!.Value.GetProperty("items").EnumerateArray()).GetProperty("spec").GetProperty("addonTemplateName").GetString());
        Assert.Equal(7, outcomes[5].Body!.Value.GetProperty("spec").GetProperty("values").GetProperty("custom").GetProperty("interval").GetInt32());
    }

    [Fact]
    public async Task What_goes_wrong_is_raised_with_status_code_and_text()
    {
        Require();
        using var admin = await LogInAsync(stagedoor);
        var cluster = await PrepareAsync(stagedoor, admin, "sdk-errors");

        var outcomes = await RunAsync(stagedoor, null, Wrong(cluster));

        Assert.Equal(
            [
                (400, "SVCSTG.CCE-ADDONMGR.4040204", "Addon not exist"),
                (400, "SVCSTG.CCE-ADDONMGR.4040204", "Addon not exist"),
                (400, "SVCSTG.CCE-ADDONMGR.4000003", "Request Body Error"),
                (400, "SVCSTG.CCE-ADDONMGR.4030302", "The cluster can't support the addon"),
                (404, "CCE.03404001", "Resource not found."),
            ],
            outcomes.Select(static o => (o.Status, o.Code, o.Message)));
        Assert.All(outcomes, static o => Assert.Equal("ClientRequestException", o.Exception));
        Assert.All(outcomes, static o => Assert.Matches("^[0-9a-f]{32}$", o.RequestId));
    }

    [Fact]
    public async Task In_the_later_dialect_the_status_is_the_one_of_the_code_and_the_text_says_more()
    {
        Require();
        await using var later = await StagedoorProcess.StartNewAsync(("Addons:Dialect", "cce-v3"));
        using var admin = await LogInAsync(later);
        var cluster = await PrepareAsync(later, admin, "sdk-errors");

        var outcomes = await RunAsync(later, null, Wrong(cluster));

        Assert.Equal([404, 404, 400, 403, 404], outcomes.Select(static o => o.Status));
        Assert.Equal(
            ["SVCSTG.CCE-ADDONMGR.4040204", "SVCSTG.CCE-ADDONMGR.4040204", "SVCSTG.CCE-ADDONMGR.4000003", "SVCSTG.CCE-ADDONMGR.4030302", "CCE.03404001"], outcomes.Select(static o => o.Code));
        Assert.All(outcomes, static o => Assert.Equal("ClientRequestException", o.Exception));
        Assert.Contains("addon.upgrade/type", outcomes[2].Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    // A template that there is not, an instance that there is not, the wrong annotation, a version for other clusters, a cluster that there is not.
    private static object[][] Wrong(string cluster) =>
    [
        ["createAddonInstance", new { cluster, template = "sdk-none", version = "1.0.0" }],
        ["showAddonInstance", new { id = "5b1d0b1c-0000-4000-8000-000000000000" }],
        ["updateAddonInstance", new { id = "5b1d0b1c-0000-4000-8000-000000000000", cluster, template = "sdk-errors", version = "1.0.0", annotation = "addon.update/type" }],
        ["createAddonInstance", new { cluster, template = "sdk-errors", version = "2.0.0" }],
        ["listAddonInstances", new { cluster = "5b1d0b1c-0000-4000-8000-000000000000" }],
    ];

    private static void Require()
    {
        Tool.Require("node");
        Assert.SkipUnless(Directory.Exists(Path.Combine(s_modules, "@huaweicloud", "huaweicloud-sdk-cce")), "The Node SDK is not installed. Run eng/install-client-tools.sh.");
    }

    private static string? StatusOf(Outcome outcome) => outcome.Body!.Value.GetProperty("status").GetProperty("status").GetString();

    private static string? VersionOf(Outcome outcome) => outcome.Body!.Value.GetProperty("spec").GetProperty("version").GetString();

    private static async Task<HttpClient> LogInAsync(StagedoorProcess server)
    {
        var run = server.FirstRun;
        var client = server.NewHttpClient();
        using var logged = await client.PostAsJsonAsync(
            "/v3/auth/tokens",
            new
            {
                auth = new
                {
                    identity = new { methods = new[] { "password" }, password = new { user = new { name = run.User, password = run.Password, domain = new { name = run.Domain } } } },
                    scope = new { project = new { id = run.ProjectId } },
                },
            },
            Cancellation);
        client.DefaultRequestHeaders.Add("X-Auth-Token", logged.Headers.GetValues("X-Subject-Token").Single());
        return client;
    }

    // Two versions of a template for every cluster and one for later ones, and a cluster of files.
    private static async Task<string> PrepareAsync(StagedoorProcess server, HttpClient admin, string template)
    {
        foreach (var (version, clusters) in (IEnumerable<(string, string)>)[("1.0.0", "v1.*"), ("1.1.0", "v1.*"), ("2.0.0", "v2.*")])
        {
            if (version is "2.0.0" && template is not "sdk-errors")
            {
                continue;
            }

            using var form = new MultipartFormDataContent { { new ByteArrayContent(Package(template, version, clusters)), "content", "package.tgz" } };
            using var published = await admin.PostAsync("/api/v3/addontemplates", form, Cancellation);
            Assert.Equal(201, (int)published.StatusCode);
        }

        using var registered = await admin.PostAsJsonAsync(
            $"/api/v3/projects/{server.FirstRun.ProjectId}/clusters",
            new { kind = "Cluster", apiVersion = "v3", metadata = new { name = $"cluster-{template}" }, spec = new { type = "VirtualMachine", version = "v1.28" } },
            Cancellation);
        Assert.Equal(201, (int)registered.StatusCode);
        return (await registered.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("metadata").GetProperty("uid").GetString()!;
    }

    private static byte[] Package(string template, string version, string clusters)
    {
        var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
        {
            foreach (var (path, text) in (IEnumerable<(string, string)>)
            [
                ("Chart.yaml", $"apiVersion: v2\nname: {template}\nversion: {version}\n"),
                ("addon.yaml", $"supportVersions: [{{clusterType: VirtualMachine, clusterVersion: ['{clusters}']}}]\ninput: {{parameters: {{custom: {{interval: 1}}}}}}\n"),
                ("templates/config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {interval: {{ .Values.custom.interval | quote }}}\n"),
            ])
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"{template}/{path}") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) });
            }
        }

        return bytes.ToArray();
    }

    private async Task<IReadOnlyList<Outcome>> RunAsync(StagedoorProcess server, string? token, params object[][] calls)
    {
        var task = new { endpoint = server.Url, projectId = server.FirstRun.ProjectId, ak = server.FirstRun.AccessKey, sk = server.FirstRun.SecretKey, token, calls };
        var report = Path.Combine(_folder.Path, "report.json");
        var result = await Tool.RunAsync(new ToolCall("node", [s_script, report])
        {
            Input = JsonSerializer.Serialize(task),
            // The SDK leaves a file in the home directory.
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["NODE_PATH"] = s_modules, ["HOME"] = _folder.Path },
        });
        Assert.True(File.Exists(report), result.ToString());
        return JsonSerializer.Deserialize<Run>(await File.ReadAllTextAsync(report, Cancellation), JsonSerializerOptions.Web)!.Outcomes;
    }

    private sealed record Run(IReadOnlyList<Outcome> Outcomes);

    private sealed record Outcome(string Operation, int Status, string? Exception, string? Code, string? Message, string? RequestId, JsonElement? Body);
}
