using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Quotas;

/// <summary>
/// Asks another process how much may be registered: <c>POST /v1/quota/apply</c>. It fails closed. A grant is kept for five seconds while more
/// than a tenth of the limit is left; a refusal never is.
/// </summary>
internal sealed partial class QuotaService : IDisposable
{
    private const double MarginToKeep = 0.1;
    private const int MaxGrants = 10_000;
    private static readonly TimeSpan s_grant = TimeSpan.FromSeconds(5);
    private readonly HttpClient? _client;
    private readonly ILogger _logger;
    private readonly BoundedCache<(QuotaResource Resource, string Tenant, string? ServiceId), Grant> _grants;

    public QuotaService(IOptions<QuotaOptions> options, TimeProvider clock, ILogger<QuotaService> logger)
    {
        _logger = logger;
        _grants = new(new(clock), MaxGrants, s_grant);
        if (options.Value.Url is { } url)
        {
#pragma warning disable CA2000 // The client owns it.
            // The address is one of this installation's own: what it says is for no proxy that the environment happens to name.
            _client = new OutgoingClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(2) })
#pragma warning restore CA2000
            {
                BaseAddress = new(url.TrimEnd('/') + "/"),
                Timeout = TimeSpan.FromMilliseconds(options.Value.TimeoutMilliseconds),
                MaxResponseContentBufferSize = 64 * 1024,
            };
        }
    }

    /// <exception cref="ApiException">It refuses, or does not answer.</exception>
    public async ValueTask RequireAsync(
        QuotaResource resource, Tenant tenant, string? serviceId, int current, int requested, CancellationToken cancellationToken)
    {
        var key = (resource, tenant.Key, serviceId);
        if (_grants.Find(key) is { } grant && HasMargin(grant.Limit, current + requested))
        {
            return;
        }

        var answer = await AskAsync(
            new(tenant.Domain, tenant.Project, Quota.NameOf(resource), serviceId, current, requested), cancellationToken);
        if (!answer.Allowed)
        {
            _grants.Forget(key);
            throw Quota.Exceeded(resource, answer.Limit ?? 0, current, requested);
        }

        if (answer.Limit is { } limit && HasMargin(limit, current + requested))
        {
            _grants.Keep(key, new(limit));
        }
    }

    public void Dispose() => _client?.Dispose();

    private static bool HasMargin(long limit, long used) => limit - used > limit * MarginToKeep;

    private async Task<Answer> AskAsync(Question question, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _client!.PostAsJsonAsync("v1/quota/apply", question, QuotaJson.Default.Question, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                var answer = await response.Content.ReadFromJsonAsync(QuotaJson.Default.Answer, cancellationToken);
                return answer ?? throw new JsonException("null");
            }

            throw new HttpRequestException($"It answered {(int)response.StatusCode}.");
        }
        catch (Exception e) when (
            e is HttpRequestException or JsonException or NotSupportedException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            LogUnavailable(e, MaskedText.Of(_client!.BaseAddress!.ToString()));
            throw new ApiException(DiscoveryCodes.QuotaServiceUnavailable, "the quota service did not give a usable answer in time", e);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The quota service at {Address} gives no usable answer; nothing new can be registered")]
    private partial void LogUnavailable(Exception exception, string address);

    internal sealed record Question(string Domain, string Project, string Resource, string? ScopeId, int Current, int Requested);

    internal sealed record Answer
    {
        [JsonRequired]
        public bool Allowed { get; init; }

        public long? Limit { get; init; }
    }

    private sealed record Grant(long Limit);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(QuotaService.Question))]
[JsonSerializable(typeof(QuotaService.Answer))]
internal sealed partial class QuotaJson : JsonSerializerContext;
