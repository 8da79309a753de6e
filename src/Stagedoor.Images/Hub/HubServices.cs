using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Tags;

namespace Stagedoor.Images.Hub;

/// <summary>The image center: what every account may pull, lists of it, and the search over all that somebody may read.</summary>
internal static class HubServices
{
    public static void AddHub(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, HubJson.Default));
        services.AddSingleton<HubStore>();
        services.AddSingleton<HubLists>();
        services.AddSingleton<Favorites>();
        services.AddSingleton<HubPages>();
        services.AddSingleton<SearchStore>();
        services.AddSingleton(new RepositoryTable("hub_items"));
        services.AddSingleton(new RepositoryTable("favorites"));
    }

    public static void MapHub(this IEndpointRouteBuilder manage)
    {
        var routes = manage.MapGroup("").PathParameter("list", "The name of the list.");
        ListHubImages.Map(routes);
        ShowHubImage.Map(routes);
        ListHubListImages.Map(routes);
        KeepHubList.Map(routes);
        KeepHubListImage.Map(routes);
        ListFavorites.Map(routes);
        KeepFavorite.Map(routes);
        ShowHubTags.Map(manage.MapGroup("").SpeaksJson(TagsJson.Wire));
        Search.Map(manage.MapGroup("").SpeaksJson(HubJson.Wire));
    }
}
