using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Stagedoor.Serve;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Serve;

/// <summary>Each event is one line, whatever callers have put into it.</summary>
public sealed class LogFormatterTests : IDisposable
{
    private readonly RunningClock _clock = new();

    public static TheoryData<string> Hostile =>
    [
        "two\nlines", "\r\n<0>forged", "bell \a and \u001b[31mred", "nul \0", "separators \u2028 \u2029 \u0085", "turned \u202e and \u2066", "half \ud800 of a pair", "\udc00\ud800",
        "\"quoted\" \\ and \\u000a", "}{", new string('x', 100_000), "组织 🚪", "",
    ];

    public void Dispose() => _clock.Dispose();

    [Theory]
    [MemberData(nameof(Hostile))]
    public void As_JSON_it_is_an_object_with_the_same_members(string said)
    {
        var line = Write(LogFormat.Json, said, new InvalidOperationException(said));

        var entry = JsonSerializer.Deserialize<JsonElement>(line);
        Assert.Equal(
            ["time", "level", "category", "event", "eventId", "requestId", "message", "exception", "values"], entry.EnumerateObject().Select(static m => m.Name));
        Assert.Equal(_clock.GetUtcNow().Year, DateTimeOffset.Parse(entry.GetProperty("time").GetString()!, CultureInfo.InvariantCulture).Year);
        Assert.EndsWith("Z", entry.GetProperty("time").GetString(), StringComparison.Ordinal);
        Assert.Equal(("error", "Stagedoor.Test", "Said", 7), (Text("level"), Text("category"), Text("event"), entry.GetProperty("eventId").GetInt32()));
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", Text("requestId"));
        Assert.Equal(Whole(said), Text("message"));
        Assert.Equal(Whole(said), entry.GetProperty("values").GetProperty("text").GetString());
        Assert.Equal(3, entry.GetProperty("values").GetProperty("count").GetInt32());
        Assert.StartsWith(new InvalidOperationException(Whole(said)).ToString(), Text("exception"), StringComparison.Ordinal);

        string? Text(string name) => entry.GetProperty(name).GetString();
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    public void As_text_it_begins_with_the_time_and_speaks_to_no_terminal(string said)
    {
        var line = Write(LogFormat.Text, said, new InvalidOperationException(said));

        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z error Stagedoor\.Test \[0af7651916cd43dd8448eb211c80319c\] ", line);
    }

    [Theory]
    [InlineData(LogLevel.Debug, "<7>debug ")]
    [InlineData(LogLevel.Information, "<6>info ")]
    [InlineData(LogLevel.Warning, "<4>warn ")]
    [InlineData(LogLevel.Error, "<3>error ")]
    [InlineData(LogLevel.Critical, "<2>crit ")]
    public void For_the_journal_it_begins_with_the_priority(LogLevel level, string beginning) =>
        Assert.StartsWith($"{beginning}Stagedoor.Test [0af7651916cd43dd8448eb211c80319c] <1>forged", Write(LogFormat.Journal, "<1>forged", null, level), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Hostile))]
    public void For_the_journal_nothing_of_it_begins_a_line(string said) =>
        Assert.StartsWith("<3>error Stagedoor.Test ", Write(LogFormat.Journal, said, new InvalidOperationException(said)), StringComparison.Ordinal);

    // Half a pair is no character.
    private static string Whole(string said) => string.Concat(said.EnumerateRunes());

    private string Write(LogFormat format, string said, Exception? exception, LogLevel level = LogLevel.Error)
    {
        KeyValuePair<string, object?>[] values = [new("text", said), new("count", 3), new("{OriginalFormat}", "{text}"), new("text", "again")];
        var entry = new LogEntry<IReadOnlyList<KeyValuePair<string, object?>>>(level, "Stagedoor.Test", new(7, "Said"), values, exception, (_, _) => said);
        var scopes = new LoggerExternalScopeProvider();
        using var writer = new StringWriter();

        using (scopes.Push(new KeyValuePair<string, object?>[] { new("RequestId", "0af7651916cd43dd8448eb211c80319c") }))
        {
            new LogFormatter(Options.Create(new LogFormatOptions { Format = format }), _clock).Write(entry, scopes, writer);
        }

        var line = writer.ToString();
        Assert.EndsWith("\n", line, StringComparison.Ordinal);
        Assert.DoesNotContain(line[..^1], static c => char.IsControl(c) || c is '\u2028' or '\u2029' or '\u202e' or '\u2066');
        return line[..^1];
    }
}
