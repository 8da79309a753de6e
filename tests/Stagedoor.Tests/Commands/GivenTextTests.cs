using System.CommandLine;
using Stagedoor.Commands;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Commands;

/// <summary>What a script passes whose variable is not set, at every place of every verb.</summary>
public sealed class GivenTextTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("one\ntwo")]
    public async Task No_verb_takes_an_empty_word_for_something(string word)
    {
        var secret = Path.Combine(_folder.Path, "secret");
        await File.WriteAllTextAsync(secret, "secret", TestContext.Current.CancellationToken);
        var taken = new List<string>();
        var count = 0;
        var root = Program.Root();
        foreach (var (path, verb) in Verbs(root, []))
        {
            foreach (var place in verb.Arguments.Concat<Symbol>(verb.Options.Where(static o => o.ValueType != typeof(bool) && o is not System.CommandLine.Help.HelpOption)))
            {
                var line = Line(path, verb, place, word, secret);
                count++;
                if (UsageError.Explain(root.Parse(line)) != 2)
                {
                    taken.Add(string.Join(' ', line));
                }
            }
        }

        Assert.True(count > 250, $"only {count} places");
        Assert.Empty(taken);
    }

    // All else is there, so that nothing but the word can be the reason; and nobody listens.
    private List<string> Line(IReadOnlyList<string> path, Command verb, Symbol place, string word, string secret)
    {
        List<string> line = [.. path];
        foreach (var argument in verb.Arguments)
        {
            line.Add(argument == place ? word : argument.Name is "LEVEL" ? "pull" : "x");
        }

        foreach (var (option, value) in (IEnumerable<(string Option, string Value)>)
            [("--server", "http://127.0.0.1:1"), ("--access-key", "AK"), ("--secret-key-file", secret), ("--data", _folder.Path)])
        {
            if (verb.Options.Any(o => o.Name == option) && place.Name != option && !(place.Name is "--as" && option is "--access-key"))
            {
                line.AddRange([option, value]);
            }
        }

        if (place is Option named)
        {
            line.AddRange([named.Name, word]);
        }

        return line;
    }

    private static IEnumerable<(IReadOnlyList<string> Path, Command Verb)> Verbs(Command command, IReadOnlyList<string> path) => command.Subcommands.Count == 0
        ? [(path, command)]
        : command.Subcommands.SelectMany(c => Verbs(c, [.. path, c.Name]));
}
