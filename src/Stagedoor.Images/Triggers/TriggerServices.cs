using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Stagedoor.Background.Jobs;
using Stagedoor.Http.Describing;
using Stagedoor.Identity;
using Stagedoor.Images.Jobs;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Tags;
using Stagedoor.Images.Triggers.Webhooks;

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
        services.AddSingleton<IRemovalListener, TriggerEnd>();
        // One after the other, or a workload would be left with the image that was pushed first.
        services.AddJob<TriggerJob>(static provider => Attempts(provider, atOnce: 8, perLane: 1));

        services.AddSingleton<IValidateOptions<TriggerOptions>, AllowedNetworksValidator>();
        services.AddSingleton<WebhookNetworks>();
        services.AddSingleton<WebhookStore>();
        services.AddSingleton<WebhookSecrets>();
        services.TryAddSingleton<NameLookup>();
        services.AddSingleton<WebhookSender>();
        services.AddSingleton<WebhookGate>();
        services.AddSingleton<ITagListener, WebhookListener>();
        services.AddSingleton(new RepositoryTable("webhooks"));
        services.AddHostedService<WebhookUpkeep>();
        // Most of the time is spent waiting for receivers, and a few that do not answer must not take all of it.
        services.AddJob<WebhookJob>(static provider => Attempts(provider, atOnce: 32, perLane: 4));
    }

    public static void MapTriggers(this IEndpointRouteBuilder manage)
    {
        var triggers = manage.MapGroup("").SpeaksJson(TriggersJson.Wire).PathParameter(TriggerName.Parameter, "The trigger's name.");
        CreateTrigger.Map(triggers);
        ListTriggersDetails.Map(triggers);
        ShowTrigger.Map(triggers);
        UpdateTrigger.Map(triggers);
        DeleteTrigger.Map(triggers);

        var webhooks = manage.MapGroup("").SpeaksJson(TriggersJson.Wire)
            .PathParameter(Webhook.Parameter, "The webhook's id.")
            .PathParameter(Webhook.DeliveryParameter, "The delivery's id.");
        CreateWebhook.Map(webhooks);
        ListWebhooks.Map(webhooks);
        ShowWebhook.Map(webhooks);
        UpdateWebhook.Map(webhooks);
        DeleteWebhook.Map(webhooks);
        TestWebhook.Map(webhooks);
        ListDeliveries.Map(webhooks);
        ShowDelivery.Map(webhooks);
        RedeliverWebhook.Map(webhooks);
    }

    private static JobRunnerOptions Attempts(IServiceProvider services, int atOnce, int perLane)
    {
        var options = services.GetRequiredService<IOptions<TriggerOptions>>().Value;
        return new()
        {
            MaxConcurrency = atOnce,
            MaxPerLane = perLane,
            MaxAttempts = options.Attempts,
            FirstRetry = TimeSpan.FromSeconds(options.FirstRetrySeconds),
            LongestRetry = TimeSpan.FromMinutes(options.LongestRetryMinutes),
        };
    }
}
