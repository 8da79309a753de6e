using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

/// <summary>Headers that change what a signed call means, put in by somebody on the way.</summary>
public sealed class AddedHeaderTests(Directory directory) : IClassFixture<Directory>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("X-Project-Id")]
    [InlineData("X-Domain-Id")]
    [InlineData("X-Security-Token")]
    [InlineData("X-Subject-Token")]
    [Provokes("APIGW.0301")]
    public async Task A_header_that_decides_is_signed_or_refused(string header)
    {
        var value = directory.App.FirstRun.ProjectId;
        using var client = Client(new SigningHandler(directory.App.FirstRun.AccessKey, directory.App.FirstRun.SecretKey, directory.App.Clock)
        {
            InnerHandler = new Adding(header, value) { InnerHandler = new ObservingHandler(directory.App.Services) { InnerHandler = new SocketsHttpHandler() } },
        });
        using var signedToo = directory.App.WithKeys(directory.App.FirstRun.AccessKey, directory.App.FirstRun.SecretKey);
        signedToo.DefaultRequestHeaders.Add(header, value);

        using var added = await client.GetAsync("/v3/auth/projects", Cancellation);
        using var signed = await signedToo.GetAsync("/v3/auth/projects", Cancellation);

        var error = await added.ShouldFailAsync(401, "APIGW.0301");
        Assert.Contains($"{header.ToLowerInvariant()} is sent and not signed", error.Body, StringComparison.Ordinal);
        Assert.Equal(200, (int)signed.StatusCode);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("cn-local-1")]
    [InlineData("0123456789ABCDEF0123456789ABCDEF")]
    [InlineData("0123456789abcdef0123456789abcde")]
    [InlineData("0123456789abcdef0123456789abcdef0")]
    [InlineData("0123456789abcdef0123456789abcdef")]
    [Provokes("APIGW.0310")]
    public async Task A_project_that_can_be_none_is_refused_like_one_that_is_not_there(string project)
    {
        using var client = directory.App.WithKeys(directory.App.FirstRun.AccessKey, directory.App.FirstRun.SecretKey);
        client.DefaultRequestHeaders.Add("X-Project-Id", project);

        using var response = await client.GetAsync("/v3/auth/projects", Cancellation);

        await response.ShouldFailAsync(403, "APIGW.0310");
    }

    [Fact]
    public async Task A_project_that_can_be_none_costs_no_question()
    {
        using var sabotage = directory.App.Sabotage("gateway").Unreadable("project");
        using var client = directory.App.WithKeys(directory.App.FirstRun.AccessKey, directory.App.FirstRun.SecretKey);
        client.DefaultRequestHeaders.Add("X-Project-Id", new string('x', 30_000));

        using var response = await client.GetAsync("/v3/auth/projects", Cancellation);

        await response.ShouldFailAsync(403, "APIGW.0310");
    }

    private OutgoingClient Client(HttpMessageHandler handler) => new OutgoingClient(handler) { BaseAddress = new(directory.App.Url) };

    private sealed class Adding(string header, string value) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Add(header, value);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
