using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Functions;

/// <summary>Password hashes, keys and certificates.</summary>
internal static class CryptoFunctions
{
    private const int MaxRandom = 1_000_000;
    private const int KeyBits = 2048;

    /// <summary>The functions of sprig that are refused.</summary>
    public static IReadOnlyList<string> Unsupported { get; } =
        ["derivePassword", "encryptAES", "decryptAES", "genCAWithKey", "genSelfSignedCertWithKey", "genSignedCertWithKey"];

    public static void AddTo(FunctionTable.Builder all)
    {
        all
            .Add("bcrypt", "s", static (x, a) => Hash(x, (string)a[0]!))
            .Add("htpasswd", "ss", static (x, a) => ((string)a[0]!).Contains(':', StringComparison.Ordinal)
                ? $"invalid username: {a[0]}" : $"{a[0]}:{Hash(x, (string)a[1]!)}")
            .Add("randBytes", "i", static (x, a) => RandomBytes(x, (nint)a[0]!))
            .Add("uuidv4", "", static (x, _) => Uuid(x))
            .Add("genPrivateKey", "s", static (x, a) => PrivateKey(x, (string)a[0]!))
            .Add("buildCustomCert", "ss", static a => Given((string)a[0]!, (string)a[1]!))
            .Add("genCA", "si", static (x, a) => Issue(x, (string)a[0]!, null, null, (nint)a[1]!, null, isAuthority: true))
            .Add("genSelfSignedCert", "sLLi", static (x, a) => Issue(x, (string)a[0]!, a[1] as GoList, a[2] as GoList, (nint)a[3]!, null))
            .Add("genSignedCert", "sLLio", static (x, a) => Issue(
                x, (string)a[0]!, a[1] as GoList, a[2] as GoList, (nint)a[3]!, a[4] as GoCertificate ?? throw new FunctionException("no certificate to sign with")));

        // What no public chart was seen to use, and what would give a key away: refused when the template runs, and by name.
        foreach (var name in Unsupported)
        {
            all.Add(name, "v*", _ => throw new FunctionException($"function {GoFormat.Quote(name)} is not supported"));
        }
    }

    // Costs of time: a hash or a key is as much as many thousand steps.
    private static string Hash(Executor executor, string password)
    {
        executor.Run.Step(200_000);
        return GoText.ByteCount(password) > 72 ? throw new FunctionException("bcrypt: password length exceeds 72 bytes")
            : BCrypt.Net.BCrypt.HashPassword(password, 10);
    }

    private static string RandomBytes(Executor executor, nint count)
    {
        if (count is < 0 or > MaxRandom)
        {
            throw new FunctionException("makeslice: len out of range");
        }

        var bytes = new byte[count];
        executor.Run.FillRandom(bytes);
        return Convert.ToBase64String(bytes);
    }

    private static string Uuid(Executor executor)
    {
        var bytes = new byte[16];
        executor.Run.FillRandom(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString("D", CultureInfo.InvariantCulture);
    }

    private static string PrivateKey(Executor executor, string kind)
    {
        executor.Run.Step(500_000);
        switch (kind)
        {
            case "" or "rsa":
                using (var rsa = RSA.Create(4096))
                {
                    return rsa.ExportRSAPrivateKeyPem() + "\n";
                }

            case "ecdsa":
                using (var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256))
                {
                    return ec.ExportECPrivateKeyPem() + "\n";
                }

            default:
                // The text of the failure is the result, as for every kind that is not known.
                return $"Unknown type {kind}";
        }
    }

    private static GoCertificate Given(string certificate, string key)
    {
        string Decode(string text, string what)
        {
            try
            {
                return GoText.Decode(Convert.FromBase64String(text));
            }
            catch (FormatException)
            {
                throw new FunctionException($"unable to decode {what}");
            }
        }

        var (cert, privateKey) = (Decode(certificate, "base64 certificate"), Decode(key, "base64 private key"));
        return cert.Contains("-----BEGIN ", StringComparison.Ordinal)
            ? new(cert, privateKey)
            : throw new FunctionException("unable to decode certificate");
    }

    private static GoCertificate Issue(
        Executor executor, string commonName, GoList? addresses, GoList? names, nint days, GoCertificate? authority, bool isAuthority = false)
    {
        executor.Run.Step(500_000);
        if (days is < -36500 or > 365_000)
        {
            throw new FunctionException("the days of a certificate are out of range");
        }

        try
        {
            using var key = RSA.Create(KeyBits);
            var subject = new X500DistinguishedNameBuilder();
            subject.AddCommonName(commonName);
            var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            request.CertificateExtensions.Add(new X509KeyUsageExtension(
                X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.DigitalSignature | (isAuthority ? X509KeyUsageFlags.KeyCertSign : X509KeyUsageFlags.None), true));
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], false));
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
            AddNames(request, addresses, names);

            var start = executor.Run.Clock.GetUtcNow();
            var end = start.AddDays(days);
            var serial = new byte[16];
            executor.Run.FillRandom(serial);
            serial[0] &= 0x7F;
            using var signer = authority is null ? null : X509Certificate2.CreateFromPem(authority.Certificate, authority.Key);
            using var signerKey = signer?.GetRSAPrivateKey();
            if (authority is not null && signerKey is null)
            {
                throw new FunctionException("only an RSA key can sign here");
            }

            var generator = X509SignatureGenerator.CreateForRSA(signerKey ?? key, RSASignaturePadding.Pkcs1);
            if (signer is not null)
            {
                request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(signer, signer.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Any(), false));
            }

            using var certificate = request.Create(signer?.SubjectName ?? request.SubjectName, generator, start, end < start ? start : end, serial);
            return new(certificate.ExportCertificatePem() + "\n", key.ExportRSAPrivateKeyPem() + "\n");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new FunctionException($"error creating certificate: {e.Message}");
        }
    }

    private static void AddNames(CertificateRequest request, GoList? addresses, GoList? names)
    {
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names ?? [])
        {
            alternatives.AddDnsName(name as string ?? throw new FunctionException($"error processing alternate dns name: {GoFormat.Print(name)} is not a string"));
        }

        foreach (var address in addresses ?? [])
        {
            alternatives.AddIpAddress(IPAddress.TryParse(
                address as string ?? throw new FunctionException($"error parsing ip: {GoFormat.Print(address)} is not a string"), out var ip)
                ? ip : throw new FunctionException($"error parsing ip: {address}"));
        }

        if ((names?.Count ?? 0) + (addresses?.Count ?? 0) > 0)
        {
            request.CertificateExtensions.Add(alternatives.Build());
        }
    }
}
