using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Stagedoor.Identity.Secrets;

namespace Stagedoor.Iam.Secrets;

/// <summary>
/// Secret keys at rest. The access key, its owner and its version are part of what is authenticated, so that a secret moved to
/// another row does not open.
/// </summary>
internal sealed class SecretKeys(IDataProtectionProvider protection)
{
    public string Protect(string accessKey, string userId, long version, string secret) =>
        Convert.ToBase64String(Protector(accessKey, userId, version).Protect(Encoding.UTF8.GetBytes(secret)));

    /// <summary>The secret as it was.</summary>
    /// <exception cref="Storage.StorageException">The row is not what was written, or the key ring does not answer.</exception>
    public string Unprotect(string accessKey, string userId, long version, string box)
    {
        try
        {
            return Encoding.UTF8.GetString(Protector(accessKey, userId, version).Unprotect(Convert.FromBase64String(box)));
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            throw KeyRingFaults.Find(e) ?? new(
                Storage.StorageSource.Database, Storage.StorageFault.Corrupt, $"The secret of the access key {Mask(accessKey)} does not open.", e);
        }
    }

    /// <summary>An access key as logs may show it.</summary>
    public static string Mask(string accessKey) =>
        accessKey.Length > 6 ? $"{accessKey[..4]}…{accessKey[^2..]}" : "…";

    private IDataProtector Protector(string accessKey, string userId, long version) => protection.CreateProtector(
        "Stagedoor.AccessKey", accessKey, userId, version.ToString(CultureInfo.InvariantCulture));
}
