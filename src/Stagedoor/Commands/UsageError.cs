using System.CommandLine;
using System.CommandLine.Parsing;

namespace Stagedoor.Commands;

/// <summary>Answers a wrong line with the right one.</summary>
internal static class UsageError
{
    /// <summary>Says what is wrong; the exit code, null when the line can be used.</summary>
    internal static int? Explain(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (Unusable(parsed).ToList() is { Count: > 0 } unusable)
        {
            unusable.ForEach(static problem => Console.Error.WriteLine($"stagedoor: {problem}"));
            return ExitCode.Usage;
        }

        if (parsed.Errors.Count == 0)
        {
            return null;
        }

        var strangers = Strangers(parsed.UnmatchedTokens).ToList();
        if (strangers.Count == 0 && command.Subcommands.Count > 0 && parsed.CommandResult.Tokens.Count == 0)
        {
            // Only the rest of the line is missing.
            return command.Parse("--help").Invoke();
        }

        foreach (var word in strangers)
        {
            Console.Error.WriteLine(word.StartsWith('-') ? Option(command, word) : Verb(command, word));
        }

        var missing = command.Arguments.Where(a => a.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(a)?.Tokens.Count is null or 0).ToList();
        if (strangers.Count == 0 && missing.Count > 0)
        {
            Console.Error.WriteLine($"stagedoor: {Line(command)} needs {string.Join(" and ", missing.Select(static a => a.Name))}.");
        }
        else if (strangers.Count == 0)
        {
            foreach (var error in parsed.Errors)
            {
                var named = error.SymbolResult is OptionResult { Option.Name: var name } && !error.Message.Contains(name, StringComparison.Ordinal) ? $"{name}: " : "";
                Console.Error.WriteLine($"stagedoor: {named}{string.Join(' ', error.Message.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries))}");
            }
        }

        Console.Error.WriteLine($"All of it: {Line(command)} --help");
        return ExitCode.Usage;
    }

    // An empty word is most often a variable that a script has not set; a verb that took it would act on something else than was meant.
    private static IEnumerable<string> Unusable(ParseResult parsed)
    {
        for (var at = parsed.CommandResult; at is not null; at = at.Parent as CommandResult)
        {
            foreach (var part in at.Children)
            {
                if (part.Tokens.FirstOrDefault(static t => string.IsNullOrWhiteSpace(t.Value) || t.Value.Any(char.IsControl)) is not { } token)
                {
                    continue;
                }

                yield return (part switch { OptionResult option => option.Option.Name, ArgumentResult argument => argument.Argument.Name, _ => "A word" })
                    + (string.IsNullOrWhiteSpace(token.Value) ? " is empty. Is a variable not set that the line takes it from?" : " has a control character in it, such as an end of line.");
            }
        }
    }

    // What follows an option that does not exist was meant as its value.
    private static IEnumerable<string> Strangers(IReadOnlyList<string> words) =>
        words.Where((word, i) => word.StartsWith('-') || i == 0 || !words[i - 1].StartsWith('-'));

    private static string Option(Command command, string word)
    {
        var name = word.Split('=')[0];
        var options = command.Options.Concat(Shared(command)).Select(static o => o.Name).ToList();
        return $"stagedoor: {Line(command)} has no option {name}. "
            + (Likeness.Closest(name, options) is { } meant ? $"Did you mean {meant}?" : $"There are: {string.Join(", ", options)}.");
    }

    // Those that every verb below a command has.
    private static IEnumerable<Option> Shared(Command command) =>
        command.Parents.OfType<Command>().SelectMany(static parent => parent.Options.Where(static o => o.Recursive).Concat(Shared(parent)));

    private static string Verb(Command command, string word)
    {
        var verbs = command.Subcommands.Select(static c => c.Name).ToList();
        return verbs.Count == 0 ? $"stagedoor: {Line(command)} does not know what to do with '{word}'."
            : $"stagedoor: there is no '{Line(command)} {word}'. "
                + (Likeness.Closest(word, verbs) is { } meant ? $"Did you mean {Line(command)} {meant}?" : $"There are: {string.Join(", ", verbs)}.");
    }

    private static string Line(Command command) => command is RootCommand
        ? "stagedoor"
        : $"{Line(command.Parents.OfType<Command>().First())} {command.Name}";
}
