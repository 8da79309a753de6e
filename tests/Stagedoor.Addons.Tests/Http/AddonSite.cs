using System.Formats.Tar;
using System.IO.Compression;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stagedoor.Addons.Tests.Drivers.Kubernetes;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>An installation as publishers and installers of add-ons see it. Tests keep apart by the names of what they make.</summary>
public sealed class AddonSite : IAsyncLifetime
{
    public AddonSite()
    {
    }

    /// <summary>One that somebody else has started.</summary>
    internal AddonSite(StagedoorApp app) => App = app;

    public StagedoorApp App { get; private set; } = null!;

    public string Clusters => $"/api/v3/projects/{App.FirstRun.ProjectId}/clusters";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => App = await StagedoorApp.StartAsync();

    public ValueTask DisposeAsync() => App.DisposeAsync();

    /// <summary>A body that registers a cluster.</summary>
    public static object Cluster(string name, string version = "v1.28", object? annotations = null) => new
    {
        kind = "Cluster",
        apiVersion = "v3",
        metadata = new { name, annotations = annotations ?? new { } },
        spec = new { type = "VirtualMachine", version },
    };

    /// <summary>Registers a cluster and gives its id.</summary>
    public async Task<string> RegisterAsync(string name, string version = "v1.28")
    {
        using var response = await App.Admin.PostAsJsonAsync(Clusters, Cluster(name, version), Cancellation);
        return (await ReadAsync(response, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;
    }

    /// <summary>Registers a cluster with an API server and gives its id.</summary>
    internal Task<string> RegisterAsync(string name, ApiServer server, string? version = "v1.28") => RegisterAsync(App, name, server.Kubeconfig(), version);

    /// <summary>Registers a cluster with a kubeconfig and gives its id.</summary>
    internal static async Task<string> RegisterAsync(StagedoorApp app, string name, string kubeconfig, string? version = "v1.28")
    {
        using var response = await PostClusterAsync(app, name, kubeconfig, version);
        return (await ReadAsync(response, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;
    }

    /// <summary>Asks for the registration of a cluster with a kubeconfig.</summary>
    internal static Task<HttpResponseMessage> PostClusterAsync(StagedoorApp app, string name, string kubeconfig, string? version) =>
        app.Admin.PostAsJsonAsync($"/api/v3/projects/{app.FirstRun.ProjectId}/clusters", Cluster(name, version ?? "", Kubernetes(kubeconfig)), Cancellation);

    /// <summary>The annotations of a cluster with an API server.</summary>
    internal static Dictionary<string, string> Kubernetes(string kubeconfig) => new(StringComparer.Ordinal)
    {
        ["stagedoor.io/driver"] = "kubernetes",
        ["stagedoor.io/kubeconfig"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(kubeconfig)),
    };

    /// <summary>Another user of the account, without a role: its id, and a client with its access key.</summary>
    public async Task<(string Id, HttpClient Client)> AddUserAsync(string name)
    {
        using var made = await App.Admin.PostAsJsonAsync("/v3/users", new { user = new { name, password = "correct-Horse-7", access_mode = "default" } }, Cancellation);
        var id = (await ReadAsync(made, 201)).GetProperty("user").GetProperty("id").GetString()!;
        using var keyed = await App.Admin.PostAsJsonAsync("/v3.0/OS-CREDENTIAL/credentials", new { credential = new { user_id = id } }, Cancellation);
        var key = (await ReadAsync(keyed, 201)).GetProperty("credential");
        return (id, App.WithKeys(key.GetProperty("access").GetString()!, key.GetProperty("secret").GetString()!));
    }

    /// <summary>Another user of the account, who may look at everything of the project.</summary>
    public async Task<HttpClient> AddReaderAsync(string name)
    {
        var (id, client) = await AddUserAsync(name);
        var roles = await App.Admin.GetFromJsonAsync<JsonElement>("/v3/roles?name=cce_viewer", Cancellation);
        using var granted = await App.Admin.PutAsync(
            $"/v3/projects/{App.FirstRun.ProjectId}/users/{id}/roles/{roles.GetProperty("roles")[0].GetProperty("id").GetString()}", null, Cancellation);
        Assert.True(granted.IsSuccessStatusCode);
        return client;
    }

    /// <summary>Writes down that something is installed in a cluster.</summary>
    public void Install(string cluster, string template, string version) => App.Sabotage("addons").Execute(
        $"""
        INSERT INTO addon_instance (id, domain_id, cluster_id, project_id, template, version, values_json, annotations, status, reason, message, previous_version, revision,
            operation, target_version, generation, created_at, updated_at)
        VALUES ('{Guid.NewGuid():D}', '{App.FirstRun.DomainId}', '{cluster}', '{App.FirstRun.ProjectId}', '{template}', '{version}', '{"{}"}', '{"{}"}', 'running', '', '', '', 1,
            '', '', 1, 0, 0)
        """);

    /// <summary>The JSON of an answer, which has that status.</summary>
    public static async Task<JsonElement> ReadAsync(HttpResponseMessage response, int status = 200)
    {
        ArgumentNullException.ThrowIfNull(response);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode}: {text}");
        return JsonElement.Parse(text);
    }

    /// <summary>A package of these files, with paths as they are given.</summary>
    public static byte[] Package(params IEnumerable<(string Path, string Text)> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return Pack(tar =>
        {
            foreach (var (path, text) in files)
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) });
            }
        });
    }

    /// <summary>A package of what is written.</summary>
    public static byte[] Pack(Action<TarWriter> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
        {
            write(tar);
        }

        return bytes.ToArray();
    }

    /// <summary>A small chart, with further files that may replace its own.</summary>
    public static byte[] Chart(string name, string version, params IEnumerable<(string Path, string Text)> more)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Chart.yaml"] = $"apiVersion: v2\nname: {name}\nversion: {version}\ndescription: Watches nodes\n",
            ["values.yaml"] = "replicas: 1\n",
            ["templates/config.yaml"] = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  replicas: {{ .Values.replicas | quote }}\n",
        };
        foreach (var (path, text) in more)
        {
            files[path] = text;
        }

        return Package(files.Select(f => ($"{name}/{f.Key}", f.Value)));
    }

    /// <summary>A form with a package.</summary>
    public static MultipartFormDataContent Form(byte[] package, object? parameters = null, string file = "package.tgz")
    {
        var form = new MultipartFormDataContent();
        if (parameters is not null)
        {
            form.Add(new StringContent(parameters as string ?? JsonSerializer.Serialize(parameters)), "parameters");
        }

        form.Add(new ByteArrayContent(package), "content", file);
        return form;
    }

    /// <summary>Uploads a chart.</summary>
    public async Task<JsonElement> UploadAsync(byte[] package, object? parameters = null)
    {
        using var form = Form(package, parameters);
        using var response = await App.Admin.PostAsync("/v2/charts", form, Cancellation);
        return await ReadAsync(response, 201);
    }

    /// <summary>The files of the packages in the store.</summary>
    public IEnumerable<string> Packages() => Directory.EnumerateFiles(Path.Combine(App.DataDirectory, "blobs", "addons"), "*", SearchOption.AllDirectories);

    /// <summary>Publishes a version of an add-on.</summary>
    public async Task<JsonElement> PublishAsync(byte[] package, object? parameters = null)
    {
        using var form = Form(package, parameters);
        using var response = await App.Admin.PostAsync("/api/v3/addontemplates", form, Cancellation);
        return await ReadAsync(response, 201);
    }
}
