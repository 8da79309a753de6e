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
internal sealed class IdentityCache(TimeProvider clock)
{
    /// <summary>The most bytes that all credentials with their identities take.</summary>
    public const long MaxBytes = 32 * 1024 * 1024;

    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(1);

    // A token that is used again soon is spared the check of its signature.
    private static readonly TimeSpan s_kept = TimeSpan.FromSeconds(10);

    private readonly BoundedCache<string, KnownIdentity> _known = new(new(clock), MaxBytes, s_kept, SizeOf, StringComparer.Ordinal);

    public int Count => _known.Count;

    public long Bytes => _known.Size;

    /// <summary>What was last known, which may have to be looked at again.</summary>
    public KnownIdentity? Find(ReadOnlySpan<char> credential) => _known.Find(credential);

    /// <summary>Whether it counts without looking again.</summary>
    public bool IsFresh(KnownIdentity known) =>
        clock.GetElapsedTime(known.CheckedAt) is var passed && passed >= TimeSpan.Zero && passed < s_fresh && clock.GetUtcNow() < known.ExpiresAt;

    public void Keep(string credential, KnownIdentity known) => _known.Keep(credential, known);

    public void Sweep() => _known.Sweep();

    private static long SizeOf(string credential, KnownIdentity known)
    {
        var size = 2048L + (2 * credential.Length);
        foreach (var access in known.Payload?.Access ?? [])
        {
            size += 256 + (2 * access.Name.Length);
        }

        return size;
    }
}
