using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Tags;

/// <summary>Tags in the management API.</summary>
internal static class TagServices
{
    public static void AddTags(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, TagsJson.Default));
        services.AddSingleton<TagCatalog>();
        services.AddSingleton<TagStore>();
        services.AddSingleton<TagGuard>();
        services.AddSingleton<TagHolders>();
        services.AddSingleton<AccessoryStore>();
    }

    public static void MapTags(this IEndpointRouteBuilder manage, IEndpointRouteBuilder third)
    {
        var routes = manage.MapGroup("").SpeaksJson(TagsJson.Wire);
        ListRepositoryTags.Map(routes);
        ShowRepoTag.Map(routes);
        CreateRepoTag.Map(routes);
        DeleteRepoTag.Map(routes);
        RestoreRepoTag.Map(routes);
        ListRepoAccessories.Map(routes);
        ListReferences.Map(routes);
        Repositories.ShowRepositorySettings.Map(routes);
        ListRepositoryTag.Map(third.MapGroup("").SpeaksJson(TagsJson.Wire));
    }
}
