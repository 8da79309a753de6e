using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Gateway.Admission;
using Stagedoor.Http.Decisions;

namespace Stagedoor.Gateway.Why;

/// <summary>Reads refusals for whoever may see them: those of the caller's account, and for the operator's account those that are nobody's.</summary>
internal sealed class RefusalReader(
    RefusalStore store, RefusalLog log, Authenticator authenticator, RoutePolicies routes, IOperatorAccount operators, IOptions<WhyOptions> options, TimeProvider clock)
    : ILastRefusals
{
    private const int MostOfARequest = 20;

    /// <summary>Those of a request, the newest first.</summary>
    public async Task<IReadOnlyList<Refused>> FindAsync(string requestId, Caller caller, CancellationToken cancellationToken)
    {
        await log.SettleAsync(cancellationToken);
        var isOperator = await operators.IsOperatorAsync(caller.DomainId, cancellationToken);
        return Read(await store.FindAsync(requestId, caller.DomainId, isOperator, Since(), MostOfARequest, cancellationToken));
    }

    /// <summary>The last ones of the caller itself, the newest first.</summary>
    public async Task<IReadOnlyList<Refused>> ListAsync(Caller caller, string code, int limit, CancellationToken cancellationToken)
    {
        await log.SettleAsync(cancellationToken);
        return Read(await store.ListAsync(caller.DomainId, caller.UserId, code, Since(), limit, cancellationToken));
    }

    public async Task<IReadOnlyList<LastRefusal>?> FindLastAsync(HttpContext context, string code, int limit)
    {
        if (!Credentials.AreThere(context.Request.Headers) || context.GetEndpoint() is not RouteEndpoint endpoint
            || await authenticator.CheckAsync(context, routes.Of(endpoint)) is not { IsKnown: true, Caller: { } caller })
        {
            return null;
        }

        var last = await ListAsync(caller, code, limit, context.RequestAborted);
        return [.. last.Select(static r => new LastRefusal(r.RequestId, r.Time, r.Method is null ? r.Kind : $"{r.Method} {r.Path}", r.Change))];
    }

    private static IReadOnlyList<Refused> Read(IReadOnlyList<string> documents) =>
        [.. documents.Select(static d => JsonSerializer.Deserialize(d, WhyJson.Wire.Refused)).OfType<Refused>()];

    // Nobody is shown what is about to be removed.
    private long Since() => clock.GetUtcNow().AddDays(-options.Value.KeepDays).ToUnixTimeMilliseconds();
}
