namespace Stagedoor.Serve;

/// <summary>Settings under <c>Tls</c>, for <c>https</c> addresses.</summary>
public sealed class TlsOptions
{
    /// <summary>PEM file with the certificate and its chain.</summary>
    public string? Certificate { get; set; }

    /// <summary>PEM file with the private key.</summary>
    public string? Key { get; set; }
}
