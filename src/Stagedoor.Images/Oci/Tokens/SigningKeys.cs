using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.IdentityModel.Tokens;

namespace Stagedoor.Images.Oci.Tokens;

/// <summary>The key pairs that sign registry tokens. They live in the database, protected, so that every replica accepts the others' tokens.</summary>
internal sealed class SigningKeys : IDisposable
{
    private static readonly TimeSpan s_rotation = TimeSpan.FromDays(90);
    private static readonly TimeSpan s_reload = TimeSpan.FromSeconds(1);
    private readonly ImagesDb _db;
    private readonly TimeProvider _clock;
    private readonly IdSource _ids;
    private readonly IDataProtector _protector;

    // Its own, and with the keys gone at the end: the library's would go on using a key that was disposed of.
    private readonly CryptoProviderFactory _providers = new();
    private readonly ConcurrentDictionary<string, ECDsaSecurityKey> _keys = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _loading = new(1, 1);
    private SigningKey? _current;
    private long _loadedAt;

    public SigningKeys(ImagesDb db, TimeProvider clock, IdSource ids, IDataProtectionProvider protection)
    {
        _db = db;
        _clock = clock;
        _ids = ids;
        _protector = protection.CreateProtector("Stagedoor.Images.RegistryKeys");
    }

    /// <summary>The key that signs new tokens.</summary>
    public async ValueTask<SigningKey> CurrentAsync(CancellationToken cancellationToken)
    {
        if (_current is { } current && _clock.GetUtcNow() - current.CreatedAt < s_rotation)
        {
            return current;
        }

        await _loading.WaitAsync(cancellationToken);
        try
        {
            await LoadAsync(cancellationToken);
            if (_current is null || _clock.GetUtcNow() - _current.CreatedAt >= s_rotation)
            {
                await CreateAsync(cancellationToken);
            }

            return _current!;
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>The key of this id; null when it is none of ours.</summary>
    public async ValueTask<ECDsaSecurityKey?> FindAsync(string kid, CancellationToken cancellationToken)
    {
        if (_keys.TryGetValue(kid, out var known))
        {
            return known;
        }

        await _loading.WaitAsync(cancellationToken);
        try
        {
            // Another replica may have made one; a forged id must not cost a query each.
            if (!_keys.ContainsKey(kid) && (_loadedAt == 0 || _clock.GetElapsedTime(_loadedAt) > s_reload))
            {
                await LoadAsync(cancellationToken);
            }
        }
        finally
        {
            _loading.Release();
        }

        return _keys.GetValueOrDefault(kid);
    }

    public void Dispose()
    {
        foreach (var key in _keys.Values)
        {
            key.ECDsa.Dispose();
        }

        _loading.Dispose();
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        var rows = await _db.QueryAsync<KeyRow>("SELECT kid, protected_key, created_at FROM registry_keys ORDER BY created_at, kid", null, cancellationToken);
        _loadedAt = _clock.GetTimestamp();
        foreach (var row in rows)
        {
            if (_keys.ContainsKey(row.Kid))
            {
                continue;
            }

#pragma warning disable CA2000 // It lives in the security key that is kept, until the end.
            var key = ECDsa.Create();
#pragma warning restore CA2000
            try
            {
                key.ImportPkcs8PrivateKey(_protector.Unprotect(Convert.FromBase64String(row.ProtectedKey)), out _);
            }
            catch (CryptographicException)
            {
                // Written under a key ring that is lost: its tokens are void, and a new pair takes over.
                key.Dispose();
                continue;
            }

            _current = new(Keep(row.Kid, key), DateTimeOffset.FromUnixTimeMilliseconds(row.CreatedAt));
        }
    }

    private async Task CreateAsync(CancellationToken cancellationToken)
    {
#pragma warning disable CA2000 // It lives in the security key that is kept, until the end.
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
#pragma warning restore CA2000
        var kid = _ids.NewId();
        var createdAt = _clock.GetUtcNow();
        await _db.ExecuteAsync(
            "INSERT INTO registry_keys (kid, protected_key, created_at) VALUES (@kid, @protectedKey, @createdAt)",
            new
            {
                kid,
                protectedKey = Convert.ToBase64String(_protector.Protect(key.ExportPkcs8PrivateKey())),
                createdAt = createdAt.ToUnixTimeMilliseconds(),
            },
            cancellationToken);
        _current = new(Keep(kid, key), createdAt);
    }

    private ECDsaSecurityKey Keep(string kid, ECDsa key) =>
        _keys[kid] = new(key) { KeyId = kid, CryptoProviderFactory = _providers };

    private sealed record KeyRow
    {
        public string Kid { get; init; } = "";

        public string ProtectedKey { get; init; } = "";

        public long CreatedAt { get; init; }
    }
}

/// <summary>A key pair with the time it was made.</summary>
internal sealed record SigningKey(ECDsaSecurityKey Key, DateTimeOffset CreatedAt);
