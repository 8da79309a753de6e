using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Stagedoor.Commands.Admin;

/// <summary>One run of a verb: its line, the server, and where it writes to.</summary>
internal sealed class ServerCall(ParseResult parsed, ServerClient client)
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal ServerClient Client => client;

    internal Directory Directory { get; } = new(client);

    /// <summary>A script reads what is written.</summary>
    internal bool IsJson { get; } = parsed.GetValue(ServerVerb.Json);

    /// <summary>Refuses to take away the key that asks, unless that is meant: nobody could give it back with it.</summary>
    /// <exception cref="CommandException">It is the key that asks.</exception>
    internal void RequireOther(string accessKey, bool isMeant)
    {
        if (!isMeant && string.Equals(client.Keys?.AccessKey, accessKey, StringComparison.Ordinal))
        {
            throw new CommandException($"{accessKey} is the key that asks: without it nothing more can be asked with it, nor can it be undone. Nothing was changed; with --yes it is done.", ExitCode.Usage);
        }
    }

    internal T Get<T>(Argument<T> argument) => parsed.GetRequiredValue(argument);

    internal T? Find<T>(Argument<T> argument) => parsed.GetValue(argument);

    internal T? Get<T>(Option<T> option) => parsed.GetValue(option);

    internal static void Write(JsonNode value) => Console.WriteLine(Printable.Json(value.ToJsonString(s_indented)));

    internal static void Write(string line) => Console.WriteLine(line);

    /// <summary>Says what is no result, so that scripts do not read it.</summary>
    internal static void Note(string line) => Console.Error.WriteLine($"stagedoor: {Printable.Of(line)}");

    /// <summary>Says in one line, or in JSON, what was done.</summary>
    internal void Tell(string line, JsonObject json)
    {
        if (IsJson)
        {
            Write(json);
        }
        else
        {
            Write(Printable.Of(line));
        }
    }

    /// <summary>A list: a table at a terminal, lines with tabs in a pipe, JSON when it is asked for.</summary>
    /// <param name="name">The member that holds the list in JSON.</param>
    /// <param name="columns">Title, member in JSON and value of each column.</param>
    /// <param name="rows">What is listed.</param>
    internal void List<T>(string name, IReadOnlyList<(string Title, string Member, Func<T, JsonNode?> Value)> columns, IReadOnlyList<T> rows)
    {
        if (IsJson)
        {
            Write(new JsonObject
            {
                [name] = new JsonArray([.. rows.Select(row => (JsonNode)new JsonObject(columns.Select(c => KeyValuePair.Create(c.Member, c.Value(row)))))]),
            });
        }
        else if (Console.IsOutputRedirected)
        {
            foreach (var row in rows)
            {
                Write(string.Join('\t', columns.Select(c => Shown(c.Value(row)))));
            }
        }
        else if (rows.Count == 0)
        {
            Write("There are none.");
        }
        else
        {
            AnsiConsole.Write(Table(columns, rows));
        }
    }

    /// <summary>The table; its first column is what other verbs are given, and stays in one piece on narrow terminals.</summary>
    internal static Table Table<T>(IReadOnlyList<(string Title, string Member, Func<T, JsonNode?> Value)> columns, IReadOnlyList<T> rows)
    {
        var table = new Table().AddColumns([.. columns.Select(static (c, i) => new TableColumn(c.Title) { NoWrap = i == 0 })]);
        foreach (var row in rows)
        {
            table.AddRow(columns.Select(c => new Spectre.Console.Text(Shown(c.Value(row)))));
        }

        return table;
    }

    private static string Shown(JsonNode? value) => value switch
    {
        null => "-",
        JsonArray list => list.Count == 0 ? "-" : string.Join(", ", list.Select(Shown)),
        _ => value.GetValueKind() switch
        {
            JsonValueKind.True => "yes",
            JsonValueKind.False => "no",
            // What a server says must not move the cursor.
            JsonValueKind.String => Printable.Of(value.GetValue<string>()) is { Length: > 0 } text ? text : "-",
            _ => value.ToJsonString(),
        },
    };
}
