using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Stagedoor.Serve;

/// <summary>The TLS certificate from a PEM pair, read again when the files change.</summary>
internal sealed partial class ServerCertificate : IDisposable
{
    private static readonly TimeSpan s_checkEvery = TimeSpan.FromSeconds(1);
    private readonly string _certificatePath;
    private readonly string _keyPath;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private SslStreamCertificateContext _current;
    private (DateTime Certificate, DateTime Key) _stamp;
    private long _checked;

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

    public void Dispose() => _current.TargetCertificate.Dispose();

    /// <summary>Whether a pair cannot be read, is none, or does not fit together.</summary>
    internal static bool IsFault(Exception e) => e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

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
                    LogReloaded(_certificatePath, _current.TargetCertificate.NotAfter);
                }
            }
            catch (Exception e) when (IsFault(e))
            {
                // A pair that is being replaced is half old and half new for a moment; the next handshake looks again.
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
