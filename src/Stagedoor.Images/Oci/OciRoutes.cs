using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Oci.Tokens;

namespace Stagedoor.Images.Oci;

/// <summary>An operation of the registry.</summary>
internal interface IOciOperation
{
    /// <summary>Answers a request whose caller is known.</summary>
    Task HandleAsync(HttpContext context, RegistryIdentity identity, RegistryPath path);
}

/// <summary>Maps operations of the registry. All have one pattern, <see cref="OciMatcherPolicy"/> chooses; each has its own name, measures and codes.</summary>
internal sealed class OciRoutes(IEndpointRouteBuilder group)
{
    private readonly Dictionary<RegistryResource, List<string>> _methods = [];

    /// <summary>The methods that were mapped for what a path addresses, as the header <c>Allow</c> lists them.</summary>
    public IReadOnlyDictionary<RegistryResource, string> Allowed => _methods.ToDictionary(static r => r.Key, static r => string.Join(", ", r.Value.Distinct(StringComparer.Ordinal)));

    public T Find<T>()
        where T : notnull => group.ServiceProvider.GetRequiredService<T>();

    /// <summary>Maps an operation under its own name.</summary>
    /// <param name="methods">Its method, or several with a comma between them.</param>
    /// <param name="template">Its path as the specification writes it, for documents and measures.</param>
    /// <param name="resource">What its path addresses.</param>
    public IEndpointConventionBuilder Map<T>(string methods, string template, RegistryResource resource)
        where T : class, IOciOperation
    {
        var (operation, gate) = (Find<T>(), Find<RegistryGate>());
        return Map(typeof(T).Name, methods, template, new(HandleAsync), resource);

        async Task HandleAsync(HttpContext context)
        {
            var (path, identity) = await gate.OpenAsync(context);
            await operation.HandleAsync(context, identity, path);
        }
    }

    /// <summary>Maps an operation that begins in its own way.</summary>
    public IEndpointConventionBuilder Map(string name, string methods, string template, RequestDelegate handler, params RegistryResource[] resources)
    {
        var split = methods.Split(',');
        foreach (var resource in resources)
        {
            (_methods.TryGetValue(resource, out var known) ? known : _methods[resource] = []).AddRange(split);
        }

        return group.MapMethods("/{**path}", split, handler)
            .WithName(name)
            .WithMetadata(new OciResourceMetadata(resources), new PathTemplateMetadata(template))
            .CanFail(
                ImagesCodes.AuthenticationFailed, ImagesCodes.InvalidAccessKey, ImagesCodes.CheckOrganizationFailed, ImagesCodes.RequestUnavailable, ImagesCodes.TooManyRequests);
    }
}

/// <summary>Codes of the steps that several operations have in common.</summary>
internal static class OciConventions
{
    /// <summary>It looks a repository up, and what the caller may do in it.</summary>
    public static IEndpointConventionBuilder OpensRepository(this IEndpointConventionBuilder builder) => builder.CanFail(
        ImagesCodes.InvalidOrganizationName,
        ImagesCodes.InvalidImageName,
        ImagesCodes.RegistryOrganizationNotFound,
        ImagesCodes.PermissionDenied,
        ImagesCodes.CrossAccountDenied,
        ImagesCodes.GetOrganizationPermissionFailed,
        ImagesCodes.GetPermissionFailed);

    /// <summary>It looks up where a push goes, which may not be there yet.</summary>
    public static IEndpointConventionBuilder OpensForPush(this IEndpointConventionBuilder builder) => builder.OpensRepository().CanFail(
        ImagesCodes.NoEditableOrganization,
        ImagesCodes.ImageOwnedByAnotherUser,
        ImagesCodes.OrganizationQuotaExceeded);

    /// <summary>It makes the repository, and perhaps its organization, with the first thing that is stored.</summary>
    public static IEndpointConventionBuilder MakesRepository(this IEndpointConventionBuilder builder) => builder.CanFail(
        ImagesCodes.ImageNotFound,
        ImagesCodes.ImageLimitReached,
        ImagesCodes.SaveOrganizationFailed,
        ImagesCodes.DeleteOrganizationFailed,
        ImagesCodes.SaveImageFailed);
}
