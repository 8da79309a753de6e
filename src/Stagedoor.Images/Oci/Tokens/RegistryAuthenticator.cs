using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images.Oci.Tokens;

/// <summary>
/// Tells who a request acts for. An answer is kept by the exact header for a second, so that a busy client costs neither cryptography nor a
/// query, and a removed key is refused within that second.
/// </summary>
internal sealed class RegistryAuthenticator(RegistryTokens tokens, IRegistryLogins logins, ICallers callers, TimeProvider clock)
{
    private const int MaxEntries = 20_000;
    private const string Basic = "Basic ";
    private const string Bearer = "Bearer ";

    private readonly ConcurrentDictionary<string, Entry> _known = new(StringComparer.Ordinal);

    /// <summary>The identity behind a request of the registry.</summary>
    /// <param name="context">The request.</param>
    /// <param name="name">The repository that it is about, for the challenge; null for none.</param>
    /// <exception cref="ApiException">There are no credentials, or they are no good.</exception>
    public ValueTask<RegistryIdentity> RequireAsync(HttpContext context, string? name)
    {
        var header = context.Request.Headers.Authorization.ToString();
        return _known.TryGetValue(header, out var entry) && IsFresh(entry) && Admits(entry, context) ? new(entry.Identity) : new(CheckAsync(context, header, name));
    }

    /// <summary>The identity, when it is known without waiting for anything.</summary>
    public RegistryIdentity? FindKnown(HttpContext context) =>
        _known.TryGetValue(context.Request.Headers.Authorization.ToString(), out var entry) && IsFresh(entry) && Admits(entry, context)
            ? entry.Identity
            : null;

    /// <summary>The login in a Basic header; null when there is none that can be read.</summary>
    public static RegistryLogin? ReadBasic(string header)
    {
        if (!header.StartsWith(Basic, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var bytes = new byte[header.Length];
        if (!Convert.TryFromBase64Chars(header.AsSpan(Basic.Length).Trim(), bytes, out var length))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : new(text[..colon], text[(colon + 1)..]);
    }

    private bool IsFresh(Entry entry) =>
        clock.GetElapsedTime(entry.CheckedAt) is var age && age >= TimeSpan.Zero && age < TimeSpan.FromSeconds(1)
        && clock.GetUtcNow() < entry.ExpiresAt;

    // The same header may come from elsewhere.
    private bool Admits(Entry entry, HttpContext context) =>
        entry.Identity.Caller is not { } caller || callers.Admits(caller, context.Connection.RemoteIpAddress);

    private async Task<RegistryIdentity> CheckAsync(HttpContext context, string header, string? name)
    {
        var checkedAt = clock.GetTimestamp();
        var cancellationToken = context.RequestAborted;
        if (header.StartsWith(Basic, StringComparison.OrdinalIgnoreCase))
        {
            var caller = ReadBasic(header) is { } login ? await FindAsync(login, context) : null;
            return Keep(
                header,
                new(
                    new(caller ?? throw RegistryError.Unauthorized(context, name, badLogin: true), null), null, checkedAt, DateTimeOffset.MaxValue));
        }

        if (header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            _known.TryGetValue(header, out var known);
            return await CheckTokenAsync(context, header, known?.Payload, checkedAt, cancellationToken) is { } entry
                ? Keep(header, entry)
                : throw RegistryError.Unauthorized(context, name);
        }

        // A token or a signature of the management API, which the gateway has looked at.
        return context.RequestServices.GetRequiredService<CallerSlot>().Caller is { } user
            ? new(user, null)
            : throw RegistryError.Unauthorized(context, name);
    }

    // The signature of a token is checked once; whether its user may still come in, every second.
    private async Task<Entry?> CheckTokenAsync(
        HttpContext context, string header, TokenPayload? known, long checkedAt, CancellationToken cancellationToken)
    {
        var payload = known ?? await tokens.ReadAsync(header[Bearer.Length..].Trim(), cancellationToken).AsTask().FaultAs(ImagesCodes.CheckOrganizationFailed);
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        if (payload is null || payload.Exp <= now || payload.Nbf > now + 60)
        {
            return null;
        }

        var expires = DateTimeOffset.FromUnixTimeSeconds(payload.Exp);
        if (payload.Sub.Length == 0)
        {
            return new(new(null, payload.Access), payload, checkedAt, expires);
        }

        var caller = payload.Login is { } seal
            ? tokens.Unseal(seal) is { } login ? await FindAsync(login, context) : null
            : await logins.FindCallerByIdAsync(payload.Sub, payload.Project, context.Connection.RemoteIpAddress, cancellationToken).AsTask().FaultAs(ImagesCodes.CheckOrganizationFailed);
        return caller is null || context.RequestAborted.IsCancellationRequested ? null : new(new(caller, payload.Access), payload, checkedAt, expires);
    }

    private Task<Caller?> FindAsync(RegistryLogin login, HttpContext context) =>
        logins.FindCallerAsync(login.UserName, login.Password, context.Connection.RemoteIpAddress, context.RequestAborted).AsTask().FaultAs(ImagesCodes.CheckOrganizationFailed);

    private RegistryIdentity Keep(string header, Entry entry)
    {
        if (_known.Count > MaxEntries)
        {
            _known.Clear();
        }

        _known[header] = entry;
        return entry.Identity;
    }

    private sealed record Entry(RegistryIdentity Identity, TokenPayload? Payload, long CheckedAt, DateTimeOffset ExpiresAt);
}
