using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Stagedoor.Tests.Serve;

/// <summary>A certificate for localhost that is its own authority.</summary>
internal static class SelfSigned
{
    /// <summary>Writes it and its key into the folder as PEM files.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="days">When it ends; below 0 it has.</param>
    /// <param name="isNamed">It names the host where clients look for it, and not in its common name alone.</param>
    /// <param name="use">What it is for, as an object identifier; for everything without.</param>
    internal static (string Certificate, string Key) Write(string folder, int days = 100, bool isNamed = true, string? use = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        if (isNamed)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
        }

        if (use is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], critical: false));
        }

        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-30), now.AddDays(days));
        var (pem, pemKey) = (Path.Combine(folder, $"{Guid.NewGuid():N}.pem"), Path.Combine(folder, $"{Guid.NewGuid():N}.key"));
        File.WriteAllText(pem, made.ExportCertificatePem());
        File.WriteAllText(pemKey, key.ExportPkcs8PrivateKeyPem());
        return (pem, pemKey);
    }
}
