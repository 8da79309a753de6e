using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;

namespace Stagedoor.Images.Overview;

/// <summary><c>POST /v2/manage/agency</c></summary>
internal static class CreateAgency
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/agency", HandleAsync)
        .WithName(nameof(CreateAgency))
        .WithSummary("Let the service act for the account")
        .AnswersEmpty(204, "It may from now on.")
        .Action("swr:agency:create")
        .Audit("createAgency", "agency")
        .FaultsAs(ImagesCodes.CreateFailed)
        .CanFail(ImagesCodes.OperationDenied, ImagesCodes.PermissionExists);

    private static async Task<IResult> HandleAsync(HttpContext context, Caller caller, AgencyStore agencies, CancellationToken cancellationToken)
    {
        if (!Rights.IsAdministrator(caller))
        {
            return ImagesError.OperationDenied();
        }

        context.AuditResource(caller.DomainName, caller.DomainId);
        return await agencies.AddAsync(caller, cancellationToken) ? TypedResults.NoContent() : ImagesError.AgencyExists(caller.DomainName);
    }
}
