using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Errors;
using Stagedoor.Http.Decisions;
using Stagedoor.Storage;

namespace Stagedoor.Http.Tenants;

/// <summary>
/// Decides who calls, for which tenant, and whether they may: the gateway's credentials, key headers, tokens of a service's own accounts. The
/// registry and the dashboard have the same clients, which expect the same answers of both.
/// </summary>
public sealed class TenantAdmission(
    IEnumerable<ITenantCredentialReader> readers, ICallers callers, LoopbackTrust loopback, AnonymousTrust anonymous, TimeProvider clock)
{
    private const string DefaultName = "default";
    private const int MaxNameLength = 64;

    // As for what stays open: with what the directory says a second old, nothing outlives its credential by more than two.
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(1);
    private readonly ITenantCredentialReader[] _readers = [.. readers];
    private readonly bool _trustsLoopback = anonymous.IncludesLoopback;

    /// <summary>The tenant that the request is about.</summary>
    /// <exception cref="ApiException">The caller is not known, or may not.</exception>
    public async ValueTask<Tenant?> AdmitAsync(HttpContext context)
    {
        var credential = await IdentifyAsync(context);
        if (credential.Account is { } account)
        {
            account.Demand(context);
        }
        else
        {
            Demand(context, credential);
        }

        context.RequestServices.GetRequiredService<CallerSlot>().Admitted = credential;
        return new(DomainOf(context, credential), ProjectOf(context));
    }

    /// <summary>
    /// Whether the caller, who was admitted, may also change something: what an operation that looks writes down besides is not written for who may
    /// only look.
    /// </summary>
    public static bool MayWrite(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.RequestServices.GetRequiredService<CallerSlot>().Admitted is { } credential && (credential.Account?.MayWrite ?? credential.MayWrite);
    }

    /// <summary>Begins something that stays open, for a caller who was admitted: it ends when the caller would be admitted no more.</summary>
    public KeptAdmission Keep(HttpContext context)
    {
        var slot = context.RequestServices.GetRequiredService<CallerSlot>();
        var isKnown = slot.Caller is not null || Array.Exists(_readers, reader => reader.IsThere(context));
        return new(isKnown ? () => StillAdmitsAsync(context, slot) : null, clock, context.RequestAborted);
    }

    /// <summary>Who calls, whatever the operation: only its credential was looked at.</summary>
    /// <exception cref="ApiException">The caller is not known.</exception>
    public ValueTask<TenantCredential> IdentifyAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var slot = context.RequestServices.GetRequiredService<CallerSlot>();
        slot.LookedAt ??= clock.GetTimestamp();
        return slot.Caller is { } caller ? ValueTask.FromResult(Accept(TenantCredential.Of(caller, ProjectOf(context))))
            : slot.Refusal is { } refusal ? throw Unauthorized(refusal)
            : ReadAsync(context);
    }

    private static void Demand(HttpContext context, TenantCredential credential)
    {
        var metadata = context.GetEndpoint()?.Metadata;
        var isRead = metadata?.GetMetadata<OperatorsOnlyMetadata>() is null && metadata?.GetMetadata<ChangesMetadata>() is null
            && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method) || metadata?.GetMetadata<ReadsOnlyMetadata>() is not null);
        if (!(isRead ? credential.MayRead : credential.MayWrite))
        {
            throw new ApiException(ServiceCenterCodes.Forbidden, isRead ? "reading needs a role of the account" : "registering, changing and administration need a role that may write")
            {
                Decision = TenantCredential.Explain(isRead),
            };
        }
    }

    private static string DomainOf(HttpContext context, TenantCredential credential)
    {
        var headers = context.Request.Headers;
        var named = headers["X-Domain-Name"].ToString();
        if (named.Length == 0)
        {
            named = headers["X-Tenant-Name"].ToString();
        }

        if (named.Length > MaxNameLength)
        {
            throw Invalid("X-Domain-Name", $"at most {MaxNameLength} characters");
        }

        // Clients send "default" when nobody told them a domain; with a credential that means its own.
        if (credential.Domain is not { } own)
        {
            return named.Length == 0 ? DefaultName : named;
        }

        return named.Length == 0 || string.Equals(named, DefaultName, StringComparison.Ordinal) || string.Equals(named, own, StringComparison.Ordinal)
            ? own
            : throw Unauthorized($"the credential belongs to another domain than {named}");
    }

    private static string ProjectOf(HttpContext context)
    {
        var project = context.Request.RouteValues["project"] as string;
        return project is null ? DefaultName
            : project.Length is > 0 and <= MaxNameLength ? project
            : throw Invalid("project", $"1 to {MaxNameLength} characters");
    }

    /// <summary>Looks again, after a body that was long on its way.</summary>
    /// <exception cref="ApiException">The caller would be admitted no more.</exception>
    public async ValueTask LookAgainAsync(HttpContext context)
    {
        var slot = context.RequestServices.GetRequiredService<CallerSlot>();
        if (slot.LookedAt is { } at && clock.GetElapsedTime(at) >= s_soon && !await StillAdmitsAsync(context, slot))
        {
            throw Unauthorized("the credential has ended while the body was sent");
        }
    }

    private async ValueTask<bool> StillAdmitsAsync(HttpContext context, CallerSlot slot)
    {
        try
        {
            if (slot.Caller is { } caller)
            {
                slot.Caller = caller.Credential is null ? null : await callers.FindAgainAsync(
                    caller.UserId, caller.ProjectId, caller.Credential, context.Connection.RemoteIpAddress, context.RequestAborted);
                if (slot.Caller is null)
                {
                    return false;
                }
            }

            await AdmitAsync(context);
            return true;
        }
        catch (Exception e) when (e is ApiException or StorageException or OperationCanceledException)
        {
            // A directory that has not answered for a minute opens no door, and keeps none open.
            return false;
        }
    }

    private static TenantCredential Accept(TenantCredential credential) => credential.Refusal is { } refusal ? throw refusal : credential;

    private async ValueTask<TenantCredential> ReadAsync(HttpContext context)
    {
        var project = ProjectOf(context);
        foreach (var reader in _readers)
        {
            if (await reader.ReadAsync(context, project) is { } credential)
            {
                // For the records of the gateway, which knows neither kind.
                var slot = context.RequestServices.GetRequiredService<CallerSlot>();
                (slot.Found, slot.AccountName) = (credential.Caller, credential.Account?.Name);
                return Accept(credential);
            }
        }

        return _trustsLoopback && loopback.Includes(context)
            ? new(null, true, true)
            : throw Unauthorized("no credential was sent");
    }

    private static ApiException Unauthorized(string reason) => new(DiscoveryCodes.Unauthorized, reason)
    {
        Decision = new(DecisionStage.Authentication)
        {
            Change = $"Send X-Service-AK and X-Service-ShaAKSK of an access key, X-Auth-Token or a signature that is good for the project of the path: {reason}.",
        },
    };

    private static ApiException Invalid(string field, string rule) => new(DiscoveryCodes.InvalidParameter, $"{field}: {rule}");
}
