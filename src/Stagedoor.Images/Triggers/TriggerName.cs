namespace Stagedoor.Images.Triggers;

/// <summary>What triggers may be called.</summary>
internal static class TriggerName
{
    /// <summary>The route value that holds a name.</summary>
    public const string Parameter = "trigger";

    public const int MaxLength = 64;

    /// <summary>Letters and digits joined by single <c>_</c> or <c>-</c>, beginning with a letter.</summary>
    public static bool IsValid(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || name.Length > MaxLength || !char.IsAsciiLetter(name[0]) || !char.IsAsciiLetterOrDigit(name[^1]))
        {
            return false;
        }

        for (var i = 1; i < name.Length; i++)
        {
            if (!char.IsAsciiLetterOrDigit(name[i]) && (name[i] is not ('_' or '-') || !char.IsAsciiLetterOrDigit(name[i - 1])))
            {
                return false;
            }
        }

        return true;
    }
}
