using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Gateway;

/// <summary>The table of docs/access.md says what each role may: here a user with that role alone tries it.</summary>
public sealed partial class RoleTableTests(RoleTableTests.Installation installation) : IClassFixture<RoleTableTests.Installation>
{
    private const string Digest = "sha256:4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, string, string> Rows =>
        new(Row().Matches(File.ReadAllText(Path.Combine(Checkout.Root, "docs", "access.md"))).Select(static m =>
            (m.Groups["role"].Value, m.Groups["images"].Value.Trim(), m.Groups["engine"].Value.Trim(), m.Groups["iam"].Value.Trim())));

    [Fact]
    public async Task Each_role_that_can_be_granted_stands_in_the_table()
    {
        var roles = (await installation.App.Admin.GetFromJsonAsync<JsonElement>("/v3/roles", Cancellation)).GetProperty("roles").EnumerateArray().Select(static r => r.GetProperty("name").GetString()!);

        Assert.Equal(roles.Order(StringComparer.Ordinal), Rows.Select(static r => r.Data.Item1).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_user_with_that_role_alone_may_what_the_row_says_and_no_more(string role, string images, string engine, string iam)
    {
        var (client, registry) = await installation.AddUserAsync(role);
        using var signed = client;
        using var loggedIn = registry;
        using var content = new ByteArrayContent([1]) { Headers = { ContentType = new("application/octet-stream") } };

        await TryAsync(images is not "nothing", signed.GetAsync("/v2/manage/namespaces/team", Cancellation));
        await TryAsync(images.StartsWith("everything", StringComparison.Ordinal), loggedIn.PostAsync($"/v2/team/{role}/blobs/uploads/?digest={Digest}", content, Cancellation));
        await TryAsync(images is not "nothing", loggedIn.GetAsync($"/v2/team/app/blobs/{Digest}", Cancellation));
        await TryAsync(images.StartsWith("everything", StringComparison.Ordinal), signed.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = "of-" + role.Replace('_', '-') }, Cancellation));
        await TryAsync(engine is not "nothing", signed.GetAsync("/v4/default/registry/microservices", Cancellation));
        await TryAsync(engine is "everything", signed.PostAsJsonAsync("/v4/default/registry/microservices", new { service = new { appId = "a", serviceName = role, version = "1.0.0" } }, Cancellation));
        await TryAsync(iam.StartsWith("everything", StringComparison.Ordinal), signed.GetAsync("/v3/users", Cancellation));
        await TryAsync(iam.StartsWith("everything", StringComparison.Ordinal), signed.GetAsync("/v3/audit/records", Cancellation));
    }

    private static async Task TryAsync(bool may, Task<HttpResponseMessage> call)
    {
        using var response = await call;
        var request = response.RequestMessage!;
        Assert.True(
            may == response.IsSuccessStatusCode && (may || (int)response.StatusCode is 401 or 403),
            $"{request.Method} {request.RequestUri}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(Cancellation)}");
    }

    [GeneratedRegex(@"^\| `(?<role>[a-z_]+)` \| (?<images>[^|]+) \| (?<engine>[^|]+) \| (?<iam>[^|]+) \|$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Row();

    public sealed class Installation : IAsyncLifetime
    {
        public StagedoorApp App { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            App = await StagedoorApp.StartAsync(("Gateway:PasswordIterations", "10000"), ("Images:MaxOrganizationsPerAccount", "100"));
            using var made = await App.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = "team" }, Cancellation);
            using var registry = App.Registry();
            using var content = new ByteArrayContent([1]) { Headers = { ContentType = new("application/octet-stream") } };
            using var pushed = await registry.PostAsync($"/v2/team/app/blobs/uploads/?digest={Digest}", content, Cancellation);
            Assert.Equal((201, 201), ((int)made.StatusCode, (int)pushed.StatusCode));
        }

        public ValueTask DisposeAsync() => App.DisposeAsync();

        internal async Task<(HttpClient Signed, HttpClient Registry)> AddUserAsync(string role)
        {
            var user = (await CallAsync(HttpMethod.Post, "/v3/users", new { user = new { name = "with-" + role } })).GetProperty("user").GetProperty("id").GetString()!;
            var roles = await App.Admin.GetFromJsonAsync<JsonElement>($"/v3/roles?name={role}", Cancellation);
            var id = Assert.Single(roles.GetProperty("roles").EnumerateArray()).GetProperty("id").GetString();
            using (var granted = await App.Admin.PutAsync(new Uri($"/v3/domains/{App.FirstRun.DomainId}/users/{user}/roles/{id}", UriKind.Relative), null, Cancellation))
            {
                Assert.Equal(204, (int)granted.StatusCode);
            }

            var key = (await CallAsync(HttpMethod.Post, "/v3.0/OS-CREDENTIAL/credentials", new { credential = new { user_id = user } })).GetProperty("credential");
            var (access, secret) = (key.GetProperty("access").GetString()!, key.GetProperty("secret").GetString()!);
            return (App.WithKeys(access, secret), App.Registry($"{App.FirstRun.Project}@{access}", LoginKey.Compute(access, secret)));
        }

        private async Task<JsonElement> CallAsync(HttpMethod method, string path, object body)
        {
            using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
            using var response = await App.Admin.SendAsync(request, Cancellation);
            Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode}");
            return await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        }
    }
}
