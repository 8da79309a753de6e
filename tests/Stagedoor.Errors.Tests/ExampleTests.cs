using System.Text.Json;

using Stagedoor.Errors.Pages;

using Xunit;

namespace Stagedoor.Errors.Tests;

public sealed class ExampleTests
{
    [Fact]
    public void The_gateway_adds_the_request_id() => Is(
        GatewayCodes.ApiNotFound,
        """{"error_msg":"The API does not exist or has not been published in the environment.","error_code":"APIGW.0101","request_id":"4bf92f3577b34da6a3ce929d0e0e4736"}""");

    [Fact]
    public void Iam_says_it_twice() => Is(
        IamCodes.AuthenticationRequired,
        """{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"},"error_code":"IAM.0001","error_msg":"The request you have made requires authentication."}""");

    [Fact]
    public void Images_are_an_array_of_one() => Is(
        ImagesCodes.OrganizationNotFound,
        """[{"errorCode":"SVCSTG.SWR.4040058","errorMessage":"The organization does not exist.","detail":""}]""");

    [Fact]
    public void The_registry_speaks_the_distribution_specification() => Is(
        ImagesCodes.TagNotInRegistry,
        """{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown (SVCSTG.SWR.4041056, http://HOST/errors/4041056, request 4bf92f3577b34da6a3ce929d0e0e4736)","detail":{"errorCode":"SVCSTG.SWR.4041056","errorMessage":"The image tag does not exist."}}]}""");

    [Fact]
    public void The_microservice_registry_has_both_spellings() => Is(
        DiscoveryCodes.MicroserviceNotFound,
        """{"errCode":"400012","errMsg":"Micro-service does not exist","detail":"","errorCode":"400012","errorMessage":"Micro-service does not exist"}""");

    [Fact]
    public void The_dashboard_has_a_detail() => Is(
        DiscoveryCodes.InvalidMetric,
        """{"error_code":"SVCSTG.CSE.4001000","error_message":"upload metric invalid","detail":""}""");

    [Fact]
    public void Tracing_has_two_members() => Is(
        TracingCodes.EmptyResult,
        """{"errorCode":"SVCSTG.ATS.200103","errorMessage":"query trace result is empty."}""");

    [Fact]
    public void A_success_of_tracing_carries_its_answer() => Is(
        TracingCodes.AtsSucceeded,
        """{"errorCode":"SVCSTG.ATS.2000","errorMessage":null,"responseInfo":["shop"]}""");

    [Fact]
    public void An_apostrophe_stays_as_it_is() => Is(
        AddonsCodes.VersionInUse,
        """{"error_code":"SVCSTG.CCE-ADDONMGR.4030301","error_msg":"Addon version can't be delete because of used by cluster","message":""}""");

    [Fact]
    public void Every_example_is_json_and_holds_the_code()
    {
        Assert.All(ErrorCatalog.All, row =>
        {
            var body = ErrorExample.Body(row);
            using var json = JsonDocument.Parse(body);
            Assert.Contains($"\"{row.Code}\"", body, StringComparison.Ordinal);
        });
    }

    private static void Is(ErrorDefinition row, string body) => Assert.Equal(body, ErrorExample.Body(row));
}
