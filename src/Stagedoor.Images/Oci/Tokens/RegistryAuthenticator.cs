using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images.Oci.Tokens;

/// <summary>Tells who a request acts for. An answer counts for a second, so that a removed key is refused within that second.</summary>
internal sealed class RegistryAuthenticator(RegistryTokens tokens, IRegistryLogins logins, ICallers callers, IdentityCache cache, TimeProvider clock)
{
    /// <summary>The identity behind a request of the registry.</summary>
    /// <exception cref="ApiException">There are no credentials, or they are no good.</exception>
    public ValueTask<RegistryIdentity> RequireAsync(HttpContext context) => RequireAsync(context, hasBegun: false);

    /// <summary>
    /// The identity behind a request that began some time ago. What has been taken away since is missed; that a token's time is over is not, as it was good
    /// when the request began: a layer may take longer than any token, and the client's next try would take as long.
    /// </summary>
    /// <exception cref="ApiException">The credentials are no good any more.</exception>
    public async ValueTask<RegistryIdentity> RequireAgainAsync(HttpContext context)
    {
        await LookAgainAsync(context);
        return await RequireAsync(context, hasBegun: true);
    }

    /// <summary>
    /// The user behind a request beside the registry that takes its logins as well as the gateway's credentials; null when it carries none at all. A token of
    /// the registry is good for repositories of images only.
    /// </summary>
    /// <exception cref="ApiException">The credentials are no good.</exception>
    public async ValueTask<Caller?> FindCallerAsync(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        var slot = context.RequestServices.GetRequiredService<CallerSlot>();
        if (RegistryCredential.Of(header).Kind is CredentialKind.Login)
        {
            return FindKnown(context) is { } known ? known.Caller : await LogInAsync(context) is { } login ? login.Caller : throw ImagesError.LoginFailed();
        }

        return slot.Caller is not null ? slot.Caller
            : slot.Refusal is { } reason ? throw ImagesError.AuthenticationFailed(reason)
            : header.Length > 0 ? throw ImagesError.AuthenticationFailed("Authorization holds neither a signature nor a login of the registry")
            : null;
    }

    /// <summary>The same for a request that began some time ago.</summary>
    /// <exception cref="ApiException">The credentials are no good any more.</exception>
    public async ValueTask<Caller?> FindCallerAgainAsync(HttpContext context)
    {
        await LookAgainAsync(context);
        return await FindCallerAsync(context) ?? throw ImagesError.AuthenticationFailed("the credential has ended while the body was sent");
    }

    private ValueTask<RegistryIdentity> RequireAsync(HttpContext context, bool hasBegun) =>
        FindKnown(context) is { } known ? new(known) : new(CheckAsync(context, hasBegun));

    /// <summary>The identity, when it is known without waiting for anything.</summary>
    public RegistryIdentity? FindKnown(HttpContext context)
    {
        var credential = RegistryCredential.Of(context.Request.Headers.Authorization.ToString());
        if (credential.Kind is CredentialKind.Other || cache.Find(credential.Text) is not { } known || !cache.IsFresh(known) || !Admits(known, context))
        {
            return null;
        }

        if (credential.Kind is CredentialKind.Login && known.Identity.Caller?.AccessKey is { } accessKey)
        {
            logins.NoteSuccess(accessKey, context.Connection.RemoteIpAddress);
        }

        return known.Identity;
    }

    private async ValueTask LookAgainAsync(HttpContext context)
    {
        var slot = context.RequestServices.GetRequiredService<CallerSlot>();
        if (slot.Caller is { Credential: { } credential } caller)
        {
            slot.Caller = await callers.FindAgainAsync(caller.UserId, caller.ProjectId, credential, context.Connection.RemoteIpAddress, context.RequestAborted)
                .AsTask().FaultAs(ImagesCodes.CheckOrganizationFailed);
        }
    }

    // The same credential may come from elsewhere.
    private bool Admits(KnownIdentity known, HttpContext context) =>
        known.Identity.Caller is not { } caller || callers.Admits(caller, context.Connection.RemoteIpAddress);

    private async Task<RegistryIdentity> CheckAsync(HttpContext context, bool hasBegun)
    {
        var checkedAt = clock.GetTimestamp();
        var credential = RegistryCredential.Of(context.Request.Headers.Authorization.ToString());
        var text = credential.Text.ToString();
        switch (credential.Kind)
        {
            case CredentialKind.Login:
                return await LogInAsync(context) ?? throw RegistryError.Unauthorized(context, badLogin: true);
            case CredentialKind.Token:
                var known = cache.Find(text)?.Payload ?? await tokens.ReadAsync(text, context.RequestAborted).AsTask().FaultAs(ImagesCodes.CheckOrganizationFailed);
                return await FindAgainAsync(known, checkedAt, hasBegun, context) is { } found ? Keep(text, found, context) : throw RegistryError.Unauthorized(context);
            default:
                // A token or a signature of the management API, which the gateway has looked at.
                return context.RequestServices.GetRequiredService<CallerSlot>().Caller is { } user
                    ? new(user, null)
                    : throw RegistryError.Unauthorized(context);
        }
    }

    // Null for a login that is none.
    private async Task<RegistryIdentity?> LogInAsync(HttpContext context)
    {
        var checkedAt = clock.GetTimestamp();
        var credential = RegistryCredential.Of(context.Request.Headers.Authorization.ToString());
        var (text, login) = (credential.Text.ToString(), credential.FindLogin());
        var caller = login is null ? null : await FindAsync(login, context);
        return caller is null ? null : Keep(text, new(new(caller, null), null, checkedAt, DateTimeOffset.MaxValue), context);
    }

    // The signature of a token is checked once; whether that which it was issued to still opens the door, every second.
    private async Task<KnownIdentity?> FindAgainAsync(TokenPayload? payload, long checkedAt, bool hasBegun, HttpContext context)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        if (payload is null || (!hasBegun && payload.Exp <= now) || payload.Nbf > now + 60)
        {
            return null;
        }

        var expires = DateTimeOffset.FromUnixTimeSeconds(payload.Exp);
        if (payload.Sub.Length == 0)
        {
            return new(new(null, payload.Access), payload, checkedAt, expires);
        }

        var caller = tokens.FindCredential(payload) is { } credential
            ? await callers.FindAgainAsync(payload.Sub, payload.Project, credential, context.Connection.RemoteIpAddress, context.RequestAborted)
                .AsTask().FaultAs(ImagesCodes.CheckOrganizationFailed)
            : null;
        return caller is null ? null : new(new(caller, payload.Access), payload, checkedAt, expires);
    }

    private Task<Caller?> FindAsync(RegistryLogin login, HttpContext context) =>
        logins.FindCallerAsync(login.UserName, login.Password, context.Connection.RemoteIpAddress, context.RequestAborted)
            .AsTask().FaultAs(ImagesCodes.CheckOrganizationFailed);

    // Anybody gets a token that is nobody's, as many as they like.
    private RegistryIdentity Keep(string text, KnownIdentity known, HttpContext context)
    {
        if (known.Identity.Caller is not null && !context.RequestAborted.IsCancellationRequested)
        {
            cache.Keep(text, known);
        }

        return known.Identity;
    }
}
