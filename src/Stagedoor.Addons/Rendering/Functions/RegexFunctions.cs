using System.Text;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Functions;

/// <summary>Regular expressions.</summary>
internal static class RegexFunctions
{
    public static void AddTo(FunctionTable.Builder all)
    {
        all.Add("regexMatch", "ss", static (x, a) => IsMatch(x, (string)a[0]!, (string)a[1]!))
            .Add("mustRegexMatch", "ss", static (x, a) => Compile(x, a[0]).IsMatch((string)a[1]!))
            .Add("regexQuoteMeta", "s", static a => Quote((string)a[0]!));
        AddBoth(all, "regexFind", "ss", static (r, a) => r.Find((string)a[1]!));
        AddBoth(all, "regexFindAll", "ssi", static (r, a) => GoList.OfStrings(r.All((string)a[1]!, (nint)a[2]!).Select(static m => m.Value)));
        AddBoth(all, "regexReplaceAll", "sss", static (r, a) => r.Replace((string)a[1]!, (string)a[2]!, false));
        AddBoth(all, "regexReplaceAllLiteral", "sss", static (r, a) => r.Replace((string)a[1]!, (string)a[2]!, true));
        AddBoth(all, "regexSplit", "ssi", static (r, a) => GoList.OfStrings(Split(r, (string)a[1]!, (nint)a[2]!, (string)a[0]!)));
    }

    // The two of a name differ in how they tell of a pattern that is none.
    private static void AddBoth(FunctionTable.Builder all, string name, string signature, Func<GoRegex, object?[], object?> work) => all
        .Add("must" + char.ToUpperInvariant(name[0]) + name[1..], signature, (x, a) => work(Compile(x, a[0]), a))
        .Add(name, signature, (x, a) =>
        {
            GoRegex regex;
            try
            {
                regex = Compile(x, a[0]);
            }
            catch (FunctionException e)
            {
                throw new FunctionException($"regexp: Compile(`{a[0]}`): {e.Message}");
            }

            return work(regex, a);
        });

    // A pattern that is none matches nothing.
    private static bool IsMatch(Templates.Executor executor, string pattern, string text)
    {
        try
        {
            return Compile(executor, pattern).IsMatch(text);
        }
        catch (FunctionException)
        {
            return false;
        }
    }

    private static GoRegex Compile(Templates.Executor executor, object? pattern)
    {
        executor.Run.Step(1 + (((string)pattern!).Length / 16));
        return GoRegex.Compile((string)pattern!);
    }

    private static List<string> Split(GoRegex regex, string text, nint count, string pattern)
    {
        if (count == 0)
        {
            return [];
        }

        if (pattern.Length > 0 && text.Length == 0)
        {
            return [""];
        }

        var parts = new List<string>();
        var (start, end) = (0, 0);
        foreach (var match in regex.All(text, count))
        {
            if (count > 0 && parts.Count == count - 1)
            {
                break;
            }

            end = match.Index;
            if (match.Index + match.Length != 0)
            {
                parts.Add(text[start..end]);
            }

            start = match.Index + match.Length;
        }

        if (end != text.Length)
        {
            parts.Add(text[start..]);
        }

        return parts;
    }

    private static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if ("\\.+*?()|[]{}^$".Contains(c, StringComparison.Ordinal))
            {
                quoted.Append('\\');
            }

            quoted.Append(c);
        }

        return quoted.ToString();
    }
}
