using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Background.Jobs;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Jobs;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Retention;

/// <summary>Rules by which tags go.</summary>
internal static class RetentionServices
{
    public static void AddRetention(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, RetentionJson.Default));
        services.AddSingleton<RetentionStore>();
        services.AddSingleton<RetentionRun>();
        services.AddJob<RetentionJob>(static _ => new JobRunnerOptions { MaxConcurrency = 1 });
        services.AddHostedService<RetentionUpkeep>();
        services.AddSingleton(new RepositoryTable("retention_rules"));
        services.AddSingleton(new RepositoryTable("retention_logs"));
    }

    public static void MapRetention(this IEndpointRouteBuilder manage)
    {
        var routes = manage.MapGroup("").SpeaksJson(RetentionJson.Wire).PathParameter("retention_id", "The number of the rule.");
        CreateRetention.Map(routes);
        ListRetentions.Map(routes);
        ListRetentionHistories.Map(routes);
        ShowRetention.Map(routes);
        UpdateRetention.Map(routes);
        DeleteRetention.Map(routes);
    }
}
