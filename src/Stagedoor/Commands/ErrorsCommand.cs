using System.CommandLine;
using Spectre.Console;
using Stagedoor.Errors;
using Stagedoor.Errors.Pages;

namespace Stagedoor.Commands;

/// <summary><c>stagedoor errors list|show|search</c></summary>
internal static class ErrorsCommand
{
    private static readonly Option<string> s_language = new("--lang")
    {
        Description = "en or zh.",
        HelpName = "LANG",
        DefaultValueFactory = static _ => "en",
    };

    static ErrorsCommand() => s_language.AcceptOnlyFromAmong("en", "zh");

    internal static Command Create()
    {
        return new("errors", "Look up what an error code means and what to do about it.") { List(), Show(), Search() };
    }

    private static Command List()
    {
        var service = new Option<string?>("--service") { Description = "Only one service's.", HelpName = "NAME" };
        service.AcceptOnlyFromAmong([.. ErrorCatalog.All.Select(static r => r.Service).Distinct(StringComparer.Ordinal)]);
        var command = new Command("list", "Every code.") { service, s_language };
        command.SetAction(parsed =>
        {
            Table(
                [.. ErrorCatalog.All.Where(r => parsed.GetValue(service) is not { } wanted || string.Equals(r.Service, wanted, StringComparison.Ordinal))],
                [],
                parsed.GetValue(s_language)!);
            return 0;
        });
        return command;
    }

    private static Command Show()
    {
        var code = new Argument<string>("CODE") { Description = "In full (SVCSTG.SWR.4040058), or the number alone when only one code has it." };
        var command = new Command("show", "All about one code.") { code, s_language };
        command.SetAction(parsed =>
        {
            var (asked, language) = (parsed.GetRequiredValue(code), parsed.GetValue(s_language)!);
            var rows = ErrorCatalog.Find(asked);
            foreach (var row in rows)
            {
                // A pipe has no width.
                Console.Write(Console.IsOutputRedirected ? ErrorPage.Text(row, language) : ErrorPage.Text(row, language, Console.WindowWidth));
            }

            if (rows.Count > 0)
            {
                return 0;
            }

            var near = ErrorCatalog.Containing(asked).Select(static r => r.Code).Distinct(StringComparer.Ordinal).Take(5).ToList();
            Console.Error.WriteLine($"stagedoor: there is no code '{asked}'. "
                + (near.Count > 0 ? $"Near it: {string.Join(", ", near)}." : "Try: stagedoor errors search WORDS"));
            return 1;
        });
        return command;
    }

    private static Command Search()
    {
        var words = new Argument<string[]>("WORDS") { Description = "All of them must occur in the code, its text, meaning or remedy.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("search", "Codes whose texts have all the words, in either language.") { words, s_language };
        command.SetAction(parsed =>
        {
            var (wanted, language) = (parsed.GetRequiredValue(words), parsed.GetValue(s_language)!);
            var rows = ErrorCatalog.Search(string.Join(' ', wanted), language);
            if (rows.Count == 0)
            {
                Console.Error.WriteLine($"stagedoor: no error has the words '{string.Join(' ', wanted)}'. Try fewer words, or: stagedoor errors list");
                return 1;
            }

            Table(rows, wanted, language);
            return 0;
        });
        return command;
    }

    // A pipe gets one line per code, a terminal a table that fits it.
    private static void Table(IReadOnlyCollection<ErrorDefinition> rows, IReadOnlyList<string> words, string language)
    {
        if (Console.IsOutputRedirected)
        {
            foreach (var row in rows)
            {
                Console.WriteLine($"{row.Code}\t{row.Status}\t{row.Message}\t{string.Join('\t', Told(row, words, language))}");
            }

            return;
        }

        var table = new Table().AddColumns("Code", "HTTP", language is "zh" ? "文本与含义" : "Text and meaning");
        foreach (var row in rows)
        {
            table.AddRow(
                new Spectre.Console.Text(row.Code),
                new Spectre.Console.Text(row.Status.ToString(System.Globalization.CultureInfo.InvariantCulture)),
                new Spectre.Console.Text(string.Join('\n', Told(row, words, language).Prepend(row.Message ?? ""))));
        }

        AnsiConsole.Write(table);
    }

    /// <summary>The meaning, and of the other texts as many as it takes to show every word that was searched for.</summary>
    private static IEnumerable<string> Told(ErrorDefinition row, IReadOnlyList<string> words, string language)
    {
        var (first, second) = language is "zh" ? (row.Chinese, row.English) : (row.English, row.Chinese);
        var told = $"{row.Code} {row.Message}";
        string[] texts = [first.Meaning, first.Remedy, second.Meaning, second.Remedy];
        foreach (var (text, i) in texts.Select(static (t, i) => (t, i)))
        {
            var missing = words.Where(word => !told.Contains(word, StringComparison.OrdinalIgnoreCase)).ToList();
            if (i == 0 || missing.Exists(word => text.Contains(word, StringComparison.OrdinalIgnoreCase)))
            {
                told += " " + text;
                yield return text;
            }
        }
    }
}
