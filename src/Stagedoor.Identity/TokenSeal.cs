using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Stagedoor.Identity.Secrets;
using Stagedoor.Storage;

namespace Stagedoor.Identity;

/// <summary>Turns claims into an opaque token and back. Only installations that share the key ring can.</summary>
/// <param name="protection">The key ring.</param>
/// <param name="form">What the token looks like, outside and inside.</param>
public sealed class TokenSeal<T>(IDataProtectionProvider protection, TokenForm<T> form)
    where T : class
{
    private readonly IDataProtector _protector = protection.CreateProtector(form.Purpose);

    /// <exception cref="StorageException">The key ring does not answer.</exception>
    public string Seal(T claims)
    {
        using var buffer = new MemoryStream();
        using (var writer = new BinaryWriter(buffer, Encoding.UTF8, leaveOpen: true))
        {
            form.Write(writer, claims);
        }

        try
        {
            return form.Prefix + Base64Url.EncodeToString(_protector.Protect(buffer.ToArray()));
        }
        catch (CryptographicException e) when (KeyRingFaults.Find(e) is not null)
        {
            throw KeyRingFaults.Find(e)!;
        }
    }

    /// <summary>The claims of a token that this installation sealed; null for any other text.</summary>
    /// <exception cref="StorageException">The key ring does not answer.</exception>
    public T? Open(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (token.Length > TokenForm.MaximumLength || !token.StartsWith(form.Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        if (TokenText.Find(token.AsSpan(form.Prefix.Length)) is not { } bytes)
        {
            return null;
        }

        try
        {
            using var reader = new BinaryReader(new MemoryStream(_protector.Unprotect(bytes)));
            return form.Read(reader);
        }
        catch (FormatException)
        {
            return null;
        }
        catch (CryptographicException e)
        {
            return KeyRingFaults.Find(e) is { } fault ? throw fault : null;
        }
    }
}
