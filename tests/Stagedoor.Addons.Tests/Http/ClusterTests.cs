using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Addons.Tests.Http;

public sealed class ClusterTests(AddonSite site) : IClassFixture<AddonSite>
{
    private const string Kubeconfig = """
        apiVersion: v1
        kind: Config
        current-context: here
        clusters: [{name: c, cluster: {server: "https://10.0.0.1:6443/", certificate-authority-data: aGk=}}]
        users: [{name: u, user: {token: very-secret}}]
        contexts: [{name: here, context: {cluster: c, user: u}}]
        """;

    private HttpClient Admin => site.App.Admin;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cluster_is_shown_as_it_was_registered()
    {
        using var registered = await Admin.PostAsJsonAsync(
            site.Clusters,
            new
            {
                kind = "cluster",
                apiVersion = "v3",
                metadata = new { name = "shown-1", alias = "Shown", labels = new { team = "组织" }, annotations = new Dictionary<string, string> { ["note"] = "can't" } },
                spec = new { category = "Turbo", version = "v1.29", flavor = "cce.s1.small", hostNetwork = new { vpc = "v" } },
            },
            Cancellation);
        var made = await AddonSite.ReadAsync(registered, 201);
        var id = made.GetProperty("metadata").GetProperty("uid").GetString()!;

        var shown = await Admin.GetFromJsonAsync<JsonElement>($"{site.Clusters}/{id}?detail=true", Cancellation);

        Assert.True(Guid.TryParseExact(id, "D", out _));
        Assert.Equal("Cluster", shown.GetProperty("kind").GetString());
        Assert.Equal("Shown", shown.GetProperty("metadata").GetProperty("alias").GetString());
        Assert.Equal("组织", shown.GetProperty("metadata").GetProperty("labels").GetProperty("team").GetString());
        Assert.Equal("can't", shown.GetProperty("metadata").GetProperty("annotations").GetProperty("note").GetString());
        Assert.Equal("[]", shown.GetProperty("metadata").GetProperty("annotations").GetProperty("installedAddonInstances").GetString());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", shown.GetProperty("metadata").GetProperty("creationTimestamp").GetString());
        Assert.Equal("VirtualMachine", shown.GetProperty("spec").GetProperty("type").GetString());
        Assert.Equal("Turbo", shown.GetProperty("spec").GetProperty("category").GetString());
        Assert.Equal("v", shown.GetProperty("spec").GetProperty("hostNetwork").GetProperty("vpc").GetString());
        Assert.Equal("Available", shown.GetProperty("status").GetProperty("phase").GetString());
    }

    [Fact]
    public async Task A_list_has_the_clusters_of_the_project_by_name()
    {
        var second = await site.RegisterAsync("listed-b");
        var first = await site.RegisterAsync("listed-a");

        var list = await Admin.GetFromJsonAsync<JsonElement>(site.Clusters, Cancellation);

        var ids = list.GetProperty("items").EnumerateArray().Select(static c => c.GetProperty("metadata").GetProperty("uid").GetString()!).Where(i => i == first || i == second);
        Assert.Equal([first, second], ids);
    }

    [Fact]
    public async Task A_kubeconfig_is_never_told_and_not_readable_at_rest()
    {
        using var registered = await RegisterWithAsync("secretive", Kubeconfig);
        var text = await registered.Content.ReadAsStringAsync(Cancellation);
        var id = JsonElement.Parse(text).GetProperty("metadata").GetProperty("uid").GetString();

        var shown = await Admin.GetStringAsync($"{site.Clusters}/{id}", Cancellation);

        Assert.Equal(HttpStatusCode.Created, registered.StatusCode);
        Assert.Contains("https://10.0.0.1:6443", shown, StringComparison.Ordinal);
        Assert.Contains("\"stagedoor.io/driver\":\"kubernetes\"", shown, StringComparison.Ordinal);
        Assert.All([text, shown], static t => Assert.DoesNotContain("stagedoor.io/kubeconfig", t, StringComparison.Ordinal));
        Assert.DoesNotContain(
            site.App.Sabotage("addons").Rows("cluster"),
            static r => r.Contains("very-secret", StringComparison.Ordinal) || r.Contains(Convert.ToBase64String(Encoding.UTF8.GetBytes(Kubeconfig))[..40], StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("token: very-secret", "exec: {command: /bin/sh}", "exec")]
    [InlineData("token: very-secret", "auth-provider: {name: gcp}", "auth-provider")]
    [InlineData("token: very-secret", "client-certificate: /etc/passwd", "client-certificate")]
    [InlineData("token: very-secret", "Client-Key: key.pem", "Client-Key")]
    [InlineData("token: very-secret", "tokenFile: /var/run/token", "tokenFile")]
    [InlineData("certificate-authority-data: aGk=", "certificate-authority: /etc/ca", "certificate-authority")]
    [InlineData("https://10.0.0.1:6443/", "file:///etc/passwd", "server")]
    [InlineData("current-context: here", "current-context: there", "context")]
    [Provokes("SVCSTG.CCE-ADDONMGR.4000003")]
    public async Task A_kubeconfig_that_runs_programs_or_reads_files_is_refused(string instead, string of, string named)
    {
        using var response = await RegisterWithAsync("hostile", Kubeconfig.Replace(instead, of, StringComparison.Ordinal));

        var error = await response.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4000003");
        Assert.Contains("metadata.annotations[stagedoor.io/kubeconfig]", error.Body, StringComparison.Ordinal);
        Assert.Contains(named, error.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"kind":""", "body")]
    [InlineData("[]", "body")]
    [InlineData("{}", "metadata")]
    [InlineData("""{"kind":"Addon","metadata":{"name":"refused"}}""", "kind")]
    [InlineData("""{"apiVersion":"v1","metadata":{"name":"refused"}}""", "apiVersion")]
    [InlineData("""{"metadata":{"name":"abc"}}""", "metadata.name")]
    [InlineData("""{"metadata":{"name":"Refused"}}""", "metadata.name")]
    [InlineData("""{"metadata":{"name":"refused"},"spec":7}""", "spec")]
    [InlineData("""{"metadata":{"name":"refused"},"spec":{"type":"Toaster"}}""", "spec.type")]
    [InlineData("""{"metadata":{"name":"refused"},"spec":{"type":7}}""", "spec.type")]
    [InlineData("""{"metadata":{"name":"refused"},"spec":{"category":"Slow"}}""", "spec.category")]
    [InlineData("""{"metadata":{"name":"refused"},"spec":{"version":"latest"}}""", "spec.version")]
    [InlineData("""{"metadata":{"name":"refused"}}""", "spec.version")]
    [InlineData("""{"metadata":{"name":"refused","labels":{"a":7}},"spec":{"version":"v1.28"}}""", "labels")]
    [InlineData("""{"metadata":{"name":"refused","annotations":{"stagedoor.io/driver":"podman"}},"spec":{"version":"v1.28"}}""", "stagedoor.io/driver")]
    [InlineData("""{"metadata":{"name":"refused","annotations":{"stagedoor.io/driver":"kubernetes"}}}""", "stagedoor.io/kubeconfig")]
    [InlineData("""{"metadata":{"name":"refused","annotations":{"stagedoor.io/driver-config":"7"}},"spec":{"version":"v1.28"}}""", "stagedoor.io/driver-config")]
    [InlineData("""{"metadata":{"name":"refused","annotations":{"cluster.install.addons/install":"[{}]"}},"spec":{"version":"v1.28"}}""", "cluster.install.addons/install")]
    [InlineData("""{"metadata":{"name":"refused","alias":"\u0000"},"spec":{"version":"v1.28"}}""", "body")]
    [InlineData("""{"metadata":{"name":"refused","alias":"\ud800"},"spec":{"version":"v1.28"}}""", "body")]
    [Provokes("SVCSTG.CCE-ADDONMGR.4000003")]
    public async Task A_bad_body_is_refused_with_the_field(string body, string field)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await Admin.PostAsync(site.Clusters, content, Cancellation);

        var error = await response.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4000003");
        Assert.Contains("\"error_msg\":\"Request Body Error\"", error.Body, StringComparison.Ordinal);
        Assert.Contains(field, JsonElement.Parse(error.Body).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    [Provokes("CCE.03409001")]
    public async Task A_taken_name_is_refused()
    {
        await site.RegisterAsync("taken-name");

        using var again = await Admin.PostAsJsonAsync(site.Clusters, AddonSite.Cluster("taken-name"), Cancellation);

        await again.ShouldFailAsync(409, "CCE.03409001");
    }

    [Fact]
    public async Task Of_two_that_register_one_name_at_once_one_does()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Admin.PostAsJsonAsync(site.Clusters, AddonSite.Cluster("at-once"), Cancellation)));

        Assert.Equal([201, 409, 409, 409], answers.Select(static a => (int)a.StatusCode).Order());
        answers.ToList().ForEach(static a => a.Dispose());
    }

    [Fact]
    public async Task A_change_leaves_what_it_does_not_name()
    {
        var id = await site.RegisterAsync("changed-1");

        using var response = await Admin.PutAsJsonAsync($"{site.Clusters}/{id}", new { metadata = new { name = "changed-1", alias = "Changed" } }, Cancellation);

        var changed = await AddonSite.ReadAsync(response);
        Assert.Equal("Changed", changed.GetProperty("metadata").GetProperty("alias").GetString());
        Assert.Equal("v1.28", changed.GetProperty("spec").GetProperty("version").GetString());
    }

    [Fact]
    public async Task A_name_cannot_be_changed()
    {
        var id = await site.RegisterAsync("renamed-1");

        using var response = await Admin.PutAsJsonAsync($"{site.Clusters}/{id}", new { metadata = new { name = "renamed-2" } }, Cancellation);

        await response.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4000003");
    }

    [Fact]
    [Provokes("CCE.03404001")]
    public async Task What_is_forgotten_is_not_there_any_more()
    {
        var id = await site.RegisterAsync("forgotten");

        using var removed = await Admin.DeleteAsync($"{site.Clusters}/{id}", Cancellation);
        using var again = await Admin.DeleteAsync($"{site.Clusters}/{id}", Cancellation);
        using var shown = await Admin.GetAsync($"{site.Clusters}/{id}", Cancellation);

        Assert.Equal("Deleting", (await AddonSite.ReadAsync(removed)).GetProperty("status").GetProperty("phase").GetString());
        await again.ShouldFailAsync(404, "CCE.03404001");
        await shown.ShouldFailAsync(404, "CCE.03404001");
    }

    [Fact]
    [Provokes("CCE.03409001")]
    public async Task A_cluster_with_an_add_on_stays_unless_that_is_forgotten_too()
    {
        var id = await site.RegisterAsync("in-use-1");
        site.Install(id, "somewhere", "1.0.0");

        using var refused = await Admin.DeleteAsync($"{site.Clusters}/{id}", Cancellation);
        using var wrong = await Admin.DeleteAsync($"{site.Clusters}/{id}?delete_addons=all", Cancellation);
        using var moved = await Admin.PutAsJsonAsync(
            $"{site.Clusters}/{id}", new { metadata = new { name = "in-use-1", annotations = new Dictionary<string, string> { ["stagedoor.io/driver-config"] = """{"path":"x"}""" } } }, Cancellation);
        using var removed = await Admin.DeleteAsync($"{site.Clusters}/{id}?delete_addons=preserve", Cancellation);

        await refused.ShouldFailAsync(409, "CCE.03409001");
        await wrong.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4000003");
        await moved.ShouldFailAsync(409, "CCE.03409001");
        Assert.Equal(HttpStatusCode.OK, removed.StatusCode);
    }

    [Fact]
    public async Task A_quota_is_kept()
    {
        await using var app = await StagedoorApp.StartAsync(("Addons:MaxClustersPerProject", "1"));
        var path = $"/api/v3/projects/{app.FirstRun.ProjectId}/clusters";

        using var first = await app.Admin.PostAsJsonAsync(path, AddonSite.Cluster("first-one"), Cancellation);
        using var second = await app.Admin.PostAsJsonAsync(path, AddonSite.Cluster("second-one"), Cancellation);

        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        await second.ShouldFailAsync(409, "CCE.03409001");
    }

    [Fact]
    [Provokes("CCE.03403001")]
    public async Task Who_may_only_look_registers_nothing_and_who_has_no_role_sees_nothing()
    {
        var (_, stranger) = await site.AddUserAsync("cluster-stranger");
        var (readerId, reader) = await site.AddUserAsync("cluster-reader");
        var roles = await Admin.GetFromJsonAsync<JsonElement>("/v3/roles?name=cce_viewer", Cancellation);
        using var granted = await Admin.PutAsync(
            $"/v3/projects/{site.App.FirstRun.ProjectId}/users/{readerId}/roles/{roles.GetProperty("roles")[0].GetProperty("id").GetString()}", null, Cancellation);
        Assert.Equal(HttpStatusCode.NoContent, granted.StatusCode);

        using var hidden = await stranger.GetAsync(site.Clusters, Cancellation);
        using var registered = await reader.PostAsJsonAsync(site.Clusters, AddonSite.Cluster("by-a-reader"), Cancellation);
        using var seen = await reader.GetAsync(site.Clusters, Cancellation);

        await hidden.ShouldFailAsync(403, "CCE.03403001");
        await registered.ShouldFailAsync(403, "CCE.03403001");
        Assert.Equal(HttpStatusCode.OK, seen.StatusCode);
    }

    [Fact]
    [Provokes("CCE.03500001")]
    public async Task A_database_that_fails_is_an_internal_error()
    {
        using var fault = site.App.Sabotage("addons").Unreadable("cluster");

        using var response = await Admin.GetAsync(site.Clusters, Cancellation);

        await response.ShouldFailAsync(500, "CCE.03500001");
    }

    private Task<HttpResponseMessage> RegisterWithAsync(string name, string kubeconfig) => Admin.PostAsJsonAsync(
        site.Clusters,
        AddonSite.Cluster(name, annotations: new Dictionary<string, string> { ["stagedoor.io/kubeconfig"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(kubeconfig)) }),
        Cancellation);
}
