using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Stagedoor.Serve;

/// <summary>The TLS certificate from a PEM pair, read again when the files change.</summary>
internal sealed partial class ServerCertificate : IWarnings, IDisposable
{
    /// <summary>The purpose of a certificate that a server shows (serverAuth).</summary>
    internal const string ForServers = "1.3.6.1.5.5.7.3.1";

    private const string ForAnything = "2.5.29.37.0";
    private static readonly TimeSpan s_checkEvery = TimeSpan.FromSeconds(1);
    private readonly string _certificatePath;
    private readonly string _keyPath;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private SslStreamCertificateContext _current;
    private (DateTime Certificate, DateTime Key) _stamp;
    private long _checked;
    private string? _problem;

    /// <exception cref="StartupException">The pair cannot be read, or does not fit together.</exception>
    internal ServerCertificate(string certificatePath, string keyPath, TimeProvider clock, ILogger logger)
    {
        (_certificatePath, _keyPath, _clock, _logger) = (certificatePath, keyPath, clock, logger);
        try
        {
            _stamp = Stamp();
            _current = Load();
        }
        catch (Exception e) when (IsFault(e))
        {
            throw new StartupException(Problem(certificatePath, keyPath, e), e);
        }

        _checked = clock.GetTimestamp();
    }

    /// <summary>Why the files of now are not used, and what clients will not take of the certificate that is.</summary>
    IReadOnlyList<string> IWarnings.Current
    {
        get
        {
            var used = Current().TargetCertificate;
            string?[] warnings = [Volatile.Read(ref _problem), FindWeakness(used, _certificatePath)];
            return [.. warnings.OfType<string>()];
        }
    }

    public void Dispose() => _current.TargetCertificate.Dispose();

    /// <summary>Whether a pair cannot be read, is none, or does not fit together.</summary>
    internal static bool IsFault(Exception e) => e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

    /// <summary>Whether a certificate names hosts where clients look for them: a common name alone most of them do not read any more.</summary>
    internal static bool HasNames(X509Certificate2 certificate) => certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
        .Any(static names => names.EnumerateDnsNames().Any() || names.EnumerateIPAddresses().Any());

    /// <summary>Why clients will refuse a server with this certificate, whoever has signed it; null when they will not for what it is.</summary>
    internal static string? FindWeakness(X509Certificate2 certificate, string path)
    {
        if (!HasNames(certificate))
        {
            return $"The certificate {path} names no host: without a subjectAltName docker, Go, Java and browsers refuse it, whatever its common name is. Have it issued with the names and addresses that clients use.";
        }

        var uses = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault()?.EnhancedKeyUsages;
        return uses?.Cast<Oid>().Any(static use => use.Value is ForServers or ForAnything) is false
            ? $"The certificate {path} is not for servers: its extended key usage lacks serverAuth, so clients refuse it. Have it issued for a server."
            : null;
    }

    /// <summary>What is weak about the certificate in a file; null when nothing is, or it cannot be read.</summary>
    internal static string? FindWeakness(string certificatePath)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(certificatePath));
            return FindWeakness(certificate, certificatePath);
        }
        catch (Exception e) when (IsFault(e))
        {
            return null;
        }
    }

    /// <summary>Why a pair cannot be used; null when it can.</summary>
    internal static string? FindProblem(string certificatePath, string keyPath)
    {
        try
        {
            using var pair = X509Certificate2.CreateFromPemFile(certificatePath, keyPath);
            return null;
        }
        catch (Exception e) when (IsFault(e))
        {
            return Problem(certificatePath, keyPath, e);
        }
    }

    /// <summary>The certificate to answer a handshake with, and those that lead from it to its authority.</summary>
    internal SslStreamCertificateContext Current()
    {
        lock (_gate)
        {
            if (_clock.GetElapsedTime(_checked) < s_checkEvery)
            {
                return _current;
            }

            _checked = _clock.GetTimestamp();
            try
            {
                if (Stamp() is var stamp && stamp != _stamp)
                {
                    // The old one may still be in use by a handshake: the collector disposes it.
                    _current = Load();
                    _stamp = stamp;
                    Volatile.Write(ref _problem, null);
                    LogReloaded(_certificatePath, _current.TargetCertificate.NotAfter);
                }
            }
            catch (Exception e) when (IsFault(e))
            {
                // A pair that is being replaced is half old and half new for a moment; the next handshake looks again.
                Volatile.Write(ref _problem, $"{Problem(_certificatePath, _keyPath, e).TrimEnd('.')}. The one before stays in use until {_current.TargetCertificate.NotAfter.ToUniversalTime():yyyy-MM-dd}.");
                LogKept(e, _certificatePath);
            }

            return _current;
        }
    }

    private static string Problem(string certificatePath, string keyPath, Exception e) =>
        $"The TLS pair {certificatePath} and {keyPath} cannot be used: {e.Message}";

    private SslStreamCertificateContext Load()
    {
        using var pem = X509Certificate2.CreateFromPemFile(_certificatePath, _keyPath);
        // Clients know the authority alone: what stands between it and the certificate has to come from here. Nothing is asked for over the network.
        var file = new X509Certificate2Collection();
        file.ImportFromPemFile(_certificatePath);
        return SslStreamCertificateContext.Create(X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null), file, offline: true);
    }

    private (DateTime Certificate, DateTime Key) Stamp() => (File.GetLastWriteTimeUtc(_certificatePath), File.GetLastWriteTimeUtc(_keyPath));

    [LoggerMessage(LogLevel.Information, "The TLS certificate {Path} was read again; it is good until {NotAfter}")]
    private partial void LogReloaded(string path, DateTime notAfter);

    [LoggerMessage(LogLevel.Warning, "The TLS certificate {Path} changed but cannot be used; the one before stays")]
    private partial void LogKept(Exception exception, string path);
}
