using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Stagedoor.Identity.Secrets;
using Stagedoor.Storage;

namespace Stagedoor.Gateway.Audit;

/// <summary>
/// What the hashes of records are keyed with. It lies in the database under the key ring, so that whoever can write to the database alone
/// cannot make hashes that fit.
/// </summary>
internal sealed class AuditKey(AuditStore store, IDataProtectionProvider protection, IdSource ids, TimeProvider clock)
{
    private const int SecretLength = 43;

    private readonly IDataProtector _protector = protection.CreateProtector("Stagedoor.Audit");
    private Opened? _opened;

    /// <summary>The key, and since when there is one: records before that have no key in their hashes.</summary>
    internal sealed record Opened(byte[] Key, long Since);

    /// <exception cref="StorageException">The database or its key ring does not answer.</exception>
    public async Task<Opened> OpenAsync(CancellationToken cancellationToken)
    {
        if (_opened is not null)
        {
            return _opened;
        }

        try
        {
            if (await store.FindKeyAsync(cancellationToken) is not { } stored)
            {
                // Of several processes one wins; all read what it wrote.
                await store.AddKeyAsync(
                    _protector.Protect($"{clock.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)} {ids.NewSecret(SecretLength)}"), cancellationToken);
                stored = (await store.FindKeyAsync(cancellationToken))!;
            }

            var parts = _protector.Unprotect(stored).Split(' ');
            return _opened = new(Encoding.ASCII.GetBytes(parts[1]), long.Parse(parts[0], CultureInfo.InvariantCulture));
        }
        catch (CryptographicException e) when (KeyRingFaults.Find(e) is not null)
        {
            throw KeyRingFaults.Find(e)!;
        }
    }
}
