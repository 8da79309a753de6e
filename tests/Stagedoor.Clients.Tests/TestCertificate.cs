namespace Stagedoor.Clients.Tests;

/// <summary>A certificate for 127.0.0.1 that is its own authority. Needs openssl.</summary>
internal static class TestCertificate
{
    /// <summary>Writes the certificate and its key as PEM files, in the place of those that are there.</summary>
    internal static async Task IssueAsync(string certificate, string key, string name)
    {
        var (newCertificate, newKey) = (certificate + ".new", key + ".new");
        (await Tool.RunAsync(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", $"/CN={name}",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", newKey, "-out", newCertificate)).ShouldSucceed();
        File.Move(newKey, key, overwrite: true);
        File.Move(newCertificate, certificate, overwrite: true);
    }
}
