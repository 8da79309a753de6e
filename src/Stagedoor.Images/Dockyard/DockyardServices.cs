using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Organizations;
using Stagedoor.Images.PageUploads;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Dockyard;

/// <summary>
/// Operations of the management API under the older paths that replication adapters and scripts use, with the login of the registry. Each is the operation itself;
/// what is different says why.
/// </summary>
internal static class DockyardServices
{
    /// <summary>What all its paths begin with.</summary>
    public const string Prefix = "/dockyard/v2";

    public static void MapDockyard(this IEndpointRouteBuilder routes)
    {
        var dockyard = routes.MapGroup(Prefix).OfService("images").Authenticate(AuthMode.Passthrough).GuardLogins().SpeaksJson(ImagesJson.Wire)
            .Takes(ApiCredential.Basic, ApiCredential.Token, ApiCredential.Signature)
            .PathParameter("domain", "The name of the own account.")
            .PathParameter("namespace", "The name of the organization.")
            .PathParameter("repository", "The name of the repository; slashes in it as they are, as %2F, or as $.")
            .PathParameter("tag", "The tag.");
        ListNamespaces.MapDockyard(dockyard);
        CreateNamespace.MapDockyard(dockyard);
        DockyardShowNamespace.Map(dockyard);
        DockyardListRepositories.Map(dockyard);
        DockyardDeleteTag.Map(dockyard);
        dockyard.MapPageUploadAlias();
    }
}
