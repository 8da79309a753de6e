using System.Net.Http.Headers;
using System.Text;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Gateway;

/// <summary>Each service says in its own words what is wrong with a body, and only to who may know.</summary>
public sealed class BadBodyTests : IAsyncLifetime
{
    private StagedoorApp _app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await StagedoorApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Theory]
    [InlineData("/v3/auth/tokens", "text/plain", "{}", "IAM.0011", "Content-Type is 'text/plain', expected application/json")]
    [InlineData("/v3/auth/tokens", "application/x-www-form-urlencoded", "{}", "IAM.0011", "Content-Type is 'application/x-www-form-urlencoded', expected application/json")]
    [InlineData("/v3/auth/tokens", null, "{}", "IAM.0011", "Content-Type is missing, expected application/json")]
    [InlineData("/v3/auth/tokens", "application/json", "", "IAM.0011", "the body is empty, expected JSON")]
    [InlineData("/v3/auth/tokens", "application/json", "<x/>", "IAM.0011", "not the expected JSON at $, line 1, byte 1")]
    [InlineData("/v3/auth/tokens", "application/json", "{\"auth\":1}", "IAM.0011", "not the expected JSON at $.auth, line 1")]
    [InlineData("/v3/users", "text/plain", "{}", "IAM.0011", "Content-Type is 'text/plain', expected application/json")]
    [InlineData("/v3/users", "application/json", "", "IAM.0011", "the body is empty, expected JSON")]
    [InlineData("/v3/users", "application/json", "{\"user\":[]}", "IAM.0011", "not the expected JSON at $.user")]
    [InlineData("/v2/manage/namespaces", "text/plain", "{}", "SVCSTG.SWR.4001018", "Content-Type is 'text/plain', expected application/json")]
    [InlineData("/v2/manage/namespaces", "application/json", "", "SVCSTG.SWR.4000014", "body")]
    [InlineData("/v2/manage/namespaces", "application/json", "{\"namespace\":1}", "SVCSTG.SWR.4000014", "not the expected JSON at $.namespace")]
    [InlineData("/v4/default/registry/microservices", "application/json", "", "400001", "not the expected JSON")]
    [InlineData("/v4/default/registry/microservices", "application/json", "{\"service\":1}", "400001", "not the expected JSON at $.service")]
    public async Task It_says_what_is_wrong(string path, string? type, string body, string code, string problem)
    {
        using var client = _app.WithToken(await _app.NewTokenAsync());

        using var response = await PostAsync(client, path, type, body);

        var error = await ObservedError.FindAsync(response, Cancellation);
        Assert.NotNull(error);
        Assert.Contains(problem, error.Body, StringComparison.Ordinal);
        Assert.Equal(code, error.Code);
    }

    // Some readers take the first of two, and some the last: what one has let pass another would not have.
    [Theory]
    [InlineData("/v3/auth/tokens", """{"auth":{"identity":{"methods":[],"methods":["password"]}}}""", "IAM.0011")]
    [InlineData("/v3/users", """{"user":{"name":"a","Name":"b"}}""", "IAM.0011")]
    [InlineData("/v3/projects", """{"project":{"name":"cn-local-1_a","name":"cn-local-1_b"}}""", "IAM.0011")]
    [InlineData("/v3.0/OS-CREDENTIAL/credentials", """{"credential":{"user_id":"a","user_id":"b"}}""", "IAM.0011")]
    [InlineData("/v2/manage/namespaces", """{"namespace":"a","namespace":"b"}""", "SVCSTG.SWR.4000014")]
    [InlineData("/v4/default/registry/microservices", """{"service":{"serviceName":"a","ServiceName":"b"}}""", "400001")]
    [InlineData("/v4/default/registry/microservices", """{"service":{"serviceName":"a","properties":{"k":"1","k":"2"}}}""", "400001")]
    [InlineData("/v4/default/registry/dependencies", """{"dependencies":[],"dependencies":[]}""", "400001")]
    public async Task A_member_that_is_there_twice_is_refused(string path, string body, string code)
    {
        using var client = _app.WithToken(await _app.NewTokenAsync());

        using var response = await PostAsync(client, path, "application/json", body);

        var error = await ObservedError.FindAsync(response, Cancellation);
        Assert.NotNull(error);
        Assert.Contains("not the expected JSON at $", error.Body, StringComparison.Ordinal);
        Assert.Equal(code, error.Code);
    }

    [Theory]
    [InlineData("/v3/users", "text/plain", "APIGW.0301")]
    [InlineData("/v3/users", "application/json", "APIGW.0301")]
    [InlineData("/v3.0/OS-CREDENTIAL/credentials", "text/plain", "APIGW.0301")]
    [InlineData("/v2/manage/namespaces", "text/plain", "APIGW.0301")]
    public async Task Who_is_not_known_hears_that_and_nothing_of_the_body(string path, string type, string code)
    {
        using var response = await PostAsync(_app.Anonymous, path, type, "<x/>");

        await response.ShouldFailAsync(401, code);
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, string path, string? type, string body)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        return await client.PostAsync(path, content, Cancellation);
    }
}
