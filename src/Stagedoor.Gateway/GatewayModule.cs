using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Stagedoor.Background.Jobs;
using Stagedoor.Gateway.Admission;
using Stagedoor.Gateway.Arrival;
using Stagedoor.Gateway.Audit;
using Stagedoor.Gateway.Signing;
using Stagedoor.Gateway.Throttling;
using Stagedoor.Gateway.Why;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;
using Stagedoor.Identity;

namespace Stagedoor.Gateway;

/// <summary>The gateway: what every request passes, and the audit log of what they changed.</summary>
public sealed class GatewayModule : IModule
{
    public string Name => "gateway";

    public ModuleTraits Traits { get; } = new() { IsAlwaysOn = true, Settings = [("Gateway", typeof(GatewayOptions)), ("Why", typeof(WhyOptions))], Title = new("Gateway and IAM", "网关与 IAM") };

    /// <summary>Adds what <see cref="GatewayPipeline.UseGateway"/> needs.</summary>
    public void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<GatewayOptions>().Bind(configuration.GetSection("Gateway")).ValidateOnStart();
        services.Configure<GatewayOptions>(options => options.ExternalUrl = configuration["ExternalUrl"] ?? options.ExternalUrl);
        services.AddSingleton<IValidateOptions<GatewayOptions>, GatewayOptionsValidator>();
        services.AddSingleton<IValidateOptions<GatewayOptions>, GatewayOptionsRules>();
        services.AddOptions<WhyOptions>().Bind(configuration.GetSection("Why")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<WhyOptions>, WhyOptionsValidator>();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IdSource>();
        services.TryAddSingleton<GatewayDb>();
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton<RequestLog>();
        services.AddSingleton<WaitingBodies>();
        services.AddSingleton<PathReadings>();
        services.AddSingleton<Permissions>();
        services.AddSingleton<RoutePolicies>();
        services.AddSingleton(static provider => new AccessKeyLocks(
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IOptions<GatewayOptions>>().Value.LockPerAccessKey));
        services.AddSingleton(static provider =>
        {
            var settings = provider.GetRequiredService<IOptions<GatewayOptions>>().Value;
            return new LoopbackTrust(settings.TrustedProxies.Count == 0 && string.IsNullOrEmpty(settings.ExternalUrl));
        });
        services.AddCors();
        services.AddSingleton<FailureBursts>();
        services.AddSingleton<ICredentialRefusals, CredentialRefusals>();
        services.AddSingleton<Authenticator>();
        services.AddSingleton<AuditLog>();
        services.AddSingleton<ILoginAudit>(static provider => provider.GetRequiredService<AuditLog>());
        services.AddSingleton<AuditStore>();
        services.AddSingleton<AuditKey>();
        services.AddSingleton<AuditVerifier>();
        services.AddHostedService<AuditWriter>();
        services.AddHostedService<AuditRetention>();
        services.AddSingleton<RefusalRates>();
        services.AddSingleton<RefusalLog>();
        services.AddSingleton<RefusalStore>();
        services.AddSingleton<RefusalReader>();
        services.AddSingleton<ILastRefusals>(static provider => provider.GetRequiredService<RefusalReader>());
        services.AddSingleton<IJobFaults, JobRefusals>();
        services.AddSingleton<RefusalAccount>();
        services.AddSingleton<NearestRoute>();
        services.AddHostedService<RefusalWriter>();
        services.AddHostedService<RefusalRetention>();
        services.AddSingleton<AuditInspection>();
        services.AddSingleton<IWarnings>(static provider => provider.GetRequiredService<AuditInspection>());
        services.AddHostedService(static provider => provider.GetRequiredService<AuditInspection>());
    }

    /// <summary>Looks whether the audit log is as it was written.</summary>
    public static Task<AuditCheck> VerifyAuditAsync(IServiceProvider services, CancellationToken cancellationToken) =>
        services.GetRequiredService<AuditVerifier>().VerifyAsync(cancellationToken);

    /// <summary>Records what somebody did to an installation that does not serve; false when the log did not take it.</summary>
    /// <param name="services">The installation's services.</param>
    /// <param name="traceName">What was done, for example <c>updateUserPwd</c>.</param>
    /// <param name="resourceType">What it was done to.</param>
    /// <param name="resource">The name of that.</param>
    /// <param name="account">In whose log it is listed.</param>
    /// <param name="actor">Who did it.</param>
    /// <param name="cancellationToken">Keeps the writer from beginning.</param>
    public static async Task<bool> RecordActionAsync(
        IServiceProvider services,
        string traceName,
        string resourceType,
        string resource,
        (string? Id, string Name) account,
        string actor,
        CancellationToken cancellationToken)
    {
        var log = services.GetRequiredService<AuditLog>();
        // Nothing of the host runs here: the writer begins for this record, and its chain ends with it.
        using var writer = ActivatorUtilities.CreateInstance<AuditWriter>(services);
        await writer.StartAsync(cancellationToken);
        var isWritten = await log.WriteAsync(new()
        {
            OccurredAt = log.Now.ToUnixTimeMilliseconds(),
            TraceName = traceName,
            TraceType = "SystemAction",
            ServiceType = "IAM",
            ResourceType = resourceType,
            ResourceName = resource,
            UserName = actor,
            DomainId = account.Id,
            DomainName = account.Name,
        });
        await writer.StopAsync(CancellationToken.None);
        return isWritten;
    }

    /// <summary>Signs a message with an access key, as its clients do.</summary>
    /// <param name="message">What is about to be sent.</param>
    /// <param name="body">The bytes of its body.</param>
    /// <param name="accessKey">The access key.</param>
    /// <param name="secretKey">Its secret key.</param>
    /// <param name="now">The signing time.</param>
    public static void Sign(HttpRequestMessage message, ReadOnlySpan<byte> body, string accessKey, string secretKey, DateTimeOffset now) =>
        RequestSigner.Sign(message, body, accessKey, secretKey, now);

    public void Map(IEndpointRouteBuilder routes)
    {
        ListAuditRecords.Map(routes);
        ListRefusals.Map(routes);
        ExplainRequest.Map(routes);
    }

    // Its records are in the database of accounts, which IAM prepares.
    public Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken) => Task.CompletedTask;
}
