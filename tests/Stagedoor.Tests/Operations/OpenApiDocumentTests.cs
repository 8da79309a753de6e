using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.OpenApi;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Operations;

/// <summary>The API descriptions as programs read them. That they are true is compared with whatever passes in all tests.</summary>
public sealed class OpenApiDocumentTests(OpenApiDocumentTests.Described documents) : IClassFixture<OpenApiDocumentTests.Described>
{
    public static TheoryData<string> Services => new("gateway", "iam", "images", "discovery", "monitoring");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Services))]
    public async Task A_document_is_valid_OpenAPI_3_1(string service)
    {
        var text = await documents.App.Anonymous.GetStringAsync($"/openapi/{service}.json", Cancellation);

        var read = OpenApiDocument.Parse(text, "json");

        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, read.Diagnostic!.SpecificationVersion);
        Assert.Empty(read.Diagnostic.Errors.Select(static e => $"{e.Pointer} {e.Message}"));
        Assert.Empty(read.Diagnostic.Warnings.Select(static e => $"{e.Pointer} {e.Message}"));
        Assert.Empty(read.Document!.Validate(ValidationRuleSet.GetDefaultRuleSet()).Select(static e => e.Message));
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task Its_names_are_its_own_and_it_is_served_where_it_was_asked_for(string service)
    {
        var document = await documents.App.Anonymous.GetFromJsonAsync<JsonElement>($"/openapi/{service}.json", Cancellation);

        var ids = Operations(document).Select(static o => o.GetProperty("operationId").GetString()).ToList();
        Assert.Equal(ids.Distinct(StringComparer.Ordinal), ids);
        Assert.DoesNotContain(document.GetProperty("components").GetProperty("schemas").EnumerateObject(), static s => s.Name is "Request" or "Response");
        Assert.Equal(documents.App.Url, Assert.Single(document.GetProperty("servers").EnumerateArray()).GetProperty("url").GetString());
    }

    [Theory]
    [InlineData("iam", "CreateUser", "token,signature")]
    [InlineData("iam", "CreateToken", "")]
    [InlineData("gateway", "ShowHealth", "")]
    [InlineData("images", "PullBlob", "loginKey,registryToken,token")]
    [InlineData("images", "CreateNamespace", "token,signature")]
    [InlineData("discovery", "FindInstances", "token,signature,accessKey+accessKeyHash,accountToken")]
    [InlineData("discovery", "ShowEngineHealth", "")]
    [InlineData("discovery", "CreateAccountToken", "")]
    [InlineData("monitoring", "QueryMetrics", "token,signature,accessKey+accessKeyHash,accountToken")]
    public async Task An_operation_names_the_credentials_that_it_takes(string service, string operation, string credentials)
    {
        var document = await documents.App.Anonymous.GetFromJsonAsync<JsonElement>($"/openapi/{service}.json", Cancellation);

        var security = Operations(document).Single(o => o.GetProperty("operationId").GetString() == operation).GetProperty("security");
        Assert.Equal(credentials, string.Join(',', security.EnumerateArray().Select(static r => string.Join('+', r.EnumerateObject().Select(static s => s.Name)))));
        var schemes = document.GetProperty("components").GetProperty("securitySchemes").EnumerateObject().Select(static s => s.Name);
        Assert.Empty(credentials.Split([',', '+'], StringSplitOptions.RemoveEmptyEntries).Except(schemes, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("iam", "CreateUser", 409, "{\"error\":{\"code\":409,")]
    [InlineData("discovery", "RegisterMicroservice", 400, "{\"errCode\":\"400010\",")]
    [InlineData("images", "CreateNamespace", 409, "[{\"errorCode\":\"SVCSTG.SWR.4090")]
    public async Task An_error_has_an_example_of_the_catalogue(string service, string operation, int status, string beginning)
    {
        var document = await documents.App.Anonymous.GetFromJsonAsync<JsonElement>($"/openapi/{service}.json", Cancellation);

        var answer = Operations(document).Single(o => o.GetProperty("operationId").GetString() == operation).GetProperty("responses").GetProperty($"{status}");
        var examples = answer.GetProperty("content").GetProperty("application/json").GetProperty("examples").EnumerateObject()
            .Select(static e => JsonSerializer.Serialize(e.Value.GetProperty("value"))).ToList();
        Assert.Contains(examples, e => e.StartsWith(beginning, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_operation_on_images_has_an_example_that_is_as_described()
    {
        var missing = ApiDescription.Of(documents.App.Services).FindWithoutExample("images");

        Assert.True(missing.Count == 0, "STAGEDOOR_ACCEPT=1 ./test Images records what is missing:\n" + string.Join('\n', missing));
    }

    [Fact]
    public async Task The_index_lists_the_documents_for_programs_browsers_and_terminals()
    {
        using var asProgram = new HttpRequestMessage(HttpMethod.Get, "/openapi");
        asProgram.Headers.Add("Accept", "application/json");
        using var list = await documents.App.Anonymous.SendAsync(asProgram, Cancellation);
        var index = await list.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        var urls = index.GetProperty("documents").EnumerateArray().Select(static d => d.GetProperty("url").GetString()!).ToList();
        Assert.Equal(7, urls.Count);
        foreach (var url in urls)
        {
            using var found = await documents.App.Anonymous.GetAsync(url, Cancellation);
            Assert.Equal(200, (int)found.StatusCode);
        }

        using var asBrowser = new HttpRequestMessage(HttpMethod.Get, "/openapi");
        asBrowser.Headers.Add("Accept", "text/html,*/*;q=0.8");
        using var page = await documents.App.Anonymous.SendAsync(asBrowser, Cancellation);
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        Assert.Contains("/openapi/iam.json", await page.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);

        Assert.Equal(urls, (await documents.App.Anonymous.GetStringAsync("/openapi", Cancellation)).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Only_services_that_run_are_described()
    {
        await using var app = await StagedoorApp.StartAsync(("Modules", "images"));

        var index = await app.Anonymous.GetStringAsync("/openapi", Cancellation);
        Assert.DoesNotContain("discovery", index, StringComparison.Ordinal);
        using var response = await app.Anonymous.GetAsync("/openapi/discovery.json", Cancellation);
        await response.ShouldFailAsync(404, "APIGW.0101");
    }

    private static IEnumerable<JsonElement> Operations(JsonElement document) =>
        document.GetProperty("paths").EnumerateObject().SelectMany(static p => p.Value.EnumerateObject()).Select(static o => o.Value);

    /// <summary>A host with all that can be switched on.</summary>
    public sealed class Described : IAsyncLifetime
    {
        internal StagedoorApp App { get; private set; } = null!;

        public async ValueTask InitializeAsync() => App = await StagedoorApp.StartAsync(
            ("Gateway:PasswordIterations", "10000"), ("Discovery:Rbac:Enabled", "true"), ("Discovery:Rbac:PasswordIterations", "10000"), ("Discovery:Rules", "true"));

        public ValueTask DisposeAsync() => App.DisposeAsync();
    }
}
