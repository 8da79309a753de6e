using System.Globalization;
using System.Text;

namespace Stagedoor.Storage.S3;

/// <summary>
/// Which objects make up a staged upload, as one text: <c>writer*count,writer*count:size</c>. Parts of one size follow each other, each named by
/// its number and by the holder that wrote it; the last is <c>size</c> bytes long. A holder never writes to an object of another one, so a text
/// that was kept says for good which bytes it means.
/// </summary>
internal static class StagedParts
{
    /// <summary>The text of these parts.</summary>
    /// <param name="writers">Who wrote each part.</param>
    /// <param name="last">How long the last one is.</param>
    internal static string Format(IReadOnlyList<string> writers, int last)
    {
        var text = new StringBuilder();
        for (var i = 0; i < writers.Count;)
        {
            var run = i;
            while (run < writers.Count && string.Equals(writers[run], writers[i], StringComparison.Ordinal))
            {
                run++;
            }

            text.Append(CultureInfo.InvariantCulture, $"{(i > 0 ? "," : "")}{writers[i]}*{run - i}");
            i = run;
        }

        return writers.Count == 0 ? "" : text.Append(CultureInfo.InvariantCulture, $":{last}").ToString();
    }

    /// <summary>Reads it again; false when it is none of ours.</summary>
    internal static bool TryParse(string text, List<string> writers, out int last)
    {
        last = 0;
        if (text.Length == 0)
        {
            return true;
        }

        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out last) || last == 0)
        {
            return false;
        }

        foreach (var run in text[..colon].Split(','))
        {
            var star = run.IndexOf('*', StringComparison.Ordinal);
            if (star <= 0 || !int.TryParse(run.AsSpan(star + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                || count is 0 or > S3BlobUpload.MaxParts)
            {
                return false;
            }

            writers.AddRange(Enumerable.Repeat(run[..star], count));
        }

        return true;
    }
}
