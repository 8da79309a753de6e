using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Iam.Domains;

/// <summary><c>GET /v3/auth/domains</c>: the caller's account, in a list of one.</summary>
internal static class ListAuthDomains
{
    internal sealed record Response(IReadOnlyList<DomainBody> Domains, SelfLink Links);

    internal sealed record DomainBody(string Id, string Name, bool Enabled, string Description, SelfLink Links);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v3/auth/domains", HandleAsync)
        .WithName(nameof(ListAuthDomains))
        .WithSummary("List the account of the caller")
        .Answers<Response>(200, "A list of one.")
        .Action("iam:domains:listForUser");

    private static async Task<IResult> HandleAsync(
        Caller caller, DomainStore domains, HttpContext context, CancellationToken cancellationToken)
    {
        var domain = await domains.FindAsync(caller.DomainId, cancellationToken);
        DomainBody[] list = domain is null
            ? []
            : [new(domain.Id, domain.Name, domain.Enabled, domain.Description, new(context.ExternalBase() + "/v3/domains/" + domain.Id))];
        return TypedResults.Ok(new Response(list, SelfLink.Here(context)));
    }
}
