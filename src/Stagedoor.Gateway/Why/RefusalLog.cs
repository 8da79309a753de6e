using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Gateway.Admission;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;

namespace Stagedoor.Gateway.Why;

/// <summary>
/// Where refused requests are handed in for whoever asks why; <see cref="RefusalWriter"/> works them out and writes them. It takes what there is room for,
/// and never keeps an answer waiting.
/// </summary>
internal sealed class RefusalLog(RoutePolicies routes, ModuleSet modules, RefusalRates rates, IOptions<WhyOptions> options, TimeProvider clock)
{
    /// <summary>Refusals that wait for the database at one time.</summary>
    public const int Capacity = 4096;

    private const int MaxPath = 512;
    private const int MaxQuery = 1024;
    private const int MaxSaid = 1024;
    private const int ClientClosedRequest = 499;

    private readonly bool _isOn = options.Value.KeepDays > 0;

    public Handover<object> Handover { get; } = new(Capacity, clock);

    /// <summary>Notes a request that was answered with an error. Called before the answer begins.</summary>
    /// <param name="context">The request.</param>
    /// <param name="template">Its route's template; null when no route took it.</param>
    /// <param name="status">The status of its answer; of a call of gRPC the one that HTTP has for it.</param>
    /// <param name="code">The code of its answer; empty when it has none.</param>
    public void Note(HttpContext context, string? template, int status, string code)
    {
        if (!_isOn || status is < 400 or ClientClosedRequest)
        {
            return;
        }

        var path = context.Features.Get<DecisionPath>();
        var slot = context.RequestServices.GetService<CallerSlot>();
        var domain = slot?.Known?.DomainId ?? path?.Owner?.DomainId ?? path?.AccessKey ?? "";
        if (rates.Take(domain, ClientNetwork.Of(context.Connection.RemoteIpAddress), code, template ?? "") && !Handover.TryAdd(Take(context, template, status, code, path, slot)))
        {
            rates.NoteLost();
        }
    }

    /// <summary>Notes what else somebody may ask about, under the request that asked for it.</summary>
    public void Note(RefusalRow row)
    {
        if (_isOn && rates.Take(row.DomainId, default, row.Code, "job") && !Handover.TryAdd(row))
        {
            rates.NoteLost();
        }
    }

    /// <summary>Lets what was handed in until now be written, as far as that takes no longer than a second.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Handover.TryAdd(written))
        {
            Handover.Hurry();
            await written.Task.WaitAsync(TimeSpan.FromSeconds(1), clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private Refusal Take(HttpContext context, string? template, int status, string code, DecisionPath? path, CallerSlot? slot)
    {
        var (request, response) = (context.Request, context.Response);
        var endpoint = context.GetEndpoint() as RouteEndpoint;
        var query = request.QueryString.HasValue ? Secrets.Mask(request.QueryString.Value.AsSpan(1)) : null;
        var shown = ShownPath(request);
        return new()
        {
            RequestId = context.TraceIdentifier,
            Time = clock.GetUtcNow(),
            Method = Storable(request.Method, 32),
            Path = shown,
            Query = query is null ? null : Storable(query, MaxQuery),
            Target = Storable(query is null ? shown : $"{shown}?{query}", MaxPath + MaxQuery),
            Scheme = request.Scheme,
            Address = context.Connection.RemoteIpAddress?.ToString(),
            Listener = context.Features.Get<ModuleListener>()?.Title,
            Template = template,
            Operation = endpoint?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName,
            Auth = endpoint is null ? AuthMode.None : routes.Of(endpoint).Auth,
            Status = status,
            IsMiss = endpoint?.Metadata.GetMetadata<ProbeMetadata>() is { } probe && HttpMethods.Equals(probe.Method, request.Method) && probe.Misses.Any(m => string.Equals(m.Code, code, StringComparison.Ordinal)),
            GrpcStatus = response.Headers.GrpcStatus.ToString() is { Length: > 0 } called ? called : null,
            Said = path?.Said is { } said ? Storable(said, MaxSaid) : SaidIn(response),
            // The protocols of some senders have no place for a code.
            Code = code.Length > 0 ? code : string.Create(CultureInfo.InvariantCulture, $"HTTP.{status}"),
            Credentials = CredentialKinds.Of(request),
            Project = (request.RouteValues["project_id"] ?? request.RouteValues["project"]) is string project ? Storable(project, 64) : null,
            Caller = slot?.Known,
            AccountName = slot?.AccountName,
            Owner = path?.Owner,
            AccessKey = path?.AccessKey ?? CredentialKinds.FindNamedKey(request),
            Error = path?.Refusal,
            Steps = path is null ? [] : [.. path.Steps],
            Signature = context.Features.Get<RefusedSignature>(),
            AllowedMethods = response.Headers.Allow.ToString() is { Length: > 0 } allowed ? allowed : null,
            RetryAfter = response.Headers.RetryAfter.ToString() is { Length: > 0 } after ? after : null,
        };
    }

    // Some senders can set no header and bring their key in the path, also in one that no route takes.
    private string ShownPath(HttpRequest request)
    {
        var path = modules.Masked(request.Path.Value ?? "");
        foreach (var (name, value) in request.RouteValues)
        {
            if (value is string { Length: > 0 } text && Secrets.IsNamedBy(name))
            {
                path = path.Replace(text, Secrets.Hidden, StringComparison.Ordinal);
            }
        }

        return Storable(path, MaxPath);
    }

    private static string? SaidIn(HttpResponse response) =>
        response.Headers["X-Stagedoor-Error-Message"].ToString() is { Length: > 0 } said ? Storable(Uri.UnescapeDataString(said), MaxSaid)
        : response.Headers.GrpcMessage.ToString() is { Length: > 0 } message ? Storable(Uri.UnescapeDataString(message), MaxSaid)
        : null;

    private static string Storable(string text, int most) => Text.Repair(Text.Cut(text, most));
}
