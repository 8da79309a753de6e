using System.Collections.Concurrent;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Oci.Tokens;

/// <summary>An identity that was established a moment ago.</summary>
/// <param name="Identity">Who it is.</param>
/// <param name="Payload">The claims of the token; null for a login.</param>
/// <param name="CheckedAt">When, on the clock's own scale.</param>
/// <param name="ExpiresAt">When the token ends.</param>
internal sealed record KnownIdentity(RegistryIdentity Identity, TokenPayload? Payload, long CheckedAt, DateTimeOffset ExpiresAt);

/// <summary>
/// Who is behind a token or login, so that a busy client costs neither cryptography nor a query. The keys are the credentials themselves, without
/// what a client may write around them, and only those that are somebody's are kept: nobody without credentials can fill it.
/// </summary>
internal sealed class IdentityCache : BoundedCache<string, KnownIdentity>
{
    /// <summary>The most bytes that all credentials with their identities take.</summary>
    public const long MaxBytes = 32 * 1024 * 1024;

    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(1);

    // A token that is used again soon is spared the check of its signature.
    private static readonly TimeSpan s_kept = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, KnownIdentity>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly TimeProvider _clock;

    public IdentityCache(TimeProvider clock)
        : base(MaxBytes, static (credential, known) => SizeOf(credential, known))
    {
        _clock = clock;
        Entries = new(StringComparer.Ordinal);
        _lookup = Entries.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>What was last known, which may have to be looked at again.</summary>
    public KnownIdentity? Find(ReadOnlySpan<char> credential) => _lookup.TryGetValue(credential, out var known) ? known : null;

    /// <summary>Whether it counts without looking again.</summary>
    public bool IsFresh(KnownIdentity known) => IsYoungerThan(known, s_fresh) && _clock.GetUtcNow() < known.ExpiresAt;

    public void Sweep() => Sweep(known => !IsYoungerThan(known, s_kept));

    private static long SizeOf(string credential, KnownIdentity known)
    {
        var size = 2048L + (2 * credential.Length);
        foreach (var access in known.Payload?.Access ?? [])
        {
            size += 256 + (2 * access.Name.Length);
        }

        return size;
    }

    private bool IsYoungerThan(KnownIdentity known, TimeSpan age) => _clock.GetElapsedTime(known.CheckedAt) is var passed && passed >= TimeSpan.Zero && passed < age;
}
