using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Iam.Tokens;

/// <summary><c>GET /v3/auth/catalog</c>, for callers in a project.</summary>
internal static class GetCatalog
{
    internal sealed record Response(IReadOnlyList<CatalogService> Catalog, SelfLink Links);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v3/auth/catalog", Handle)
        .WithName(nameof(GetCatalog))
        .WithSummary("List the services and their addresses")
        .Answers<Response>(200, "The services of the project of the token.")
        .Action("iam:catalog:get")
        .CanFail(IamCodes.NotAuthorized);

    private static IResult Handle(Caller caller, ModuleSet modules, IOptions<IamOptions> options, HttpContext context) =>
        caller.ProjectId is null
            ? IamError.NotAuthorized("The catalog needs a token for a project.")
            : TypedResults.Ok(new Response(
                Catalog.For(modules, caller.ProjectId, options.Value.Region, context.ExternalBase()), SelfLink.Here(context)));
}
