using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Errors;
using Stagedoor.Errors.Pages;
using Xunit;

namespace Stagedoor.Http.Tests;

public sealed class ErrorWriterTests
{
    [Fact]
    public async Task An_image_error_is_a_bare_array_of_one()
    {
        var (body, response) = await WriteAsync(new(ImagesCodes.OrganizationNotFound, "namespace=team-a"));

        Assert.Equal(
            """[{"errorCode":"SVCSTG.SWR.4040058","errorMessage":"The organization does not exist.","detail":"namespace=team-a"}]""", body);
        Assert.Equal("SVCSTG.SWR.4040058", response.Headers["X-Swr-Error-Code"]);
        Assert.Equal("application/json", response.ContentType);
        Assert.Equal(404, response.StatusCode);
    }

    [Fact]
    public async Task A_client_may_ask_for_the_image_error_as_an_object()
    {
        var (body, _) = await WriteAsync(new(ImagesCodes.OrganizationNotFound), context => context.Request.Headers["X-Stagedoor-Error-Shape"] = "object");

        Assert.StartsWith(
            """{"error_code":"SVCSTG.SWR.4040058","error_msg":"The organization does not exist.","request_id":""", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_registry_error_has_both_spellings_and_the_aliases()
    {
        var (body, _) = await WriteAsync(new(DiscoveryCodes.All.Single(e => e.Code == "400012"), "serviceId 7"));

        Assert.Equal(
            """{"errCode":"400012","errMsg":"Micro-service does not exist","detail":"serviceId 7","errorCode":"400012","errorMessage":"Micro-service does not exist","error_code":"400012","error_msg":"Micro-service does not exist"}""",
            body);
    }

    [Fact]
    public async Task Without_aliases_a_registry_error_is_the_two_spellings_alone()
    {
        var (body, _) = await WriteAsync(new(DiscoveryCodes.All.Single(e => e.Code == "400012")), aliases: false);

        Assert.Equal(
            """{"errCode":"400012","errMsg":"Micro-service does not exist","detail":"","errorCode":"400012","errorMessage":"Micro-service does not exist"}""",
            body);
    }

    [Fact]
    public async Task A_gateway_error_carries_the_request_id()
    {
        var (body, _) = await WriteAsync(
            new(GatewayCodes.IncorrectIamAuthentication, "x-auth-token not found"), context => context.TraceIdentifier = "0af7651916cd43dd8448eb211c80319c");

        Assert.Equal(
            """{"error_msg":"Incorrect IAM authentication information: x-auth-token not found","error_code":"APIGW.0301","request_id":"0af7651916cd43dd8448eb211c80319c"}""",
            body);
    }

    [Fact]
    public async Task An_iam_error_is_keystones_with_the_code_beside_it()
    {
        var (body, _) = await WriteAsync(new(IamCodes.WrongPassword));

        Assert.Equal(
            """{"error":{"code":401,"message":"The username or password is wrong.","title":"Unauthorized"},"error_code":"IAM.0001","error_msg":"The username or password is wrong."}""",
            body);
    }

    [Fact]
    public async Task On_the_data_plane_the_code_stands_in_the_detail()
    {
        var error = new ApiException(ImagesCodes.All.Single(e => e.Code.EndsWith("4041051", StringComparison.Ordinal)))
        {
            Oci = new("BLOB_UNKNOWN", "blob unknown to registry"),
            Facts = [new("digest", "sha256:00")],
        };

        var (body, _) = await WriteAsync(error, context => context.SetEndpoint(new(null, new(new EnvelopeMetadata(Envelope.Oci)), "blob")));

        // The message is all that docker, podman and skopeo print.
        Assert.StartsWith(
            """{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown to registry (SVCSTG.SWR.4041051, """, body, StringComparison.Ordinal);
        Assert.Contains("/errors/4041051, request ", body, StringComparison.Ordinal);
        Assert.EndsWith(
            """)","detail":{"errorCode":"SVCSTG.SWR.4041051","errorMessage":"The image layer does not exist.","digest":"sha256:00"}}]}""", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_pages_show_what_is_sent()
    {
        foreach (var row in ErrorCatalog.All.Where(static row => row.Status is not 200))
        {
            var (body, _) = await WriteAsync(
                new(row),
                context =>
                {
                    context.TraceIdentifier = ErrorExample.Details.RequestId;
                    context.Features.Set(new ExternalAddress(ErrorExample.Details.Address));
                },
                aliases: ErrorExample.Details.HasAliases);

            Assert.Equal(ErrorExample.Body(row), body);
        }
    }

    [Fact]
    public async Task Text_is_written_as_it_is_and_in_the_header_escaped()
    {
        var (body, response) = await WriteAsync(new(GatewayCodes.BadRequest, "can't read 组织"));

        Assert.Contains("can't read 组织", body, StringComparison.Ordinal);
        Assert.Contains("%E7%BB%84", response.Headers["X-Stagedoor-Error-Message"].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_to_HEAD_has_the_headers_and_no_body()
    {
        var (body, response) = await WriteAsync(new(ImagesCodes.OrganizationNotFound), context => context.Request.Method = "HEAD");

        Assert.Equal("", body);
        Assert.True(response.ContentLength > 0);
    }

    private static async Task<(string Body, HttpResponse Response)> WriteAsync(
        ApiException error, Action<HttpContext>? prepare = null, bool aliases = true)
    {
        var services = new ServiceCollection();
        services.Configure<ErrorOptions>(o => o.SdkAliases = aliases);
        using var body = new MemoryStream();
        services.AddSingleton(new ModuleSet(Serve.Modules.All, new ConfigurationBuilder().Build()));
        var context = new DefaultHttpContext { RequestServices = services.BuildServiceProvider() };
        context.Response.Body = body;
        prepare?.Invoke(context);
        await ErrorWriter.WriteAsync(context, error);
        return (Encoding.UTF8.GetString(body.ToArray()), context.Response);
    }
}
