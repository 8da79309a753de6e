using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Packages;
using Stagedoor.Images.Tags;

namespace Stagedoor.Images.Dockyard;

/// <summary><c>DELETE /dockyard/v2/domains/{domain}/namespaces/{namespace}/repositories/{repository}/tags/{tag}</c>: in paths of the own account.</summary>
internal static class DockyardDeleteTag
{
    public static void Map(IEndpointRouteBuilder routes) => DeleteRepoTag
        .MapAt(routes, "/domains/{domain}/namespaces/{namespace}/repositories/{repository}/tags/{tag}")
        .WithName(nameof(DockyardDeleteTag))
        .CanFail(ImagesCodes.InvalidDomain)
        .AddEndpointFilter(static (context, next) =>
        {
            CheckDomain(context.HttpContext);
            return next(context);
        });

    // The account that the path names is the caller's.
    private static void CheckDomain(HttpContext context)
    {
        var domain = context.Request.RouteValues["domain"] as string ?? "";
        if (!PackageName.IsValidDomain(domain))
        {
            throw ImagesError.InvalidDomain(Text.Cut(Text.Repair(domain), PackageName.MaxDomain));
        }

        if (!string.Equals(domain, context.RequestServices.GetRequiredService<Caller>().DomainName, StringComparison.Ordinal))
        {
            throw ImagesError.CrossAccountDenied($"domain={domain}");
        }
    }
}
