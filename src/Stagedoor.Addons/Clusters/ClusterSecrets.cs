using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace Stagedoor.Addons.Clusters;

/// <summary>Kubeconfigs at rest. One that is moved to another cluster's row does not open.</summary>
internal sealed class ClusterSecrets(IDataProtectionProvider protection)
{
    public string Protect(string clusterId, string kubeconfig) => Convert.ToBase64String(Protector(clusterId).Protect(Encoding.UTF8.GetBytes(kubeconfig)));

    /// <summary>The kubeconfig as it was; null when it does not open with the keys of this installation.</summary>
    public string? FindKubeconfig(string clusterId, string box)
    {
        try
        {
            return Encoding.UTF8.GetString(Protector(clusterId).Unprotect(Convert.FromBase64String(box)));
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return null;
        }
    }

    private IDataProtector Protector(string clusterId) => protection.CreateProtector("Stagedoor.Addons.Kubeconfig", clusterId);
}
