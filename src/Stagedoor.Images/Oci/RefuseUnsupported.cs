using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Oci.Tokens;

namespace Stagedoor.Images.Oci;

/// <summary>Whatever is no operation of the registry, or has another method. Who asks is checked before, as everywhere under <c>/v2/</c>.</summary>
internal sealed class RefuseUnsupported : IOciOperation
{
    private IReadOnlyDictionary<RegistryResource, string> _allowed = new Dictionary<RegistryResource, string>();

    /// <summary>Comes after all others, whose methods it names.</summary>
    public static void Map(OciRoutes routes)
    {
        routes.Find<RefuseUnsupported>()._allowed = routes.Allowed;
        routes.Map<RefuseUnsupported>("GET,HEAD,POST,PATCH,PUT,DELETE", "/v2/{**path}", RegistryResource.Unknown)
            .CanFail(ImagesCodes.UrlNotFound)
            .WithMetadata(new ExcludeFromDescriptionAttribute());
    }

    public Task HandleAsync(HttpContext context, RegistryIdentity identity, RegistryPath path) =>
        throw (path.Resource is RegistryResource.Unknown or RegistryResource.Base
            ? RegistryError.PathUnknown(context.Request.Path.Value!)
            : RegistryError.MethodUnsupported(context.Request.Method, context.Request.Path.Value!, _allowed.GetValueOrDefault(path.Resource, "")));
}
