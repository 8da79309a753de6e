using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Gateway.Arrival;
using Stagedoor.Gateway.Audit;
using Stagedoor.Gateway.Signing;
using Stagedoor.Gateway.Why;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;
using Stagedoor.Identity;
using Stagedoor.Storage;

namespace Stagedoor.Gateway.Admission;

/// <summary>Finds out who calls: checks a token, or the signature of the request.</summary>
internal sealed class Authenticator(
    IIdentities identities,
    AccessKeyLocks locks,
    FailureBursts failures,
    WaitingBodies waiting,
    PathReadings readings,
    IOptions<GatewayOptions> options,
    TimeProvider clock)
{
    private const string ProjectHeader = "X-Project-Id";

    // Whoever adds one of these on the way would change what a signed call means. Client libraries sign every header that they send.
    private static readonly string[] s_signed = [ProjectHeader, "X-Domain-Id", "X-Security-Token", "X-Subject-Token"];

    private readonly SigningRules _rules = new() { Regions = [identities.Region] };
    private readonly SigningRules _coveringRules = new() { Regions = [identities.Region], AllowUnsignedPayload = false };
    private readonly long _maxBody = options.Value.MaxBodyBytes;

    /// <summary>Judges the one credential of a request.</summary>
    /// <exception cref="ApiException">The directory does not answer.</exception>
    public async ValueTask<AuthenticationResult> CheckAsync(HttpContext context, RoutePolicy route)
    {
        try
        {
            return await ChooseAsync(context, route);
        }
        catch (StorageException fault)
        {
            throw GatewayError.IamUnavailable(fault);
        }
    }

    private ValueTask<AuthenticationResult> ChooseAsync(HttpContext context, RoutePolicy route)
    {
        var headers = context.Request.Headers;
        var token = Credentials.FindToken(headers);
        // On a passthrough route `Basic` and `Bearer` belong to the service.
        var authorization = route.Auth is AuthMode.Iam || Credentials.HasSignature(headers) ? headers.Authorization.ToString() : "";
        if (authorization.Length == 0)
        {
            return token is null
                ? ValueTask.FromResult(AuthenticationResult.Refused(GatewayError.NoCredential()))
                : CheckTokenAsync(context, route, token);
        }

        var header = AuthorizationHeader.Parse(authorization);
        if (!header.IsSignature)
        {
            return ValueTask.FromResult(AuthenticationResult.Refused(
                GatewayError.WrongCredential(header.Problem ?? "the scheme is not SDK-HMAC-SHA256 or V11-HMAC-SHA256")));
        }

        // Elsewhere the signature counts and the token is ignored; identity management reads tokens itself.
        return token is not null && route.IsIam
            ? ValueTask.FromResult(AuthenticationResult.Refused(GatewayError.WrongCredential("a token and a signature stand together")))
            : CheckSignatureAsync(context, route, header.Signature);
    }

    private async ValueTask<AuthenticationResult> CheckTokenAsync(HttpContext context, RoutePolicy route, string token)
    {
        var checkedToken = await identities.CheckTokenAsync(token, context.Connection.RemoteIpAddress, context.RequestAborted);
        var (state, caller) = checkedToken;
        if (caller is not null && (state is IdentityState.Valid || (state is IdentityState.MustChangePassword && route.ChangesOwnPassword)))
        {
            return AuthenticationResult.Known(caller);
        }

        if (state is IdentityState.Unverifiable)
        {
            await failures.NoteAsync(context, "token", null, "decrypt token fail");
        }

        DecisionPath.Of(context).BelongTo(checkedToken.Owner);
        return AuthenticationResult.Refused(
            state switch
            {
                IdentityState.MustBeUpdated or IdentityState.Inactive or IdentityState.ConsoleOnly => GatewayError.TokenMustBeUpdated(checkedToken.Problem),
                IdentityState.ForeignAddress => GatewayError.AddressNotAuthorized(),
                IdentityState.MustChangePassword => GatewayError.PasswordMustChange(),
                IdentityState.ForeignProject or IdentityState.ProjectUnavailable => GatewayError.ProjectUnavailable(),
                _ => GatewayError.UnverifiableToken(),
            },
            caller);
    }

    private async ValueTask<AuthenticationResult> CheckSignatureAsync(HttpContext context, RoutePolicy route, RequestSignature signature)
    {
        var accessKey = signature.AccessKey;
        var address = context.Connection.RemoteIpAddress;
        context.RequestServices.GetRequiredService<CallerSlot>().NamedKey = accessKey;
        if (locks.IsLocked(accessKey, address))
        {
            // Only a key that there is can be locked.
            DecisionPath.Of(context).BelongToKey(accessKey);
            return Locked();
        }

        // Without a body the statement that it is not signed is void, as the clients rely on: there is nothing to protect.
        var rules = route.NeedsSignedBody && SignedBody.HasBody(context) ? _coveringRules : _rules;
        if (readings.IsAmbiguous(context.Request))
        {
            rules = rules with { AllowWholePath = false };
        }

        var request = new SignedRequest(context.Request.Method, RequestLimits.RawTargetOf(context), context.Request.Headers, "");
        var key = await identities.FindAccessKeyAsync(accessKey, context.RequestAborted);
        if (key is { IsActive: false })
        {
            return Inactive(context, accessKey);
        }

        var now = clock.GetUtcNow();
        if (SignatureVerifier.CheckDate(request, signature, rules, now) is { } outdated)
        {
            BelongTo(context, key);
            return AuthenticationResult.Refused(Outdated(request, rules, outdated, now));
        }

        if (Array.Find(s_signed, name => context.Request.Headers.ContainsKey(name) && !signature.Signs(name)) is { } added)
        {
            BelongTo(context, key);
            return AuthenticationResult.Refused(GatewayError.NotAuthenticated(
                $"calc aksk signature fail:{added.ToLowerInvariant()} is sent and not signed",
                $"Add {added.ToLowerInvariant()} to the signed headers, or do not send it.",
                new DecisionFact("sent and not signed", added)));
        }

        var (hash, refusal) = IsUnsigned(context, signature, rules)
            ? (SignedRequest.UnsignedPayload, null)
            : await SignedBody.HashAsync(context, key is null ? null : waiting, _maxBody, context.RequestAborted);
        if (hash is null)
        {
            return AuthenticationResult.Refused(refusal!);
        }

        // The body comes as late as its sender likes, and not every handler reads it: a key that has ended meanwhile is none.
        key = key is null ? null : await identities.FindAccessKeyAsync(accessKey, context.RequestAborted);
        if (key is { IsActive: false })
        {
            return Inactive(context, accessKey);
        }

        request = request with { BodyHash = hash };
        var result = key is null
            ? SignatureVerifier.VerifyUnknownKey(request, signature, rules, clock.GetUtcNow())
            : SignatureVerifier.Verify(request, signature, key.Secret, rules, clock.GetUtcNow());
        if (key is null || !result.IsOk)
        {
            BelongTo(context, key);
            if (result.Status is SignatureStatus.Mismatch)
            {
                context.Features.Set(RefusedSignature.Of(context, request, signature, rules));
            }

            return await RefuseAsync(context, key, accessKey, result);
        }

        locks.Succeed(accessKey, address);
        return await ResolveAsync(context, key);
    }

    /// <summary>A body that states to be outside the signature is not read.</summary>
    private static bool IsUnsigned(HttpContext context, RequestSignature signature, SigningRules rules) =>
        rules.AllowUnsignedPayload
        && SignedBody.HasBody(context)
        && string.Equals(context.Request.Headers[SignedRequest.ContentHashHeader], SignedRequest.UnsignedPayload, StringComparison.Ordinal)
        && signature.Signs(SignedRequest.ContentHashHeader);

    private static AuthenticationResult Inactive(HttpContext context, string accessKey)
    {
        DecisionPath.Of(context).BelongToKey(accessKey);
        return AuthenticationResult.Refused(InactiveKey(accessKey));
    }

    private static ApiException InactiveKey(string accessKey) => GatewayError.NotAuthenticated(
        $"ak {accessKey} is inactive",
        $"Use another access key, or let an administrator switch this one, or its user, on again: stagedoor admin key enable {accessKey}",
        new DecisionFact("key", "switched off, ended, or its user may not call"));

    private static AuthenticationResult Locked() => AuthenticationResult.Refused(GatewayError.NotAuthenticated(
        "AK access failed to reach the limit,forbidden.",
        "Correct the secret key in the client, then wait 5 minutes without a call: the key is locked for your network after too many wrong signatures in a row.",
        new DecisionFact("key", "locked for the caller's network")));

    private static void BelongTo(HttpContext context, AccessKeyRecord? key)
    {
        if (key is not null)
        {
            DecisionPath.Of(context).BelongToKey(key.AccessKey);
        }
    }

    private static ApiException Outdated(in SignedRequest request, SigningRules rules, SignatureResult result, DateTimeOffset now)
    {
        var sent = request.Headers[SignedRequest.DateHeader].ToString();
        if (!SigningDate.TryParse(sent, out var time))
        {
            return GatewayError.NotAuthenticated(
                result.Detail, "Send X-Sdk-Date once, as yyyyMMddTHHmmssZ in UTC, and sign it.", new DecisionFact("x-sdk-date", sent.Length > 0 ? sent : "none"));
        }

        if (result.Status is not SignatureStatus.Expired)
        {
            return GatewayError.NotAuthenticated(result.Detail, "Add x-sdk-date to the signed headers, and send it once.", new DecisionFact("x-sdk-date", $"{sent}, not signed or more than once"));
        }

        var skew = (long)(now - time).TotalSeconds;
        return GatewayError.NotAuthenticated(
            result.Detail,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Set the clock of the client, or sign anew for each attempt: the request was signed {Math.Abs(skew)} s {(skew > 0 ? "before" : "after")} the server's time, and {rules.ClockSkew.TotalSeconds:0} s are allowed."),
            new DecisionFact("signed at", sent),
            new DecisionFact("server's time", SigningDate.Format(now)),
            new DecisionFact("skew", string.Create(CultureInfo.InvariantCulture, $"{skew} s")),
            new DecisionFact("allowed", string.Create(CultureInfo.InvariantCulture, $"{rules.ClockSkew.TotalSeconds:0} s")));
    }

    private async ValueTask<AuthenticationResult> RefuseAsync(HttpContext context, AccessKeyRecord? key, string accessKey, SignatureResult result)
    {
        // A name that nobody has is not counted: there is nothing to lock, and anyone could fill the memory with such names.
        if (key is not null && locks.Fail(accessKey, context.Connection.RemoteIpAddress) is not LockChange.Counted and var change)
        {
            if (change is LockChange.Locked)
            {
                await failures.NoteLockAsync(context, key);
            }

            return Locked();
        }

        await failures.NoteAsync(context, accessKey, key, $"{result.Status}");
        return AuthenticationResult.Refused(GatewayError.NotAuthenticated(
            result.Detail,
            result.Status switch
            {
                SignatureStatus.UnknownKey => $"Use an access key that exists here (stagedoor admin key list shows them): there is none with the name {Text.Cut(accessKey, 128)}.",
                SignatureStatus.InvalidScope => $"Derive the key for the day of X-Sdk-Date and the region {identities.Region}.",
                SignatureStatus.UnsignedSecurityToken => "Add x-security-token to the signed headers.",
                _ => null,
            }));
    }

    private async ValueTask<AuthenticationResult> ResolveAsync(HttpContext context, AccessKeyRecord key)
    {
        var address = context.Connection.RemoteIpAddress;
        var stated = context.Request.Headers[ProjectHeader].ToString();
        if (stated.Length > 0 && !IdSource.IsId(stated))
        {
            return AuthenticationResult.Refused(GatewayError.ProjectUnavailable());
        }

        var fromPath = stated.Length == 0 ? FindProject(context.Request.RouteValues) : null;
        var (state, caller) = await identities.ResolveAsync(
            key.UserId, stated.Length > 0 ? stated : fromPath, AuthenticationMethod.Signature, key.AccessKey, address, context.RequestAborted);
        if (state is IdentityState.ForeignProject && fromPath is not null)
        {
            // The service compares the path with the caller's project and has a code of its own for it.
            (state, caller) = await identities.ResolveAsync(
                key.UserId, null, AuthenticationMethod.Signature, key.AccessKey, address, context.RequestAborted);
        }

        if (state is not IdentityState.Valid || caller is null)
        {
            BelongTo(context, key);
            return AuthenticationResult.Refused(
                state switch
                {
                    IdentityState.ForeignAddress => GatewayError.AddressNotAuthorized(),
                    IdentityState.ForeignProject or IdentityState.ProjectUnavailable => GatewayError.ProjectUnavailable(),
                    _ => InactiveKey(key.AccessKey),
                },
                caller);
        }

        identities.Touch(key.AccessKey);
        return AuthenticationResult.Known(caller);
    }

    // By its id, or in the paths of the microservice engine also by its name.
    private static string? FindProject(RouteValueDictionary values) =>
        values.TryGetValue("project_id", out var value) && value is string id && IdSource.IsId(id) ? id
        : values.TryGetValue("project", out value) && value is string { Length: > 0 } project ? project
        : null;
}
