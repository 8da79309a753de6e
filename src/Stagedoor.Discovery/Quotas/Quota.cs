using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Quotas;

/// <summary>
/// How much may be registered. A quota service is asked before a write is decided, with what is known then; the settings count in the
/// decision itself, where nobody can come in between.
/// </summary>
internal sealed class Quota(IOptions<QuotaOptions> options, QuotaService service)
{
    private readonly QuotaOptions _options = options.Value;

    /// <summary>Asks the quota service, when there is one.</summary>
    /// <param name="resource">Of what more is wanted.</param>
    /// <param name="tenant">For whom.</param>
    /// <param name="serviceId">The microservice that it belongs to; null for microservices themselves.</param>
    /// <param name="current">How many there are.</param>
    /// <param name="requested">How many more.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ApiException">It refuses, or does not answer.</exception>
    public ValueTask AskAsync(QuotaResource resource, Tenant tenant, string? serviceId, int current, int requested, CancellationToken cancellationToken) =>
        _options.Url is null || requested <= 0 ? ValueTask.CompletedTask : service.RequireAsync(resource, tenant, serviceId, current, requested, cancellationToken);

    /// <summary>Counts against the settings, when no quota service is asked.</summary>
    /// <exception cref="ApiException">It would be too many.</exception>
    public void Check(QuotaResource resource, int current, int requested)
    {
        var limit = resource switch
        {
            QuotaResource.Service => _options.Services,
            QuotaResource.Instance => _options.Instances,
            QuotaResource.Schema => _options.Schemas,
            QuotaResource.Tag => _options.Tags,
            _ => _options.Rules,
        };
        if (_options.Url is null && requested > 0 && current + requested > limit)
        {
            throw Exceeded(resource, limit, current, requested);
        }
    }

    internal static ApiException Exceeded(QuotaResource resource, long limit, int current, int requested) => new(
        DiscoveryCodes.QuotaExceeded, $"{NameOf(resource)} quota: at most {limit}, there are {current}, requested {requested} more")
    {
        Decision = Grants.OfQuota(NameOf(resource) + "s", current, limit, $"Discovery:Quotas:{char.ToUpperInvariant(NameOf(resource)[0])}{NameOf(resource)[1..]}s"),
    };

    internal static string NameOf(QuotaResource resource) => resource switch
    {
        QuotaResource.Service => "service",
        QuotaResource.Instance => "instance",
        QuotaResource.Schema => "schema",
        QuotaResource.Tag => "tag",
        _ => "rule",
    };
}
