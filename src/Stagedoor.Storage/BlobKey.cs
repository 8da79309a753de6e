using System.Buffers;

namespace Stagedoor.Storage;

/// <summary>The name of a stored object: segments of <c>a-z A-Z 0-9 . _ -</c> joined by <c>/</c>, none of them starting with a dot.</summary>
public readonly record struct BlobKey
{
    private const int MaxLength = 512;

    private static readonly SearchValues<char> s_allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    private readonly string? _text;

    /// <summary>Checks and wraps a key.</summary>
    /// <exception cref="ArgumentException">The text breaks the rule, so it could name something outside the store.</exception>
    public BlobKey(string text) => _text = IsValid(text) ? text : throw new ArgumentException($"'{text}' cannot name a stored object.", nameof(text));

    public static bool IsValid(string text)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return false;
        }

        foreach (var range in text.AsSpan().Split('/'))
        {
            var segment = text.AsSpan(range);
            if (segment.IsEmpty || segment[0] == '.' || segment.ContainsAnyExcept(s_allowed))
            {
                return false;
            }
        }

        return true;
    }

    public override string ToString() => _text ?? "";
}
