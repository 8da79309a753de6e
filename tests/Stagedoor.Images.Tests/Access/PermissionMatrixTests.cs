using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Stagedoor.Images.Tests.Access;

/// <summary>
/// Every operation of the management API against every kind of caller: whoever has the right gets past the door, whoever has not is refused by it. A new
/// operation fails here until it is in the table.
/// </summary>
public sealed class PermissionMatrixTests(PermissionMatrixTests.Installed images) : IClassFixture<PermissionMatrixTests.Installed>
{
    private const string Team = "/v2/manage/namespaces/guarded";
    private const string App = Team + "/repos/app";
    private const string Shares = Team + "/repositories/app/access-domains";
    private const string Rule = """{"algorithm":"or","rules":[{"template":"tag_rule","params":{"num":"1000"},"tag_selectors":[]}]}""";
    private const string Region = """{"remoteRegionId":"near","remoteNamespace":"there"}""";
    private const string Trigger = """
        {"action":"update","app_type":"deployments","application":"a","cluster_ns":"n","condition":".*","enable":"false","name":"t","trigger_type":"all","trigger_mode":"cci"}
        """;

    // What a refusal for want of a right looks like, whatever the operation.
    private static readonly string[] s_refusals =
        ["SVCSTG.SWR.4011064", "SVCSTG.SWR.4037017", "SVCSTG.SWR.4037018", "SVCSTG.SWR.4037020", "SVCSTG.SWR.4039002"];

    private static readonly Actor[] s_actors =
    [
        new("root", 7, 7) { IsAdministrator = true },
        new("te_admin", 7, 7) { Role = "te_admin", IsAdministrator = true },
        new("swr_admin", 7, 7) { Role = "swr_admin", IsAdministrator = true },
        new("te_guest", 1, 1) { Role = "te_guest" },
        new("svcstg_dev", 1, 1) { Role = "svcstg_dev" },
        new("organization 7", 7, 7) { OnOrganization = 7 },
        new("organization 3", 3, 3) { OnOrganization = 3 },
        new("organization 1", 1, 1) { OnOrganization = 1 },
        new("repository 7", 0, 7) { OnRepository = 7 },
        new("repository 3", 0, 3) { OnRepository = 3 },
        new("repository 1", 0, 1) { OnRepository = 1 },
        new("nobody", 0, 0),
        new("another account", 0, 0) { IsForeign = true, IsAdministrator = true },
    ];

    // None of them changes what the others need: deletions find something in their way, or nothing there.
    private static readonly Operation[] s_operations =
    [
        new("CreateNamespace", "POST", "/v2/manage/namespaces", """{"namespace":"guarded"}""", Needs.Administrator),
        new("ListNamespaces", "GET", "/v2/manage/namespaces", null, Needs.Nothing),
        new("ShowNamespace", "GET", Team, null, Needs.AnythingIn),
        new("DeleteNamespaces", "DELETE", Team, null, Needs.OrganizationManage),
        new("ShowNamespaceAuth", "GET", Team + "/access", null, Needs.OrganizationRead),
        new("CreateNamespaceAuth", "POST", Team + "/access", """[{"user_id":"none","user_name":"none","auth":1}]""", Needs.OrganizationManage),
        new("UpdateNamespaceAuth", "PATCH", Team + "/access", """[{"user_id":"none","user_name":"none","auth":1}]""", Needs.OrganizationManage),
        new("DeleteNamespaceAuth", "DELETE", Team + "/access", """["none"]""", Needs.OrganizationManage),
        new("CreateRepo", "POST", Team + "/repos", """{"repository":"app","is_public":false}""", Needs.OrganizationEdit),
        new("ShowRepository", "GET", App, null, Needs.Read),
        new("UpdateRepo", "PATCH", App, """{"is_public":false}""", Needs.Edit),
        new("DeleteRepo", "DELETE", App, null, Needs.Manage),
        new("ListReposDetails", "GET", "/v2/manage/repos", null, Needs.Nothing),
        new("ListRepoDetails", "GET", "/v3/manage/repos", null, Needs.Nothing),
        new("ShowUserRepositoryAuth", "GET", App + "/access", null, Needs.Read),
        new("CreateUserRepositoryAuth", "POST", App + "/access", """[{"user_id":"none","user_name":"none","auth":1}]""", Needs.Grant),
        new("UpdateUserRepositoryAuth", "PATCH", App + "/access", """[{"user_id":"none","user_name":"none","auth":1}]""", Needs.Grant),
        new("DeleteUserRepositoryAuth", "DELETE", App + "/access", """["none"]""", Needs.Grant),
        new("ListManifests", "GET", App + "/manifests?untagged=true", null, Needs.Read),
        new("ShowNamespaceSettings", "GET", Team + "/settings", null, Needs.OrganizationRead),
        new("ListRepositoryTags", "GET", App + "/tags", null, Needs.Read),
        new("ShowRepoTag", "GET", App + "/tags/v1", null, Needs.Read),
        new("CreateRepoTag", "POST", App + "/tags", """{"source_tag":"none","destination_tag":"other"}""", Needs.Edit),
        new("DeleteRepoTag", "DELETE", App + "/tags/none", null, Needs.Manage),
        new("RestoreRepoTag", "POST", App + "/tags/none/restore", null, Needs.Manage),
        new("ListRepositoryTag", "GET", "/v3/manage/namespaces/guarded/repos/app/tags", null, Needs.Read),
        new("ListRepoAccessories", "GET", App + "/v1/accessories", null, Needs.Read),
        new("ListReferences", "GET", App + "/v1/references", null, Needs.Read),
        new("ShowRepositorySettings", "GET", App + "/settings", null, Needs.Read),
        new("UpdateNamespace", "PATCH", Team, """{"description":"theirs"}""", Needs.OrganizationManage),
        new("CreateRetention", "POST", App + "/retentions", Rule, Needs.Manage),
        new("ListRetentions", "GET", App + "/retentions", null, Needs.Read),
        new("ShowRetention", "GET", App + "/retentions/999999", null, Needs.Read),
        new("UpdateRetention", "PATCH", App + "/retentions/999999", Rule, Needs.Manage),
        new("DeleteRetention", "DELETE", App + "/retentions/999999", null, Needs.Manage),
        new("ListRetentionHistories", "GET", App + "/retentions/histories", null, Needs.Read),
        new("CreateRepoDomains", "POST", Shares, """{"access_domain":"sharer","permit":"read","deadline":"forever"}""", Needs.Manage),
        new("ListRepoDomains", "GET", Shares, null, Needs.Manage),
        new("ShowAccessDomain", "GET", Shares + "/sharer", null, Needs.Manage),
        new("UpdateRepoDomains", "PATCH", Shares + "/sharer", """{"permit":"read","deadline":"forever"}""", Needs.Manage),
        new("DeleteRepoDomains", "DELETE", Shares + "/sharer", null, Needs.Manage),
        new("ListSharedReposDetails", "GET", "/v2/manage/shared-repositories?center=self", null, Needs.Nothing),
        new("ListSharedRepoDetails", "GET", "/v3/manage/shared-repositories?shared_by=self", null, Needs.Nothing),
        new("CreateImageSyncRepo", "POST", App + "/sync_repo", Region, Needs.OwnAdministrator),
        new("ListImageAutoSyncReposDetails", "GET", App + "/sync_repo", null, Needs.OwnAdministrator),
        new("DeleteImageSyncRepo", "DELETE", App + "/sync_repo", Region, Needs.OwnAdministrator),
        new("CreateManualImageSyncRepo", "POST", App + "/sync_images", """{"remoteRegionId":"near","remoteNamespace":"there","imageTag":["none"]}""", Needs.OwnAdministrator),
        new("ShowSyncJob", "GET", App + "/sync_job?filter=limit::1%7Coffset::0", null, Needs.OwnAdministrator),
        new("ListSyncRegions", "GET", "/v2/manage/regions", null, Needs.Administrator),
        new("CreateTrigger", "POST", App + "/triggers", Trigger, Needs.Edit),
        new("ListTriggersDetails", "GET", App + "/triggers", null, Needs.Read),
        new("ShowTrigger", "GET", App + "/triggers/none", null, Needs.Read),
        new("UpdateTrigger", "PATCH", App + "/triggers/none", """{"enable":"false"}""", Needs.Edit),
        new("DeleteTrigger", "DELETE", App + "/triggers/none", null, Needs.Edit),
        .. Webhooks("Repository", App, Needs.Edit),
        .. Webhooks("Namespace", Team, Needs.OrganizationEdit),
        new("AddFavorite", "PUT", "/v2/manage/hub/favorites/guarded/app", null, Needs.Nothing),
        new("RemoveFavorite", "DELETE", "/v2/manage/hub/favorites/guarded/app", null, Needs.Nothing),
        new("CreateHubList", "PUT", "/v2/manage/hub/lists/picked", null, Needs.Operator),
        new("AddHubListImage", "PUT", "/v2/manage/hub/lists/picked/images/guarded/app", null, Needs.Operator),
        new("RemoveHubListImage", "DELETE", "/v2/manage/hub/lists/picked/images/guarded/app", null, Needs.Operator),
        new("DeleteHubList", "DELETE", "/v2/manage/hub/lists/none", null, Needs.Operator),
        new("ListHubTags", "GET", "/v2/manage/hub/images/guarded/app/tags", null, Needs.Nothing),
        new("ShowHubTag", "GET", "/v2/manage/hub/images/guarded/app/tags/v1", null, Needs.Nothing),
        new("ListHubImages", "GET", "/v2/manage/hub/images", null, Needs.Nothing),
        new("ShowHubImage", "GET", "/v2/manage/hub/images/guarded/app", null, Needs.Nothing),
        new("ListHubListImages", "GET", "/v2/manage/hub/lists/official", null, Needs.Nothing),
        new("ListFavorites", "GET", "/v2/manage/hub/favorites", null, Needs.Nothing),
        new("Search", "GET", "/v2/manage/search?q=app", null, Needs.Nothing),
        new("ListQuotas", "GET", "/v2/manage/projects/PROJECT/quotas", null, Needs.OwnAccount),
        new("ShowShareFeatureGates", "GET", "/v2/manage/projects/PROJECT/feature-gates", null, Needs.OwnAccount),
        new("ShowDomainOverview", "GET", "/v2/manage/overview", null, Needs.Nothing),
        new("ShowDomainResourceReports", "GET", "/v2/manage/reports/store/daily", null, Needs.Nothing),
        new("CheckAgency", "GET", "/v2/manage/agency", null, Needs.Nothing),
        new("CreateAgency", "POST", "/v2/manage/agency", null, Needs.Administrator),
        new("CollectGarbage", "POST", "/v2/manage/gc", "{}", Needs.Operator),
        new("CreateSecret", "POST", "/v2/manage/utils/secret", null, Needs.Nothing),
        new("CreateAuthorizationToken", "POST", "/v2/manage/utils/authorizationtoken", null, Needs.Nothing),
        new("CreateDockerConfig", "POST", "/v2/manage/utils/dockerconfig", "{}", Needs.Nothing),
    ];

    private static readonly Operation s_deletedTags = new("deleted tags", "GET", App + "/tags?filter=deleted::true", null, Needs.Read);

    // The content decides, or whose upload it is: the tests of page upload and upload sessions.
    private static readonly string[] s_decidedElsewhere =
        ["UploadImages", "CreateSession", "AppendSession", "SubmitManifests", "FinishSession", "ShowSession", "DeleteSession"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // A repository's and an organization's are the same operations.
    private static IEnumerable<Operation> Webhooks(string owner, string path, Func<Actor, bool> needs) =>
    [
        new($"Create{owner}Webhook", "POST", path + "/webhooks", """{"url":"https://hooks.example.com/","enabled":false}""", needs),
        new($"List{owner}Webhooks", "GET", path + "/webhooks", null, needs),
        new($"Show{owner}Webhook", "GET", path + "/webhooks/999999", null, needs),
        new($"Update{owner}Webhook", "PATCH", path + "/webhooks/999999", """{"enabled":false}""", needs),
        new($"Delete{owner}Webhook", "DELETE", path + "/webhooks/999999", null, needs),
        new($"Test{owner}Webhook", "POST", path + "/webhooks/999999/test", null, needs),
        new($"List{owner}WebhookDeliveries", "GET", path + "/webhooks/999999/deliveries", null, needs),
        new($"Show{owner}WebhookDelivery", "GET", path + "/webhooks/999999/deliveries/00000000000000000000000000000000", null, needs),
        new($"Redeliver{owner}Webhook", "POST", path + "/webhooks/999999/deliveries/00000000000000000000000000000000/redeliver", null, needs),
    ];

    [Fact]
    public void Every_operation_is_in_the_table()
    {
        var mapped = images.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText is { } path
                && (path.StartsWith("/v2/manage/", StringComparison.Ordinal) || path.StartsWith("/v3/manage/", StringComparison.Ordinal))
                && !path.Contains("**", StringComparison.Ordinal))
            .Select(e => e.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName)
            .OfType<string>()
            .ToList();
        var known = s_operations.Select(o => o.Name).Concat(s_decidedElsewhere).ToList();

        Assert.Equal(("", ""), (string.Join(' ', mapped.Except(known, StringComparer.Ordinal)), string.Join(' ', known.Except(mapped, StringComparer.Ordinal))));
    }

    [Fact]
    public async Task Who_has_the_right_gets_in_and_nobody_else()
    {
        var wrong = new List<string>();
        foreach (var actor in s_actors)
        {
            var client = images.Client(actor.Name);
            foreach (var operation in s_operations)
            {
                using var request = new HttpRequestMessage(
                    new(operation.Method), operation.Path.Replace("PROJECT", images.App.FirstRun.ProjectId, StringComparison.Ordinal));
                if (operation.Body is { } body)
                {
                    request.Content = new StringContent(body, Encoding.UTF8, "application/json");
                }

                using var response = await client.SendAsync(request, Cancellation);
                var code = response.Headers.TryGetValues("X-Swr-Error-Code", out var codes) ? codes.Single() : "";
                var may = operation.Needs.Invoke(actor);
                if (may == s_refusals.Contains(code, StringComparer.Ordinal) || (!may && actor.IsForeign && code is not ("SVCSTG.SWR.4011064" or "SVCSTG.SWR.4039002")))
                {
                    wrong.Add($"{actor.Name}: {operation.Name} answers {(int)response.StatusCode} {code}");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory]
    [InlineData("public")]
    [InlineData("shared")]
    public async Task Another_account_pulls_and_looks_at_what_it_pulls_and_learns_nothing_else(string repository)
    {
        var allowed = new List<string>();
        foreach (var operation in s_operations.Where(static o => o.Path.Contains("guarded/repos/app", StringComparison.Ordinal) || o.Path.StartsWith(Shares, StringComparison.Ordinal)).Append(s_deletedTags))
        {
            using var request = new HttpRequestMessage(
                new(operation.Method), operation.Path.Replace("guarded", "opened", StringComparison.Ordinal).Replace("/app", $"/{repository}", StringComparison.Ordinal));
            if (operation.Body is { } body)
            {
                request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            }

            using var response = await images.Client("another account").SendAsync(request, Cancellation);
            var code = response.Headers.TryGetValues("X-Swr-Error-Code", out var codes) ? codes.Single() : "";
            if (code is not ("SVCSTG.SWR.4011064" or "SVCSTG.SWR.4039002"))
            {
                allowed.Add(operation.Name);
            }
        }

        Assert.Equal(["ShowRepository", "ListRepositoryTags", "ShowRepoTag", "ListRepositoryTag", "ListRepoAccessories", "ListReferences"], allowed);
    }

    /// <summary>Who has which right.</summary>
    private static class Needs
    {
        public static bool Nothing(Actor actor) => actor is not null;

        public static bool OwnAdministrator(Actor actor) => actor is { IsAdministrator: true, IsForeign: false };

        public static bool OwnAccount(Actor actor) => !actor.IsForeign;

        public static bool Administrator(Actor actor) => actor.IsAdministrator;

        /// <summary>An administrator of the account that runs the installation.</summary>
        public static bool Operator(Actor actor) => OwnAdministrator(actor);

        public static bool OrganizationRead(Actor actor) => actor.Organization >= 1;

        public static bool OrganizationEdit(Actor actor) => actor.Organization >= 3;

        public static bool OrganizationManage(Actor actor) => actor.Organization == 7;

        /// <summary>A right in the organization or in one of its repositories.</summary>
        public static bool AnythingIn(Actor actor) => actor.Organization >= 1 || actor.Repository >= 1;

        public static bool Read(Actor actor) => actor.Repository >= 1;

        public static bool Edit(Actor actor) => actor.Repository >= 3;

        public static bool Manage(Actor actor) => actor.Repository == 7;

        /// <summary>May grant on the repository.</summary>
        public static bool Grant(Actor actor) => actor.Organization >= 3 || actor.Repository == 7;
    }

    /// <summary>A kind of caller.</summary>
    /// <param name="Name">What it is called here.</param>
    /// <param name="Organization">What it may do in the organization.</param>
    /// <param name="Repository">What it may do in the repository.</param>
    public sealed record Actor(string Name, int Organization, int Repository)
    {
        public string? Role { get; init; }

        public int OnOrganization { get; init; }

        public int OnRepository { get; init; }

        public bool IsAdministrator { get; init; }

        public bool IsForeign { get; init; }
    }

    private sealed record Operation(string Name, string Method, string Path, string? Body, Func<Actor, bool> Needs);

    /// <summary>The organization <c>guarded</c> with one image, and a user of each kind.</summary>
    public sealed class Installed : Installation
    {
        protected override IEnumerable<(string Key, string Value)> Settings =>
            [("Images:Sync:Regions:near:Type", "docker-registry"), ("Images:Sync:Regions:near:Endpoint", "http://127.0.0.1:9")];

        private readonly Dictionary<string, HttpClient> _clients = new(StringComparer.Ordinal);

        public HttpClient Client(string actor) => _clients[actor];

        public override async ValueTask InitializeAsync()
        {
            await base.InitializeAsync();
            await CreateOrganizationAsync("guarded");
            await PushImageAsync("guarded/app", "v1");
            (await AddAccountAsync("sharer")).Signed.Dispose();
            await CreateOrganizationAsync("opened");
            await PushImageAsync("opened/public", "v1");
            await PushImageAsync("opened/shared", "v1");
            using (var opened = await App.Admin.PatchAsJsonAsync("/v2/manage/namespaces/opened/repos/public", new { is_public = true }, Cancellation))
            {
                await ShouldBeAsync(opened, 201);
            }

            var number = 0;
            foreach (var actor in s_actors)
            {
                _clients[actor.Name] = actor switch
                {
                    { Name: "root" } => App.Admin,
                    { IsForeign: true } => (await AddAccountAsync("elsewhere")).Signed,
                    _ => await AddAsync(actor, $"actor-{++number}"),
                };
            }

            using (var shared = await App.Admin.PostAsJsonAsync(
                "/v2/manage/namespaces/opened/repositories/shared/access-domains", new { access_domain = "elsewhere", permit = "read", deadline = "forever" }, Cancellation))
            {
                await ShouldBeAsync(shared, 201);
            }

            Forget();
        }

        public override async ValueTask DisposeAsync()
        {
            GC.SuppressFinalize(this);
            foreach (var client in _clients.Values.Where(c => c != App.Admin))
            {
                client.Dispose();
            }

            await base.DisposeAsync();
        }

        private async Task<HttpClient> AddAsync(Actor actor, string name)
        {
            var user = await AddUserAsync(name);
            if (actor.Role is { } role)
            {
                await GrantRoleAsync(user.Id, role);
            }

            if (actor.OnOrganization > 0)
            {
                GrantOnOrganization("guarded", user.Id, actor.OnOrganization);
            }

            if (actor.OnRepository > 0)
            {
                GrantOnRepository("app", user.Id, actor.OnRepository);
            }

            return user.Signed;
        }

        private async Task GrantRoleAsync(string userId, string role)
        {
            var roles = await App.Admin.GetFromJsonAsync<JsonElement>($"/v3/roles?name={role}", Cancellation);
            var id = roles.GetProperty("roles")[0].GetProperty("id").GetString();
            using var granted = await App.Admin.PutAsync($"/v3/domains/{App.FirstRun.DomainId}/users/{userId}/roles/{id}", null, Cancellation);
            await ShouldBeAsync(granted, 204);
        }
    }
}
