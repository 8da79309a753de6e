using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Background.Jobs;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Jobs;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Tags;

namespace Stagedoor.Images.Triggers;

/// <summary>What a push sets off.</summary>
internal static class TriggerServices
{
    public static void AddTriggers(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<TriggerOptions>().Bind(configuration.GetSection("Images:Triggers")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TriggerOptions>, TriggerOptionsValidator>();
        services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, TriggersJson.Default));
        services.AddSingleton<TriggerStore>();
        services.AddSingleton<TagCondition>();
        services.AddSingleton<ITagListener, TriggerListener>();
        services.AddSingleton(new RepositoryTable("triggers"));
        services.AddSingleton(new RepositoryTable("trigger_histories"));
        services.AddJob<TriggerJob>(Attempts);
    }

    public static void MapTriggers(this IEndpointRouteBuilder manage)
    {
        var triggers = manage.MapGroup("").SpeaksJson(TriggersJson.Wire).PathParameter(TriggerName.Parameter, "The trigger's name.");
        CreateTrigger.Map(triggers);
        ListTriggersDetails.Map(triggers);
        ShowTrigger.Map(triggers);
        UpdateTrigger.Map(triggers);
        DeleteTrigger.Map(triggers);
    }

    private static JobRunnerOptions Attempts(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<TriggerOptions>>().Value;
        return new()
        {
            MaxAttempts = options.Attempts,
            FirstRetry = TimeSpan.FromSeconds(options.FirstRetrySeconds),
            LongestRetry = TimeSpan.FromMinutes(options.LongestRetryMinutes),
        };
    }
}
