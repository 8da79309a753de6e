using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Organizations;

/// <summary><c>POST /v2/manage/namespaces</c></summary>
internal static class CreateNamespace
{
    internal sealed record Request(string? Namespace);

    public static void Map(IEndpointRouteBuilder routes) => Describe(routes.MapPost("/namespaces", HandleAsync)).WithName(nameof(CreateNamespace));

    /// <summary>The same under its older path.</summary>
    public static void MapDockyard(IEndpointRouteBuilder routes) => Describe(routes.MapPost("/namespaces", HandleAsync)).WithName("DockyardCreateNamespace");

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route) => route
        .WithSummary("Create an organization")
        .Answers<Empty>(201, "It is made.")
        .Action("swr:namespace:createNamespace")
        .Audit("createUserNamespace", "namespace")
        .FaultsAs(ImagesCodes.CreateOrganizationFailed)
        .CanFail(
            ImagesCodes.InvalidParameter,
            ImagesCodes.RequiredParameterMissing,
            ImagesCodes.InvalidOrganizationName,
            ImagesCodes.OperationDenied,
            ImagesCodes.OrganizationExists,
            ImagesCodes.OrganizationQuotaExceeded,
            ImagesCodes.GetOrganizationFailed);

    private static async Task<IResult> HandleAsync(
        Request request,
        HttpContext context,
        Caller caller,
        OrganizationStore organizations,
        RegistryCache cache,
        IOptions<ImagesOptions> options,
        CancellationToken cancellationToken)
    {
        var name = request.Namespace;
        if (string.IsNullOrEmpty(name))
        {
            return ImagesError.RequiredParameterMissing("namespace");
        }

        if (!Organization.IsValidName(name) || Organization.IsReserved(name))
        {
            return ImagesError.InvalidOrganizationName(name);
        }

        context.AuditResource(name);
        if (!Rights.IsAdministrator(caller))
        {
            return ImagesError.OperationDenied();
        }

        if (await organizations.FindAsync(name, cancellationToken).FaultAs(ImagesCodes.GetOrganizationFailed) is not null)
        {
            return ImagesError.OrganizationExists(name);
        }

        var limit = options.Value.MaxOrganizationsPerAccount;
        var added = await organizations.AddAsync(name, caller, limit, cancellationToken);
        cache.Invalidate();
        return added switch
        {
            AddedOrganization.Added => TypedResults.Json(Empty.Value, ImagesJson.Wire.Empty, statusCode: StatusCodes.Status201Created),
            AddedOrganization.Exists => ImagesError.OrganizationExists(name),
            _ => ImagesError.OrganizationQuotaExceeded(limit),
        };
    }
}
