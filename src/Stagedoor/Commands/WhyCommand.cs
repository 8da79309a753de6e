using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stagedoor.Commands.Admin;
using Stagedoor.Errors;
using Stagedoor.Errors.Pages;

namespace Stagedoor.Commands;

/// <summary><c>stagedoor why</c>: the way of a refused request, and what to change.</summary>
internal static class WhyCommand
{
    private const int Width = 80;
    private const int NameWidth = 22;

    internal static Command Create()
    {
        var id = new Argument<string?>("REQUEST-ID")
        {
            Description = "The X-Request-Id of the refused answer; without it your last refused requests are listed.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var code = new Option<string?>("--code") { Description = "Of the last ones only those with this error code.", HelpName = "CODE" };
        return ServerVerb.Create("why", "Explain why a request to a running server was refused, and what to change.", [id, code], async (call, cancellationToken) =>
        {
            if (call.Find(id) is { } asked)
            {
                Explain(call, await call.Client.GetAsync($"/v1/why/{Uri.EscapeDataString(asked)}", cancellationToken));
                return;
            }

            var filter = call.Get(code) is { } wanted ? $"?code={Uri.EscapeDataString(wanted)}" : "";
            var answer = await call.Client.GetAsync("/v1/why" + filter, cancellationToken);
            var refusals = answer.Items("refusals");
            if (refusals.Count == 0)
            {
                ServerCall.Note(NoteOfNone(call.Get(code)));
            }

            call.List<JsonElement>(
                "refusals",
                [
                    ("Request id", "request_id", static r => r.Text("request_id")),
                    ("Time", "time", static r => r.Text("time")),
                    ("Code", "code", static r => r.Text("code")),
                    ("Request", "request", static r => r.FindText("method") is { } method ? $"{method} {r.FindText("path")}" : r.Text("kind")),
                    ("Change", "change", static r => r.Text("change")),
                ],
                refusals);
        });
    }

    /// <summary>What is said where nothing is listed.</summary>
    /// <param name="code">The code that was asked for; null for any.</param>
    internal static string NoteOfNone(string? code) =>
        code is null ? "none of your requests was refused, as far as the server remembers."
        : code.StartsWith("HTTP.", StringComparison.Ordinal) || ErrorCatalog.Find(code).Any(row => string.Equals(row.Code, code, StringComparison.Ordinal))
            ? $"none of your requests was refused with {code}, as far as the server remembers."
        : $"there is no code '{code}', so that no request was refused with it. All codes: stagedoor errors list";

    private static void Explain(ServerCall call, JsonElement answer)
    {
        var refusals = answer.Items("refusals");
        if (call.IsJson)
        {
            ServerCall.Write(JsonNode.Parse(answer.GetRawText())!);
            return;
        }

        for (var i = 0; i < refusals.Count; i++)
        {
            if (i > 0)
            {
                ServerCall.Write("");
            }

            foreach (var line in Lines(refusals[i]))
            {
                ServerCall.Write(Printable.Of(line));
            }
        }
    }

    // The sentence first, for who wants nothing else, and last, where the eye is when all has run through.
    internal static IEnumerable<string> Lines(JsonElement refusal)
    {
        var change = TextWrap.Lines(refusal.Text("change"), Width).ToList();
        foreach (var line in change)
        {
            yield return line;
        }

        yield return "";
        var status = refusal.TryGetProperty("status", out var number) ? $" HTTP {number.GetRawText()}" : "";
        yield return $"{refusal.Text("code")}{status}  {refusal.Text("time")}";
        yield return $"{refusal.Text("kind")} {refusal.Text("request_id")}";
        foreach (var step in refusal.Items("steps"))
        {
            yield return $"  {(step.Text("outcome") is "passed" ? "ok" : "NO")}  {step.Text("stage")}";
            foreach (var line in step.Items("facts").SelectMany(FactLines))
            {
                yield return line;
            }
        }

        yield return "";
        foreach (var line in change)
        {
            yield return line;
        }

        // What stands on lines of its own, a canonical request, keeps them: it is compared line by line.
        static IEnumerable<string> FactLines(JsonElement fact)
        {
            var (name, value) = (fact.Text("name"), fact.Text("value"));
            if (value.Contains('\n', StringComparison.Ordinal))
            {
                yield return $"        {name}:";
                foreach (var line in value.Split('\n'))
                {
                    yield return $"          {line}".TrimEnd();
                }

                yield break;
            }

            var first = true;
            foreach (var line in TextWrap.Lines(value, Width - NameWidth - 10))
            {
                yield return $"        {(first ? name : "").PadRight(NameWidth)}  {line}".TrimEnd();
                first = false;
            }
        }
    }
}
