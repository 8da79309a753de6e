using System.Net.Http.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

/// <summary>Each role, granted in each place, in calls that act in each project, at each service: a grant is worth what it says, where it says it.</summary>
public sealed class GrantMatrixTests(GrantMatrixTests.Fixture fixture) : IClassFixture<GrantMatrixTests.Fixture>
{
    private const string Account = "account";
    private const string Default = "default project";
    private const string Dev = "dev";
    private const string Prod = "prod";

    private static readonly string[] s_writers = [RoleNames.TenantAdministrator, RoleNames.Administrator, RoleNames.Developer];
    private static readonly string[] s_readers = [.. s_writers, RoleNames.TenantGuest, RoleNames.Operator];

    private static readonly string[] s_imageManagers = [RoleNames.TenantAdministrator, "swr_admin"];
    private static readonly string[] s_imageReaders = [.. s_imageManagers, RoleNames.TenantGuest, RoleNames.Developer];

    public static TheoryData<string, string> Grants
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var role in Serve.Modules.All.SelectMany(static m => m.Traits.Roles).Select(static r => r.Name))
            {
                data.Add(role, Account);
                if (role is not (RoleNames.SecurityAdministrator or RoleNames.AgentOperator))
                {
                    data.Add(role, Default);
                    data.Add(role, Dev);
                }
            }

            return data;
        }
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Directory Directory => fixture.Own;

    [Theory]
    [MemberData(nameof(Grants))]
    public async Task A_grant_is_worth_what_it_says_where_it_says_it(string role, string place)
    {
        var userId = await Directory.AddUserAsync($"u-{role}-{place.Replace(' ', '-')}");
        var (accessKey, secretKey) = await Directory.AddKeyAsync(userId);
        using var granted = await Directory.Admin.PutAsync(
            $"/v3/{(place == Account ? $"domains/{Directory.App.FirstRun.DomainId}" : $"projects/{fixture.Projects[place].Id}")}/users/{userId}/roles/{await Directory.RoleIdAsync(role)}",
            null,
            Cancellation);
        Assert.Equal(204, (int)granted.StatusCode);

        var wrong = new List<string>();
        foreach (var acts in (string[])[Default, Dev])
        {
            var project = fixture.Projects[acts];
            using var signed = Directory.App.WithKeys(accessKey, secretKey);
            signed.DefaultRequestHeaders.Add("X-Project-Id", project.Id);
            using var holder = Directory.App.WithToken(await TokenAsync($"u-{role}-{place.Replace(' ', '-')}", project.Id));
            foreach (var (how, client) in ((string, HttpClient)[])[("signed", signed), ("token", holder)])
            {
                var inAccount = place == Account;
                foreach (var (path, target) in fixture.Paths)
                {
                    var counts = inAccount || (target == acts && place == acts);
                    var (reads, writes) = (counts && s_readers.Contains(role), counts && s_writers.Contains(role));
                    var refused = target == acts || reads ? 403 : 401;
                    await CheckAsync($"{how} in {acts}, read in {path}", reads ? 200 : refused, client.GetAsync($"/v4/{path}/registry/microservices", Cancellation));
                    await CheckAsync($"{how} in {acts}, dashboard of {path}", reads ? 200 : refused, client.GetAsync($"/v2/{path}/csemonitor/services", Cancellation));
                    await CheckAsync($"{how} in {acts}, write in {path}", writes ? 200 : refused, client.PostAsJsonAsync(
                        $"/v4/{path}/registry/microservices", new { service = new { appId = "a", serviceName = "s", version = "1.0.0" } }, Cancellation));
                }

                var inWhole = inAccount || (place == Default && acts == Default);
                await CheckAsync($"{how} in {acts}, pull", inWhole && s_imageReaders.Contains(role) ? 200 : 403, client.GetAsync("/v2/grants/app/tags/list", Cancellation));
                await CheckAsync($"{how} in {acts}, push", inWhole && s_imageManagers.Contains(role) ? 200 : 403, client.PostAsync("/v2/grants/app/blobs/uploads/", null, Cancellation));
                await CheckAsync($"{how} in {acts}, users", role == RoleNames.SecurityAdministrator ? 200 : 403, client.GetAsync("/v3/users", Cancellation));
                await CheckAsync($"{how} in {acts}, audit", role == RoleNames.SecurityAdministrator ? 200 : 403, client.GetAsync("/v3/audit/records", Cancellation));
            }
        }

        Assert.Empty(wrong);

        async Task CheckAsync(string what, int expected, Task<HttpResponseMessage> request)
        {
            using var response = await request;
            var status = (int)response.StatusCode is 202 ? 200 : (int)response.StatusCode;
            if (status != expected)
            {
                wrong.Add($"{what}: {status}, not {expected}: {await response.Content.ReadAsStringAsync(Cancellation)}");
            }
        }
    }

    [Fact]
    [Provokes("401002")]
    public async Task Key_headers_act_in_the_project_that_they_name()
    {
        var userId = await Directory.AddUserAsync("chassis");
        var (accessKey, secretKey) = await Directory.AddKeyAsync(userId);
        using var granted = await Directory.Admin.PutAsync(
            $"/v3/projects/{fixture.Projects[Dev].Id}/users/{userId}/roles/{await Directory.RoleIdAsync(RoleNames.Developer)}", null, Cancellation);

        async Task<int> CallAsync(string path, string? stated)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/v4/{path}/registry/microservices");
            request.Headers.Add("X-Service-AK", accessKey);
            request.Headers.Add("X-Service-ShaAKSK", LoginKey.Compute(accessKey, secretKey));
            if (stated is not null)
            {
                request.Headers.Add("X-Service-Project", stated);
            }

            using var response = await Directory.App.Anonymous.SendAsync(request, Cancellation);
            if (!response.IsSuccessStatusCode && (int)response.StatusCode == 401)
            {
                await response.ShouldFailAsync(401, "401002");
            }

            return (int)response.StatusCode;
        }

        var (dev, prod) = (fixture.Projects[Dev], fixture.Projects[Prod]);
        Assert.Equal(200, await CallAsync(dev.Name, null));
        Assert.Equal(200, await CallAsync(dev.Id, Uri.EscapeDataString(dev.Name)));
        Assert.Equal(401, await CallAsync(prod.Name, dev.Name));
        Assert.Equal(401, await CallAsync(dev.Name, "default"));
        Assert.Equal(403, await CallAsync(prod.Name, prod.Name));
        Assert.Equal(403, await CallAsync("default", "default"));
    }

    [Fact]
    public async Task A_signed_call_acts_in_the_project_of_the_path_when_it_names_no_other()
    {
        var userId = await Directory.AddUserAsync("pathwise");
        var (accessKey, secretKey) = await Directory.AddKeyAsync(userId);
        using var granted = await Directory.Admin.PutAsync(
            $"/v3/projects/{fixture.Projects[Dev].Id}/users/{userId}/roles/{await Directory.RoleIdAsync(RoleNames.Developer)}", null, Cancellation);
        using var client = Directory.App.WithKeys(accessKey, secretKey);

        foreach (var (path, target) in fixture.Paths)
        {
            using var response = await client.GetAsync($"/v4/{path}/registry/microservices", Cancellation);
            Assert.Equal((path, target == Dev ? 200 : 403), (path, (int)response.StatusCode));
        }
    }

    private async Task<string> TokenAsync(string user, string projectId)
    {
        using var response = await Directory.AskTokenAsync(user, Directory.Password, new { project = new { id = projectId } });
        await Directory.ReadAsync(response, 201);
        return response.Headers.GetValues("X-Subject-Token").Single();
    }

    public sealed class Fixture : IAsyncLifetime
    {
        public Directory Own { get; } = new(("Discovery:Anonymous", "Never"));

        /// <summary>The projects by what they are for.</summary>
        public IReadOnlyDictionary<string, (string Id, string Name)> Projects { get; private set; } = new Dictionary<string, (string, string)>(StringComparer.Ordinal);

        /// <summary>Every way to name a project in a path, and which it is.</summary>
        public IReadOnlyList<(string Path, string Project)> Paths =>
        [
            ("default", Default),
            .. Projects.SelectMany(static p => ((string, string)[])[(p.Value.Name, p.Key), (p.Value.Id, p.Key)]),
        ];

        public async ValueTask InitializeAsync()
        {
            await Own.InitializeAsync();
            var run = Own.App.FirstRun;
            Projects = new Dictionary<string, (string, string)>(StringComparer.Ordinal)
            {
                [Default] = (run.ProjectId, run.Project),
                [Dev] = await AddAsync(Dev),
                [Prod] = await AddAsync(Prod),
            };
            using var organization = await Own.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = "grants" }, Cancellation);
            Assert.Equal(201, (int)organization.StatusCode);
            using var index = new StringContent("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}""");
            index.Headers.ContentType = new("application/vnd.oci.image.index.v1+json");
            using var pushed = await Own.Admin.PutAsync("/v2/grants/app/manifests/1", index, Cancellation);
            Assert.Equal(201, (int)pushed.StatusCode);
        }

        public ValueTask DisposeAsync() => Own.DisposeAsync();

        private async Task<(string Id, string Name)> AddAsync(string name)
        {
            var run = Own.App.FirstRun;
            using var response = await Own.Admin.PostAsJsonAsync(
                "/v3/projects", new { project = new { name = $"{run.Project}_{name}", parent_id = run.ProjectId } }, Cancellation);
            var project = (await Directory.ReadAsync(response, 201)).GetProperty("project");
            return (project.GetProperty("id").GetString()!, project.GetProperty("name").GetString()!);
        }
    }
}
