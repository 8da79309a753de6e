using System.Security.Cryptography;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Stagedoor.Identity.Secrets;

/// <summary>
/// The Data Protection key ring in the gateway's database, shared by all replicas. An entry that the master key does not open stops
/// the whole ring: Data Protection alone would quietly make a new key and go on.
/// </summary>
public sealed class KeyRing(GatewayDb db, MasterKey masterKey, TimeProvider clock) : IXmlRepository
{
    /// <summary>The entries, every one of them proved to be under this master key.</summary>
    public async Task<IReadOnlyCollection<XElement>> ReadAsync(CancellationToken cancellationToken)
    {
        var rows = await db.QueryAsync<string>("SELECT xml FROM key_ring ORDER BY created_at, name", null, cancellationToken);
        var elements = rows.Select(XElement.Parse).ToList();
        foreach (var key in elements.Where(e => e.Name.LocalName is "key"))
        {
            Prove(key);
            NameDecryptor(key);
        }

        return elements;
    }

    /// <summary>Proves that there is a master key that may be used, and that it opens every entry.</summary>
    /// <exception cref="MasterKeyException">It is missing, malformed, open to others, or another than the ring was written with; all of that at once.</exception>
    public async Task VerifyAsync(CancellationToken cancellationToken)
    {
        try
        {
            _ = masterKey.Fingerprint;
        }
        catch (MasterKeyException e) when (masterKey.FindFingerprint() is { } found)
        {
            var rows = await db.QueryAsync<string>("SELECT xml FROM key_ring ORDER BY created_at, name", null, cancellationToken);
            var other = rows.SelectMany(static xml => XElement.Parse(xml).Descendants().Where(static d => d.Name.LocalName is MasterKeyEncryptor.ElementName))
                .Select(static secret => (string?)secret.Attribute("masterKey"))
                .FirstOrDefault(written => written is not null && !string.Equals(written, found, StringComparison.Ordinal));
            throw other is null ? e : new MasterKeyException($"{e.Message} And it is another ({found}) than {db.Location} was written with ({other}): start with that one.", e);
        }

        await ReadAsync(cancellationToken);
    }

    public async Task<bool> AnyAsync(CancellationToken cancellationToken) =>
        await db.FindAsync<long>("SELECT COUNT(*) FROM key_ring", null, cancellationToken) > 0;

    public async Task WriteAsync(XElement element, string name, CancellationToken cancellationToken)
    {
        const string Sql = """
            INSERT INTO key_ring (name, xml, created_at) VALUES (@name, @xml, @createdAt)
            ON CONFLICT (name) DO UPDATE SET xml = excluded.xml
            """;

        var xml = element.ToString(SaveOptions.DisableFormatting);
        await db.ExecuteAsync(Sql, new { name, xml, createdAt = clock.GetUtcNow().ToUnixTimeMilliseconds() }, cancellationToken);
    }

#pragma warning disable VSTHRD002 // The interface is synchronous; Data Protection reads the ring at start and about once a day.

    public IReadOnlyCollection<XElement> GetAllElements() =>
        Task.Run(() => ReadAsync(CancellationToken.None)).GetAwaiter().GetResult();

    public void StoreElement(XElement element, string friendlyName) =>
        Task.Run(() => WriteAsync(element, friendlyName, CancellationToken.None)).GetAwaiter().GetResult();

#pragma warning restore VSTHRD002

    // An entry names the class that decrypts it, by the assembly that it was in at the time. Which class that is now is not the database's to say.
    private static void NameDecryptor(XElement key)
    {
        foreach (var secret in key.Descendants().Where(static e => e.Name.LocalName is "encryptedSecret"))
        {
            secret.SetAttributeValue("decryptorType", typeof(MasterKeyDecryptor).AssemblyQualifiedName);
        }
    }

    private void Prove(XElement key)
    {
        var secrets = key.Descendants().Where(e => e.Name.LocalName is MasterKeyEncryptor.ElementName).ToList();
        if (secrets.Count == 0)
        {
            throw new MasterKeyException(
                $"The key ring in {db.Location} has an entry that is not encrypted. It was not written by Stagedoor; restore a backup.");
        }

        foreach (var secret in secrets)
        {
            try
            {
                _ = new MasterKeyDecryptor(masterKey).Decrypt(secret);
            }
            catch (Exception e) when (e is CryptographicException or FormatException)
            {
                throw new MasterKeyException(
                    $"The master key in {masterKey.Origin} ({masterKey.Fingerprint}) does not open the key ring in {db.Location}, which was "
                    + $"written with another ({(string?)secret.Attribute("masterKey") ?? "unknown"}). Start with that one; all replicas need the same.",
                    e);
            }
        }
    }
}
