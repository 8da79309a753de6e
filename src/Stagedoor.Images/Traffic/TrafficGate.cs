using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Http;
using Stagedoor.Identity;

namespace Stagedoor.Images.Traffic;

/// <summary>
/// Refuses requests for what there is too much of, or for what time it is: too many at once (<see cref="TryEnter"/>, before the module asks who it is), too many of one
/// account, a caller who is blocked, changes during maintenance (<see cref="Admit"/>, once it is known who it is). Every process counts for itself.
/// </summary>
internal sealed partial class TrafficGate
{
    private const int MaxBlocked = 10_000;
    private const int SecondsPerMinute = 60;

    private readonly TrafficOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly RateWindows<string>? _accounts;

    // Windows of a minute: they count by whatever number moves on.
    private readonly RateWindows<string>? _refusals;
    private readonly BoundedCache<string, Block>? _blocked;
    private int _working;

    public TrafficGate(IOptions<TrafficOptions> options, TimeProvider clock, ILogger<TrafficGate> logger)
    {
        (_options, _clock, _logger) = (options.Value, clock, logger);
        _accounts = _options.RequestsPerSecondPerAccount > 0 ? new(_options.RequestsPerSecondPerAccount) : null;
        if (_options.BlockAfterRefusals > 0)
        {
            _refusals = new(_options.BlockAfterRefusals);
            _blocked = new(new(clock), MaxBlocked, TimeSpan.FromMinutes(_options.BlockMinutes));
        }

        LooksAtCallers = _accounts is not null || _options.Maintenance;
    }

    /// <summary>Whether <see cref="Admit"/> may refuse anybody.</summary>
    public bool LooksAtCallers { get; }

    /// <summary>Whether the number of requests at once is bounded.</summary>
    public bool IsBounded => _options.MaxConcurrentRequests > 0;

    /// <summary>The bound.</summary>
    public int MaxConcurrentRequests => _options.MaxConcurrentRequests;

    /// <summary>Takes a place among those that are worked on. Whoever gets one gives it back with <see cref="Leave"/>.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _working) <= _options.MaxConcurrentRequests)
        {
            return true;
        }

        // What is counted too many for a moment can only refuse another, never let one in too many.
        Interlocked.Decrement(ref _working);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _working);

    /// <summary>To be called once for each request, as soon as its caller is known.</summary>
    /// <param name="context">The request.</param>
    /// <param name="caller">Null for somebody without a login.</param>
    /// <exception cref="ApiException">It is refused.</exception>
    public void Admit(HttpContext context, Caller? caller)
    {
        if (!LooksAtCallers)
        {
            return;
        }

        var user = caller?.UserId ?? NetworkOf(context);
        if (_blocked?.Find(user) is { } block)
        {
            throw TrafficError.Blocked(context, block.Until, _clock.GetUtcNow());
        }

        if (_options.Maintenance && !IsRead(context))
        {
            throw TrafficError.Maintenance(context);
        }

        var second = _clock.GetUtcNow().ToUnixTimeSeconds();
        if (_accounts is not null && _accounts.Take(caller?.DomainId ?? NetworkOf(context), second) < 0)
        {
            CountRefusal(user, second);
            throw TrafficError.TooManyOfAccount(context, _accounts.Limit);
        }
    }

    // The one refusal that is too many blocks; what comes at the same moment blocks again for as long.
    private void CountRefusal(string user, long second)
    {
        if (_refusals is not null && _refusals.Take(user, second / SecondsPerMinute) <= 0)
        {
            var until = _clock.GetUtcNow().AddMinutes(_options.BlockMinutes);
            _blocked!.Keep(user, new(until));
            LogBlocked(user, _options.BlockMinutes, _options.BlockAfterRefusals);
        }
    }

    private static string NetworkOf(HttpContext context) => $"network {ClientNetwork.Of(context.Connection.RemoteIpAddress)}";

    private static bool IsRead(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method) || HttpMethods.IsOptions(context.Request.Method)
        || context.GetEndpoint()?.Metadata.GetMetadata<ChangesNoImageMetadata>() is not null;

    [LoggerMessage(LogLevel.Warning, "{User} is blocked for {Minutes} minutes: {Refusals} requests within a minute were refused for their rate (Images:Traffic:BlockAfterRefusals)")]
    private partial void LogBlocked(string user, int minutes, int refusals);

    private sealed record Block(DateTimeOffset Until);
}

/// <summary>The operation changes nothing of images, whatever its method is; it goes on during maintenance.</summary>
internal sealed record ChangesNoImageMetadata;
