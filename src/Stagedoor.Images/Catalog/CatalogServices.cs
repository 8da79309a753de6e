using Microsoft.Extensions.DependencyInjection;

namespace Stagedoor.Images.Catalog;

/// <summary>The list of repositories of the registry.</summary>
internal static class CatalogServices
{
    public static void AddCatalog(this IServiceCollection services)
    {
        services.AddSingleton<CatalogStore>();
        services.AddSingleton<ListCatalog>();
    }
}
