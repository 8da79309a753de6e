using System.Net;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>
/// The requests of the Terraform providers, in the dialect that they need: the cluster's id before the host, every value as a text, success told by one status each, and "gone" by 404
/// alone (terraform-provider-huaweicloud and terraform-provider-opentelekomcloud, resource cce_addon).
/// </summary>
public sealed class TerraformTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_resource_is_created_read_changed_and_destroyed()
    {
        await using var app = await StagedoorApp.StartAsync(("Addons:Dialect", "cce-v3"));
        await PublishAsync(app, "1.0.0");
        await PublishAsync(app, "1.1.0");
        var cluster = await RegisterAsync(app);
        using var client = app.WithToken(await app.NewTokenAsync());

        // Create: only 201 counts.
        var created = await SendAsync(
            client,
            HttpMethod.Post,
            "/api/v3/addons",
            cluster,
            201,
            $$$"""{"kind":"Addon","apiVersion":"v3","metadata":{"annotations":{"addon.install/type":"install"}},"spec":{"version":"1.0.0","clusterID":"{{{cluster}}}","addonTemplateName":"tf","values":{"basic":{},"custom":{"replicas":"2","verbose":"true"} } } }""");
        var id = created.GetProperty("metadata").GetProperty("uid").GetString();
        var path = $"/api/v3/addons/{id}?cluster_id={cluster}";
        var shown = await WaitAsync(client, path, cluster, "running", "available");

        // Read: what is kept in the state.
        var spec = shown.GetProperty("spec");
        Assert.Equal(("tf", "1.0.0", cluster), (spec.GetProperty("addonTemplateName").GetString(), spec.GetProperty("version").GetString(), spec.GetProperty("clusterID").GetString()));
        Assert.Equal(JsonValueKind.String, shown.GetProperty("spec").GetProperty("description").ValueKind);

        // Update: only 200 counts; one of the providers sends back the values that it has read.
        await SendAsync(
            client,
            HttpMethod.Put,
            path,
            cluster,
            200,
            $$$"""{"kind":"Addon","apiVersion":"v3","metadata":{"annotations":{"addon.upgrade/type":"upgrade"}},"spec":{"version":"1.1.0","clusterID":"{{{cluster}}}","addonTemplateName":"tf","values":{{{spec.GetProperty("values").GetRawText()}}}}}""");
        shown = await WaitAsync(client, path, cluster, "running", "available");
        Assert.Equal("1.1.0", shown.GetProperty("spec").GetProperty("version").GetString());

        // Destroy: one DELETE, 200, and then reads until 404.
        await SendAsync(client, HttpMethod.Delete, path, cluster, 200);
        var gone = JsonElement.Parse("{}");
        for (var i = 0; i < 300; i++)
        {
            using var response = await client.SendAsync(Request(HttpMethod.Get, path, cluster, null), Cancellation);
            gone = JsonElement.Parse(await response.Content.ReadAsStringAsync(Cancellation));
            if (response.StatusCode is HttpStatusCode.NotFound)
            {
                break;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation);
        }

        Assert.Equal(("CCE.03404001", "SVCSTG.CCE-ADDONMGR.4040204"), (gone.GetProperty("errorCode").GetString(), gone.GetProperty("error").GetProperty("code").GetString()));
    }

    [Fact]
    public async Task A_data_source_finds_a_template()
    {
        await using var app = await StagedoorApp.StartAsync(("Addons:Dialect", "cce-v3"));
        await PublishAsync(app, "1.0.0");
        var cluster = await RegisterAsync(app);
        using var client = app.WithToken(await app.NewTokenAsync());

        var list = await SendAsync(client, HttpMethod.Get, "/api/v3/addontemplates?addon_template_name=tf", cluster, 200);

        var template = Assert.Single(list.GetProperty("items").EnumerateArray());
        Assert.Equal(("tf", "helm"), (template.GetProperty("metadata").GetProperty("name").GetString(), template.GetProperty("spec").GetProperty("type").GetString()));
        Assert.Equal("1.0.0", Assert.Single(template.GetProperty("spec").GetProperty("versions").EnumerateArray()).GetProperty("version").GetString());
    }

    private static async Task<JsonElement> WaitAsync(HttpClient client, string path, string cluster, params string[] wanted)
    {
        JsonElement shown = default;
        for (var i = 0; i < 300; i++)
        {
            shown = await SendAsync(client, HttpMethod.Get, path, cluster, 200);
            var status = shown.GetProperty("status").GetProperty("status").GetString();
            if (wanted.Contains(status, StringComparer.Ordinal))
            {
                return shown;
            }

            Assert.True(status is "installing" or "upgrading", status);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation);
        }

        Assert.Fail(shown.GetRawText());
        return shown;
    }

    private static async Task<JsonElement> SendAsync(HttpClient client, HttpMethod method, string path, string cluster, int status, string? body = null)
    {
        using var response = await client.SendAsync(Request(method, path, cluster, body), Cancellation);
        return await AddonSite.ReadAsync(response, status);
    }

    private static HttpRequestMessage Request(HttpMethod method, string path, string cluster, string? body)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Host = $"{cluster}.cce.example.com";
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        return request;
    }

    private static async Task PublishAsync(StagedoorApp app, string version)
    {
        const string Schema = """{"properties":{"custom":{"properties":{"replicas":{"type":"integer"},"verbose":{"type":"boolean"}}}}}""";
        using var form = AddonSite.Form(AddonSite.Chart("tf", version, ("values.schema.json", Schema), ("addon.yaml", "input: {basic: {}, parameters: {custom: {replicas: 1, verbose: false}}}\n")));
        using var response = await app.Admin.PostAsync("/api/v3/addontemplates", form, Cancellation);
        await AddonSite.ReadAsync(response, 201);
    }

    private static async Task<string> RegisterAsync(StagedoorApp app)
    {
        using var content = new StringContent(JsonSerializer.Serialize(AddonSite.Cluster("tf-cluster")), Encoding.UTF8, "application/json");
        using var response = await app.Admin.PostAsync($"/api/v3/projects/{app.FirstRun.ProjectId}/clusters", content, Cancellation);
        return (await AddonSite.ReadAsync(response, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;
    }
}
