using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.DependencyInjection;

namespace Stagedoor.Identity.Secrets;

/// <summary>Decrypts entries of the key ring. Data Protection creates it by the name that an entry carries.</summary>
public sealed class MasterKeyDecryptor(MasterKey masterKey) : IXmlDecryptor
{
    public MasterKeyDecryptor(IServiceProvider services)
        : this(services.GetRequiredService<MasterKey>())
    {
    }

    public XElement Decrypt(XElement encryptedElement)
    {
        var box = Convert.FromBase64String((string?)encryptedElement.Element("value") ?? "");
        if (box.Length < MasterKeyEncryptor.NonceLength + MasterKeyEncryptor.TagLength)
        {
            throw new CryptographicException("An entry of the key ring is cut short.");
        }

        var plain = new byte[box.Length - MasterKeyEncryptor.NonceLength - MasterKeyEncryptor.TagLength];
        using var aes = new AesGcm(masterKey.Bytes, MasterKeyEncryptor.TagLength);
        aes.Decrypt(
            box.AsSpan(0, MasterKeyEncryptor.NonceLength),
            box.AsSpan(MasterKeyEncryptor.NonceLength + MasterKeyEncryptor.TagLength),
            box.AsSpan(MasterKeyEncryptor.NonceLength, MasterKeyEncryptor.TagLength),
            plain,
            MasterKeyEncryptor.Associated);
        var element = XElement.Parse(Encoding.UTF8.GetString(plain));
        CryptographicOperations.ZeroMemory(plain);
        return element;
    }
}
