namespace Stagedoor;

/// <summary>What somebody perhaps meant who wrote a name that does not exist.</summary>
internal static class Likeness
{
    // Of shorter words many names are the beginning's likeness.
    private const int LeastBeginning = 8;

    /// <summary>The name that takes the fewest changed letters; else the only one that begins so. Null when none is near.</summary>
    internal static string? Closest(string written, IEnumerable<string> names)
    {
        var (nearest, least) = ((string?)null, Math.Max(2, written.Length / 4) + 1);
        foreach (var name in names)
        {
            if (Distance(written.ToUpperInvariant(), name.ToUpperInvariant()) is var distance && distance < least)
            {
                (nearest, least) = (name, distance);
            }
        }

        return nearest ?? (written.Length < LeastBeginning ? null : OnlyBeginning(written, names));
    }

    // Who leaves out the end of a name has written the rest nearly right.
    private static string? OnlyBeginning(string written, IEnumerable<string> names)
    {
        var likely = names.Where(name => Row(written.ToUpperInvariant(), name.ToUpperInvariant()).Min() <= written.Length / LeastBeginning).Take(2).ToList();
        return likely is [var only] ? only : null;
    }

    private static int Distance(string left, string right) => Row(left, right)[^1];

    // Letters to insert, leave out or exchange until one is the other, for each length of a beginning of the other.
    private static int[] Row(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var corner = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var above = row[j];
                row[j] = left[i - 1] == right[j - 1] ? corner : 1 + Math.Min(corner, Math.Min(above, row[j - 1]));
                corner = above;
            }
        }

        return row;
    }
}
