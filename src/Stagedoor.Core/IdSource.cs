using System.Buffers;
using System.Security.Cryptography;

namespace Stagedoor;

/// <summary>Where ids, keys and secrets come from: the operating system's random numbers; tests derive a fixed sequence.</summary>
public class IdSource
{
    private const string LettersAndDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private static readonly SearchValues<char> s_hex = SearchValues.Create("0123456789abcdef");

    /// <summary>Whether the text has the form of an id.</summary>
    public static bool IsId(string text) => text is { Length: 32 } && !text.AsSpan().ContainsAnyExcept(s_hex);

    /// <summary>An id of 32 lower-case hex digits.</summary>
    public virtual string NewId() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>A random (version 4) UUID.</summary>
    public virtual Guid NewGuid() => Guid.NewGuid();

    /// <summary>An access key: 20 upper-case letters and digits.</summary>
    public virtual string NewAccessKey() => RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 20);

    /// <summary>A secret of letters and digits.</summary>
    /// <param name="length">How many characters; 40 for a secret key.</param>
    public virtual string NewSecret(int length = 40) => RandomNumberGenerator.GetString(LettersAndDigits, length);
}
