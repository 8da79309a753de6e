using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;
using Stagedoor.Commands;
using Stagedoor.Commands.Admin;
using Xunit;

namespace Stagedoor.Tests.Commands;

/// <summary>What a server says on its way to a terminal and to a shell.</summary>
public sealed class PrintableTests
{
    [Fact]
    public void Nothing_of_others_moves_the_cursor_or_turns_the_writing() =>
        Assert.Equal("]0;PWN x[31m line2txt é 中", Printable.Of("\u001b]0;PWN\u0007 x\u009b[31m\nline2\u202etxt é 中"));

    [Fact]
    public void Json_says_the_same_without_moving_the_cursor_or_turning_the_writing()
    {
        const string Name = "\u001b]0;x\u0007 \u009b[31m\n\u202etxt \U000e0041 \u200f é 中 🙂";
        var json = new JsonObject { ["name"] = Name, ["next"] = 1 }.ToJsonString(new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

        var shown = Printable.Json(json);

        Assert.Equal(Name, JsonNode.Parse(shown)!["name"]!.GetValue<string>());
        Assert.Contains("é 中", shown, StringComparison.Ordinal);
        Assert.Equal(Printable.Of(shown), shown.Replace('\n', ' ').Replace("\r", "", StringComparison.Ordinal));
        Assert.Contains("\\u202etxt", shown, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("x'; touch /tmp/y; '")]
    [InlineData("$(id)")]
    [InlineData("x\ny")]
    [InlineData("-v")]
    [InlineData("")]
    [InlineData("../../v3/users")]
    public void What_a_shell_or_a_path_would_read_is_no_id(string text) =>
        Assert.Throws<CommandException>(() => Answer(text).Word("value"));

    [Theory]
    [InlineData("cn-local-1")]
    [InlineData("0d0c5e6a1f2b4c3d8e9fa0b1c2d3e4f5")]
    public void Ids_and_keys_are_taken_as_they_are(string text) => Assert.Equal(text, Answer(text).Word("value"));

    [Fact]
    public void A_secret_may_be_base64() => Assert.Equal("wJalrXUtnFEMI/K7MDENG+bPxRfiCY=", Answer("wJalrXUtnFEMI/K7MDENG+bPxRfiCY=").Secret("value"));

    [Theory]
    [InlineData("/v3/auth/domains")]
    [InlineData("http://")]
    [InlineData("file:///etc/passwd")]
    [InlineData("http://-v:80/")]
    [InlineData("http://a'b/")]
    [InlineData("x")]
    public void What_is_no_address_is_told_in_a_line(string text) => Assert.Throws<CommandException>(() => Answer(text).Origin("value"));

    [Fact]
    public void Of_an_address_the_beginning_counts() => Assert.Equal("https://[::1]:8443/", Answer("https://[::1]:8443/v3/auth/domains").Origin("value").AbsoluteUri);

    [Fact]
    public void An_access_key_stays_in_one_piece_on_80_columns()
    {
        const string Key = "12HJL3QBWVJ2308G6U4S";
        const string Time = "2026-11-27T22:54:37.904000Z";
        IReadOnlyList<(string Title, string Member, Func<string, JsonNode?> Value)> columns =
            [("Access key", "a", static k => k), ("User", "b", static _ => "a-user-of-some-length"), ("Active", "c", static _ => true), ("Made", "d", static _ => Time), ("Last used", "e", static _ => Time), ("For", "f", static _ => "a key")];
        using var shown = new StringWriter();
        var terminal = AnsiConsole.Create(new() { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(shown) });
        terminal.Profile.Width = 80;

        terminal.Write(ServerCall.Table(columns, [Key]));

        Assert.Contains(Key, shown.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_no_verb_has_foreseen_is_a_line_and_in_full_for_who_asks(bool verbose)
    {
        using var error = new StringWriter();
        var parsed = Program.Root().Parse(verbose ? ["health", "--verbose"] : ["health"]);

        var code = await UnexpectedError.CatchAsync(parsed, error, static () => throw new InvalidOperationException("the\nsky falls"));

        Assert.Equal(1, code);
        Assert.StartsWith("stagedoor: unexpectedly: the sky falls (InvalidOperationException)", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(verbose, error.ToString().Contains("   at ", StringComparison.Ordinal));
        Assert.Equal(!verbose, error.ToString().Contains("--verbose", StringComparison.Ordinal));
    }

    private static JsonElement Answer(string text) => JsonSerializer.SerializeToElement(new Dictionary<string, string>(StringComparer.Ordinal) { ["value"] = text });
}
