using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace Stagedoor.Identity.Secrets;

/// <summary>Encrypts entries of the key ring under the master key with AES-256-GCM.</summary>
public sealed class MasterKeyEncryptor(MasterKey masterKey) : IXmlEncryptor
{
    internal const string ElementName = "underMasterKey";

    internal const int NonceLength = 12;

    internal const int TagLength = 16;

    internal static ReadOnlySpan<byte> Associated => "stagedoor key ring 1"u8;

    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        var plain = Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting));
        var box = new byte[NonceLength + TagLength + plain.Length];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceLength));
        using var aes = new AesGcm(masterKey.Bytes, TagLength);
        aes.Encrypt(
            box.AsSpan(0, NonceLength), plain, box.AsSpan(NonceLength + TagLength), box.AsSpan(NonceLength, TagLength), Associated);
        CryptographicOperations.ZeroMemory(plain);
        var element = new XElement(
            ElementName, new XAttribute("masterKey", masterKey.Fingerprint), new XElement("value", Convert.ToBase64String(box)));
        return new(element, typeof(MasterKeyDecryptor));
    }
}
