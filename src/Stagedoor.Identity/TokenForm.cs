namespace Stagedoor.Identity;

/// <summary>What holds for sealed tokens of every kind.</summary>
public static class TokenForm
{
    /// <summary>The longest text that is looked at.</summary>
    public const int MaximumLength = 2048;
}

/// <summary>How one kind of token is written. What was issued has to open in every later version.</summary>
/// <param name="Prefix">What the text begins with, which tells one kind from another.</param>
/// <param name="Purpose">Names the kind to the key ring: what was sealed for one purpose does not open for another.</param>
/// <param name="Write">Writes claims.</param>
/// <param name="Read">Reads them; null when they are of a form that is not known.</param>
public sealed record TokenForm<T>(string Prefix, string Purpose, Action<BinaryWriter, T> Write, Func<BinaryReader, T?> Read)
    where T : class;
