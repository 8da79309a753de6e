namespace Stagedoor;

/// <summary>What somebody perhaps meant who wrote a name that does not exist.</summary>
internal static class Likeness
{
    /// <summary>The name that takes the fewest changed letters; null when none is near.</summary>
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

        return nearest;
    }

    // Letters to insert, leave out or exchange until one is the other.
    private static int Distance(string left, string right)
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

        return row[^1];
    }
}
