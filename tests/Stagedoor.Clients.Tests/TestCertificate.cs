namespace Stagedoor.Clients.Tests;

/// <summary>A certificate for 127.0.0.1 that is its own authority. Needs openssl.</summary>
internal static class TestCertificate
{
    /// <summary>Writes the certificate and its key as PEM files, in the place of those that are there.</summary>
    /// <param name="certificate">Where the certificate is to be.</param>
    /// <param name="key">Where its key is to be.</param>
    /// <param name="name">Its common name.</param>
    /// <param name="extensions">What else it says, as openssl writes it; the address unless told otherwise.</param>
    internal static async Task IssueAsync(string certificate, string key, string name, params string[] extensions)
    {
        var (newCertificate, newKey) = (certificate + ".new", key + ".new");
        string[] said = extensions is [] ? ["subjectAltName=IP:127.0.0.1"] : extensions;
        string[] asked = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", $"/CN={name}"];
        (await Tool.RunAsync("openssl", [.. asked, .. said.SelectMany(static e => (string[])["-addext", e]), "-keyout", newKey, "-out", newCertificate])).ShouldSucceed();
        File.Move(newKey, key, overwrite: true);
        File.Move(newCertificate, certificate, overwrite: true);
    }
}
