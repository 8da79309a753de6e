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

    internal static Command Create()
    {
        s_language.AcceptOnlyFromAmong("en", "zh");
        return new("errors", "Look up what an error code means and what to do about it.") { List(), Show(), Search() };
    }

    private static Command List()
    {
        var service = new Option<string?>("--service") { Description = "Only one service's: images, discovery, tracing, addons, gateway, iam.", HelpName = "NAME" };
        var command = new Command("list", "Every code.") { service, s_language };
        command.SetAction(parsed =>
        {
            var rows = ErrorCatalog.All.Where(r => parsed.GetValue(service) is not { } wanted || string.Equals(r.Service, wanted, StringComparison.Ordinal)).ToList();
            Table(rows, parsed.GetValue(s_language)!);
            return rows.Count == 0 ? 1 : 0;
        });
        return command;
    }

    private static Command Show()
    {
        var code = new Argument<string>("CODE") { Description = "In full (SVCSTG.SWR.4040058), or the number alone when only one code has it." };
        var command = new Command("show", "All about one code.") { code, s_language };
        command.SetAction(parsed =>
        {
            var rows = ErrorCatalog.Find(parsed.GetRequiredValue(code));
            foreach (var row in rows)
            {
                Print(row, parsed.GetValue(s_language)!);
            }

            if (rows.Count == 0)
            {
                Console.Error.WriteLine($"stagedoor: there is no code '{parsed.GetRequiredValue(code)}'. Try: stagedoor errors search WORDS");
            }

            return rows.Count == 0 ? 1 : 0;
        });
        return command;
    }

    private static Command Search()
    {
        var words = new Argument<string[]>("WORDS") { Description = "All of them must occur in the code, its text, meaning or remedy.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("search", "Codes whose texts have all the words, in either language.") { words, s_language };
        command.SetAction(parsed =>
        {
            var language = parsed.GetValue(s_language)!;
            var rows = ErrorCatalog.Search(string.Join(' ', parsed.GetRequiredValue(words)), language).ToList();
            Table(rows, language);
            return rows.Count == 0 ? 1 : 0;
        });
        return command;
    }

    private static void Print(ErrorDefinition row, string language)
    {
        var text = language is "zh" ? row.Chinese : row.English;
        // The library looks at TERM only, and would write escapes into a pipe.
        if (Console.IsOutputRedirected)
        {
            Console.WriteLine($"{row.Code}  HTTP {row.Status}  ({row.Service})");
        }
        else
        {
            AnsiConsole.MarkupLineInterpolated(System.Globalization.CultureInfo.InvariantCulture, $"[bold]{row.Code}[/]  HTTP {row.Status}  ({row.Service})");
        }

        Console.WriteLine($"  {row.Message}");
        Console.WriteLine();
        Console.WriteLine($"  {(language is "zh" ? "含义" : "Meaning")}  {text.Meaning}");
        Console.WriteLine($"  {(language is "zh" ? "处理" : "Remedy ")}  {text.Remedy}");
        Console.WriteLine($"  {(language is "zh" ? "重现" : "Provoke")}  {row.Provoke}");
        Console.WriteLine($"  {(language is "zh" ? "来源" : "Source ")}  {row.Source}");
        Console.WriteLine($"  {(language is "zh" ? "响应" : "Body   ")}  {ErrorExample.Body(row)}");
    }

    // A pipe gets one line per code, a terminal a table that fits it.
    private static void Table(IReadOnlyCollection<ErrorDefinition> rows, string language)
    {
        if (Console.IsOutputRedirected)
        {
            foreach (var row in rows)
            {
                Console.WriteLine($"{row.Code}\t{row.Status}\t{row.Message}\t{(language is "zh" ? row.Chinese : row.English).Meaning}");
            }

            return;
        }

        var table = new Table().AddColumns("Code", "HTTP", language is "zh" ? "含义" : "Meaning");
        foreach (var row in rows)
        {
            table.AddRow(
                new Spectre.Console.Text(row.Code),
                new Spectre.Console.Text(row.Status.ToString(System.Globalization.CultureInfo.InvariantCulture)),
                new Spectre.Console.Text((language is "zh" ? row.Chinese : row.English).Meaning));
        }

        AnsiConsole.Write(table);
    }
}
