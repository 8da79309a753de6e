using System.Text;
using System.Text.Json;
using Stagedoor.Images.Tests.Triggers;
using Xunit;

namespace Stagedoor.Images.Tests.Faults;

/// <summary>An organization and a repository with a grant, a share, a rule, a trigger, a place in a list and so on, and calls that read and change them.</summary>
public sealed class FaultScene
{
    private const string Monthly = """{"algorithm":"or","rules":[{"template":"date_rule","params":{"days":"30"},"tag_selectors":[]}]}""";
    private const string Terms = """{"permit":"read","deadline":"2099-01-01T00:00:00Z"}""";

    private readonly FaultInstallation _images;
    private readonly string _name;
    private long _retention;
    private long _webhook;

    private FaultScene(FaultInstallation images, string name) => (_images, _name) = (images, name);

    private string Organization => $"/v2/manage/namespaces/{_name}";

    private string Repository => $"{Organization}/repos/app";

    private string Shares => $"{Organization}/repositories/app/access-domains";

    private string Public => $"{_name}/public";

    /// <param name="images">The installation.</param>
    /// <param name="name">The organization.</param>
    /// <param name="call">What will be called; what it has to do with is there.</param>
    public static async Task<FaultScene> SetAsync(FaultInstallation images, string name, string call)
    {
        ArgumentNullException.ThrowIfNull(images);
        var scene = new FaultScene(images, name);
        await images.CreateOrganizationAsync(name);
        foreach (var (words, prepareAsync) in ((string[], Func<Task>)[])
        [
            (["delete organization"], () => images.CreateOrganizationAsync($"{name}-empty")),
            (["repositor", "shar", "retention", "trigger", "webhook"], () => scene.DoAsync("POST", $"{scene.Organization}/repos", """{"repository":"app","is_public":false}""")),
            (["pull"], () => images.PushImageAsync($"{name}/app", "v1")),
            ([" tag", "retag"], () => images.PushImageAsync($"{name}/app", "v1")),
            (["move tag"], () => images.PushImageAsync($"{name}/app", "v2")),
            (["restore tag"], () => scene.DoAsync("DELETE", $"{scene.Repository}/tags/v1")),
            (["on organization"], () => scene.DoAsync("POST", $"{scene.Organization}/access", Grant(images.User, 1))),
            (["on repository"], () => scene.DoAsync("POST", $"{scene.Repository}/access", Grant(images.User, 1))),
            (["shar"], () => scene.DoAsync("POST", scene.Shares, Share(FaultInstallation.Account))),
            (["retention"], async () => scene._retention = (await scene.DoAsync("POST", $"{scene.Repository}/retentions", Monthly)).GetProperty("id").GetInt64()),
            (["trigger"], () => scene.DoAsync("POST", $"{scene.Repository}/triggers", Trigger("one"))),
            (["webhook"], async () => scene._webhook = (await scene.DoAsync("POST", $"{scene.Repository}/webhooks", Webhook("one"))).GetProperty("id").GetInt64()),
            (["center", "like", "favorite", "list", "create retention"], () => images.PushImageAsync(scene.Public, "v1")),
            (["center", "like", "favorite", "list"], () => scene.DoAsync("PATCH", $"{scene.Organization}/repos/public", """{"is_public":true}""")),
            (["like", "favorite"], () => scene.DoAsync("PUT", $"/v2/manage/hub/favorites/{scene.Public}")),
            (["list"], () => scene.DoAsync("PUT", $"/v2/manage/hub/lists/{name}")),
            (["list"], () => scene.DoAsync("PUT", $"/v2/manage/hub/lists/{name}/images/{scene.Public}")),
        ])
        {
            if (words.Any(w => call.Contains(w, StringComparison.Ordinal)))
            {
                await prepareAsync();
            }
        }

        return scene;
    }

    public Task<HttpResponseMessage> CallAsync(string call) => call switch
    {
        "show organization" => SendAsync("GET", Organization),
        "list organizations" => SendAsync("GET", "/v2/manage/namespaces"),
        "create organization" => SendAsync("POST", "/v2/manage/namespaces", $$"""{"namespace":"{{_name}}-new"}"""),
        "change organization" => SendAsync("PATCH", Organization, """{"description":"x"}"""),
        "delete organization" => SendAsync("DELETE", $"{Organization}-empty"),
        "grant on organization" => SendAsync("POST", $"{Organization}/access", Grant(_images.Other, 1)),
        "change on organization" => SendAsync("PATCH", $"{Organization}/access", Grant(_images.User, 7)),
        "revoke on organization" => SendAsync("DELETE", $"{Organization}/access", $"[\"{_images.User.Id}\"]"),
        "grants on organization" => SendAsync("GET", $"{Organization}/access"),
        "show repository" => SendAsync("GET", Repository),
        "list repositories" => SendAsync("GET", "/v2/manage/repos"),
        "list repositories 3" => SendAsync("GET", "/v3/manage/repos"),
        "create repository" => SendAsync("POST", $"{Organization}/repos", """{"repository":"new","is_public":false}"""),
        "change repository" => SendAsync("PATCH", Repository, """{"is_public":false,"description":"x"}"""),
        "delete repository" => SendAsync("DELETE", Repository),
        "list tags" => SendAsync("GET", $"{Repository}/tags"),
        "list tags 3" => SendAsync("GET", $"/v3/manage/namespaces/{_name}/repos/app/tags"),
        "show tag" => SendAsync("GET", $"{Repository}/tags/v1"),
        "accessories of tag" => SendAsync("GET", $"{Repository}/v1/accessories"),
        "references of tag" => SendAsync("GET", $"{Repository}/v1/references"),
        "retag" => SendAsync("POST", $"{Repository}/tags", """{"source_tag":"v1","destination_tag":"new"}"""),
        "move tag" => SendAsync("POST", $"{Repository}/tags", """{"source_tag":"v1","destination_tag":"v2","override":true}"""),
        "delete tag" => SendAsync("DELETE", $"{Repository}/tags/v1"),
        "restore tag" => SendAsync("POST", $"{Repository}/tags/v1/restore"),
        "grant on repository" => SendAsync("POST", $"{Repository}/access", Grant(_images.Other, 1)),
        "change on repository" => SendAsync("PATCH", $"{Repository}/access", Grant(_images.User, 7)),
        "revoke on repository" => SendAsync("DELETE", $"{Repository}/access", $"[\"{_images.User.Id}\"]"),
        "grants on repository" => SendAsync("GET", $"{Repository}/access"),
        "share" => SendAsync("POST", Shares, Share(FaultInstallation.OtherAccount)),
        "change share" => SendAsync("PATCH", $"{Shares}/{FaultInstallation.Account}", Terms),
        "end share" => SendAsync("DELETE", $"{Shares}/{FaultInstallation.Account}"),
        "list shares" => SendAsync("GET", Shares),
        "show share" => SendAsync("GET", $"{Shares}/{FaultInstallation.Account}"),
        "list shared" => SendAsync("GET", "/v2/manage/shared-repositories?center=self"),
        "list shared 3" => SendAsync("GET", "/v3/manage/shared-repositories?shared_by=self"),
        "pull shared" => SendAsync("GET", $"/v2/{_name}/app/manifests/v1", by: _images.Theirs),
        "create retention" => SendAsync("POST", $"{Organization}/repos/public/retentions", Monthly),
        "change retention" => SendAsync("PATCH", $"{Repository}/retentions/{_retention}", Monthly),
        "preview retention" => SendAsync("PATCH", $"{Repository}/retentions/{_retention}?dry_run=true", Monthly),
        "delete retention" => SendAsync("DELETE", $"{Repository}/retentions/{_retention}"),
        "list retentions" => SendAsync("GET", $"{Repository}/retentions"),
        "show retention" => SendAsync("GET", $"{Repository}/retentions/{_retention}"),
        "retention histories" => SendAsync("GET", $"{Repository}/retentions/histories"),
        "create trigger" => SendAsync("POST", $"{Repository}/triggers", Trigger("two")),
        "change trigger" => SendAsync("PATCH", $"{Repository}/triggers/one", """{"enable":"false"}"""),
        "delete trigger" => SendAsync("DELETE", $"{Repository}/triggers/one"),
        "list triggers" => SendAsync("GET", $"{Repository}/triggers"),
        "show trigger" => SendAsync("GET", $"{Repository}/triggers/one"),
        "create webhook" => SendAsync("POST", $"{Repository}/webhooks", Webhook("two")),
        "change webhook" => SendAsync("PATCH", $"{Repository}/webhooks/{_webhook}", """{"enabled":false}"""),
        "delete webhook" => SendAsync("DELETE", $"{Repository}/webhooks/{_webhook}"),
        "list webhooks" => SendAsync("GET", $"{Repository}/webhooks"),
        "show webhook" => SendAsync("GET", $"{Repository}/webhooks/{_webhook}"),
        "center" => SendAsync("GET", "/v2/manage/hub/images"),
        "image of center" => SendAsync("GET", $"/v2/manage/hub/images/{Public}"),
        "tags of center" => SendAsync("GET", $"/v2/manage/hub/images/{Public}/tags"),
        "tag of center" => SendAsync("GET", $"/v2/manage/hub/images/{Public}/tags/v1"),
        "like" => SendAsync("PUT", $"/v2/manage/hub/favorites/{Public}", by: _images.Owner),
        "unlike" => SendAsync("DELETE", $"/v2/manage/hub/favorites/{Public}"),
        "favorites" => SendAsync("GET", "/v2/manage/hub/favorites"),
        "create list" => SendAsync("PUT", $"/v2/manage/hub/lists/{_name}-new"),
        "delete list" => SendAsync("DELETE", $"/v2/manage/hub/lists/{_name}"),
        "add to list" => SendAsync("PUT", $"/v2/manage/hub/lists/official/images/{Public}"),
        "take from list" => SendAsync("DELETE", $"/v2/manage/hub/lists/{_name}/images/{Public}"),
        "show list" => SendAsync("GET", $"/v2/manage/hub/lists/{_name}"),
        "search" => SendAsync("GET", $"/v2/manage/search?q={_name}"),
        "catalog" => SendAsync("GET", "/v2/_catalog", by: _images.Registry),
        "login" => SendAsync("POST", "/v2/manage/utils/secret"),
        "authorization" => SendAsync("POST", "/v2/manage/utils/authorizationtoken"),
        "create agency" => SendAsync("POST", "/v2/manage/agency", by: _images.Owner),
        "agency" => SendAsync("GET", "/v2/manage/agency"),
        "overview" => SendAsync("GET", "/v2/manage/overview"),
        "quotas" => SendAsync("GET", $"/v2/manage/projects/{_images.App.FirstRun.ProjectId}/quotas"),
        "traffic" => SendAsync("GET", "/v2/manage/reports/downflow/daily"),
        "sizes" => SendAsync("GET", "/v2/manage/reports/store/daily"),
        _ => throw new ArgumentOutOfRangeException(nameof(call), call, null),
    };

    private static string Grant((string Id, string Name) user, int auth) => $$"""[{"user_id":"{{user.Id}}","user_name":"{{user.Name}}","auth":{{auth}}}]""";

    private static string Trigger(string name) => TriggerInstallation.Body(name, ("trigger_mode", "cci"));

    private static string Webhook(string name) => $$"""{"url":"https://hooks.example.com/{{name}}"}""";

    private static string Share(string account) => $$"""{"access_domain":"{{account}}","permit":"read","deadline":"forever"}""";

    private async Task<JsonElement> DoAsync(string method, string path, string? body = null)
    {
        using var response = await SendAsync(method, path, body);
        var text = await response.Content.ReadAsStringAsync(Installation.Cancellation);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string path, string? body = null, HttpClient? by = null)
    {
        using var request = new HttpRequestMessage(new(method), path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        return await (by ?? _images.App.Admin).SendAsync(request, Installation.Cancellation);
    }
}
