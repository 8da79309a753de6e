using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Finding;

/// <summary>
/// <c>GET …/registry/instances?appId=&amp;serviceName=&amp;version=</c>: the instances of a provider, from memory. With <c>rev</c> an
/// unchanged answer is 304; with <c>wait=30s</c> besides, the call is held until there is a change.
/// </summary>
internal static class FindInstances
{
    public const string RevisionHeader = "X-Resource-Revision";

    /// <summary>What <see cref="FoundInstances.Body"/> is made of, for the API description.</summary>
    internal sealed record Response(IReadOnlyList<Instance> Instances);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/instances", HandleAsync)
        .WithName(nameof(FindInstances))
        .WithSummary("Find the instances of a provider")
        .QueryParameter("env", "The environment of the provider: empty, development, testing, acceptance or production.")
        .QueryParameter("appId", "The application of the provider.", isRequired: true)
        .QueryParameter("serviceName", "The name or the alias of the provider.", isRequired: true)
        .QueryParameter("version", "The versions that are wanted: 1.0.0, 1.0.0+, 1.0-2.0 or latest.")
        .QueryParameter("tags", "Keys of tags that the provider must have, with commas between them.")
        .QueryParameter("rev", "The revision that the caller has: an answer that is still the same is 304.")
        .QueryParameter("wait", "With rev: wait up to so many seconds for a change, as in 30s.")
        .QueryParameter("noCache", "Ask the database and not the memory.", ParameterType.Flag)
        .HeaderParameter("X-ConsumerId", "The id of the microservice that asks; what it finds is noted as a dependency.")
        .SendsHeader(200, FindInstances.RevisionHeader, "The revision of the answer, for rev of the next call.")
        .Answers<FindInstances.Response>(200, "The instances.")
        .AnswersEmpty(304, "The caller has the answer already.")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(DiscoveryCodes.MicroserviceNotFound);

    /// <summary>Sends the answer, or that it is what the caller has.</summary>
    public static Task SendAsync(HttpContext context, FoundInstances answer, string known)
    {
        context.Response.Headers[RevisionHeader] = answer.Revision;
        if (known.Length > 0 && string.Equals(known, answer.Revision, StringComparison.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        return Wire.WriteAsync(context, answer.Body);
    }

    private static async Task HandleAsync(
        HttpContext context, Tenant tenant, Finder finder, RegistryReader reader, TenantAdmission admission, IOptions<DiscoveryOptions> options, TimeProvider clock)
    {
        var lookup = Lookup.Read(context);
        var isFresh = context.Request.Query.ContainsKey("noCache") && Query.Flag(context, "noCache");
        if (isFresh)
        {
            await reader.ReadThroughAsync(context.RequestAborted);
        }

        var consumer = await finder.FindConsumerAsync(context, tenant);
        var known = isFresh ? "" : Query.Value(context, "rev");
        var noted = Finder.Notes(context) ? Noted.AtOnce : Noted.Never;
        var (provider, answer) = await finder.FindAsync(tenant, lookup, consumer, noted);
        if (provider is not null && ReferenceEquals(answer, FoundInstances.NoSuchVersion))
        {
            // Another replica may have registered the version a moment ago.
            await reader.RequireCurrentAsync();
            (provider, answer) = await finder.FindAsync(tenant, lookup, consumer, noted);
        }

        if (provider is null || ReferenceEquals(answer, FoundInstances.NoSuchVersion))
        {
            throw Finder.Missing(lookup, provider);
        }

        if (known.Length > 0 && string.Equals(known, answer.Revision, StringComparison.Ordinal) && WaitOf(context, options.Value) is { } wait)
        {
            await using var admitted = admission.Keep(context);
            answer = await AwaitAsync(context, admitted, finder, provider, lookup, consumer, known, clock.GetUtcNow() + wait, clock);
            if (ReferenceEquals(answer, FoundInstances.NoSuchVersion))
            {
                throw Finder.Missing(lookup, null);
            }
        }

        await SendAsync(context, answer, known);
    }

    private static async Task<FoundInstances> AwaitAsync(
        HttpContext context, KeptAdmission admitted, Finder finder, Provider provider, Lookup lookup, ServiceNode? consumer, string known,
        DateTimeOffset until, TimeProvider clock)
    {
        while (true)
        {
            // Taken before looking, so that a change in between is not missed.
            var change = provider.NextChangeAsync();
            var answer = finder.Answer(provider, lookup.Rule, lookup.Tags, consumer, finder.IsShared(lookup));
            var left = until - clock.GetUtcNow();
            if (!string.Equals(answer.Revision, known, StringComparison.Ordinal) || left <= TimeSpan.Zero)
            {
                return answer;
            }

            using var over = new CancellationTokenSource(left, clock);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, admitted.Ended, over.Token);
            await change.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            context.RequestAborted.ThrowIfCancellationRequested();
            if (admitted.HasEnded)
            {
                throw DiscoveryError.Unauthorized("the credential ended while the call waited");
            }
        }
    }

    /// <exception cref="ApiException">It is no time, or too long.</exception>
    private static TimeSpan? WaitOf(HttpContext context, DiscoveryOptions options)
    {
        var text = Query.Value(context, "wait");
        if (text.Length == 0)
        {
            return null;
        }

        return int.TryParse(text.EndsWith('s') ? text.AsSpan(0, text.Length - 1) : text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds <= options.MaxWaitSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw DiscoveryError.Invalid("wait", $"seconds, at most {options.MaxWaitSeconds}s");
    }
}
