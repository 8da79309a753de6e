using System.Security.Cryptography;
using System.Text;

namespace Stagedoor.Gateway.Iam;

/// <summary>Access keys that come with their derived key, answered from memory.</summary>
internal sealed class AccessKeyLogins(Identities identities) : IAccessKeyLogins
{
    // As long as a real one, so that an unknown key costs what a known one does.
    private const string NoSecret = "0000000000000000000000000000000000000000";

    public async ValueTask<Caller?> FindCallerByKeyAsync(string accessKey, string loginKey, CancellationToken cancellationToken)
    {
        var key = await identities.FindAccessKeyAsync(accessKey, cancellationToken);
        if (!Matches(key, loginKey) || key is not { IsActive: true })
        {
            return null;
        }

        var result = await identities.ResolveAsync(key.UserId, null, AuthenticationMethod.RegistryLogin, key.AccessKey, cancellationToken);
        if (result.Caller is not null)
        {
            identities.Touch(key.AccessKey);
        }

        return result.Caller;
    }

    /// <summary>Whether the derived key belongs to the access key; takes as long for one that does not exist.</summary>
    internal static bool Matches(AccessKeyRecord? key, string loginKey) => CryptographicOperations.FixedTimeEquals(
        Encoding.UTF8.GetBytes(LoginKey.Compute(key?.AccessKey ?? NoSecret[..20], key?.Secret ?? NoSecret)), Encoding.UTF8.GetBytes(loginKey));
}
