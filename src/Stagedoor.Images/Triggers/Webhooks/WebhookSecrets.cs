using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary>Secrets of webhooks at rest. One that is moved to another row does not open.</summary>
internal sealed class WebhookSecrets(IDataProtectionProvider protection)
{
    public string Protect(long webhookId, string secret) => Convert.ToBase64String(Protector(webhookId).Protect(Encoding.UTF8.GetBytes(secret)));

    /// <summary>The secret as it was; null when it does not open with the keys of this installation.</summary>
    public string? FindSecret(long webhookId, string box)
    {
        try
        {
            return Encoding.UTF8.GetString(Protector(webhookId).Unprotect(Convert.FromBase64String(box)));
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return null;
        }
    }

    private IDataProtector Protector(long webhookId) =>
        protection.CreateProtector("Stagedoor.Images.Webhook", webhookId.ToString(CultureInfo.InvariantCulture));
}
