using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Sharing;

/// <summary>Sharing of repositories with other accounts.</summary>
internal static class SharingServices
{
    public static void AddSharing(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, SharingJson.Default));
        services.AddSingleton<ShareStore>();
        services.AddSingleton(new RepositoryTable("share_domains"));
    }

    /// <summary>Maps the operations. Those on one repository are documented under <c>repositories</c>, and clients are about that say <c>repos</c>.</summary>
    /// <param name="manage">The group of the second version.</param>
    /// <param name="managed3">That of the third.</param>
    public static void MapSharing(IEndpointRouteBuilder manage, IEndpointRouteBuilder managed3)
    {
        CreateRepoDomains.Map(manage);
        ListRepoDomains.Map(manage);
        ShowAccessDomain.Map(manage);
        UpdateRepoDomains.Map(manage);
        DeleteRepoDomains.Map(manage);
        ListSharedReposDetails.Map(manage);
        ListSharedRepoDetails.Map(managed3);
    }
}
