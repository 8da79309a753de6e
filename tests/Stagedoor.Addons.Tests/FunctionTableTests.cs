using Stagedoor.Addons.Rendering.Functions;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Tests.Oracle;
using Xunit;

namespace Stagedoor.Addons.Tests;

/// <summary>Every function is known to work, or to be refused.</summary>
public sealed class FunctionTableTests
{
    // Helm's own, which no library that is at hand has: each has a row below.
    private static readonly (string Template, string Output)[] s_own =
    [
        ("{{ sha512sum \"a\" | trunc 16 }}", "1f40fc92da241694"),
        ("{{ mustToYaml (dict \"a\" (list 1)) }}", "a:\n- 1"),
        ("{{ toYamlPretty (dict \"a\" (list 1 (dict \"b\" 2))) }}", "a:\n  - 1\n  - b: 2"),
        ("{{ toToml (dict \"name\" \"x\" \"n\" 1 \"f\" 1.5 \"on\" true \"l\" (list \"a\" \"b\") \"t\" (dict \"k\" \"v\")) }}",
            "f = 1.5\nl = [\"a\", \"b\"]\nn = 1\nname = \"x\"\non = true\n\n[t]\n  k = \"v\"\n"),
        ("{{ mustToToml (dict \"a\" (list (dict \"b\" 1) (dict \"b\" 2))) }}", "[[a]]\n  b = 1\n\n[[a]]\n  b = 2\n"),
        ("{{ toJson (fromToml \"a = 1\\nb.c = \\\"x\\\"\\n[t]\\nl = [1, 2]\\nu = { v = true }\\n[[p]]\\nn = 'y'\\n[[p]]\\n\") }}",
            "{\"a\":1,\"b\":{\"c\":\"x\"},\"p\":[{\"n\":\"y\"},{}],\"t\":{\"l\":[1,2],\"u\":{\"v\":true}}}"),
        ("{{ hasKey (fromToml \"a = \") \"Error\" }}", "true"),
        ("{{ mustToDuration \"1h30m\" }} {{ (mustToDuration 90).Minutes }}", "1h30m0s 1.5"),
        ("{{ getHostByName \"localhost\" }}|", "|"),
        ("{{ range 3 }}{{ . }}{{ end }}{{ with 0 }}a{{ else with 1 }}b{{ . }}{{ end }}", "012b1"),
    ];

    private static readonly string[] s_refused = [.. CryptoFunctions.Unsupported];

    public static TheoryData<string, string> Own => [.. s_own.Select(static o => (o.Template, o.Output))];

    public static TheoryData<string> Refused => [.. s_refused];

    [Fact]
    public void Every_function_is_in_a_case()
    {
        var words = OracleCase.Files.SelectMany(OracleCase.Read).Select(static c => c.Template).Concat(s_own.Select(static o => o.Template))
            .SelectMany(static t => t.Split([' ', '(', ')', '{', '}', '|', '\n', '.'], StringSplitOptions.RemoveEmptyEntries));

        Assert.Empty(FunctionTable.Names.Except(words, StringComparer.Ordinal).Except(s_refused, StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Own))]
    public void Functions_that_are_Helms_own_do_as_it_says(string template, string output) => Assert.Equal(output, Render(template));

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_function_that_is_not_supported_is_refused_by_name(string name)
    {
        var error = Assert.Throws<TemplateException>(() => Render("{{ " + name + " \"a\" }}"));

        Assert.Contains($"function \"{name}\" is not supported", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("env")]
    [InlineData("expandenv")]
    public void The_environment_is_not_there(string name)
    {
        var error = Assert.Throws<TemplateException>(() => Render("{{ " + name + " \"HOME\" }}"));

        Assert.Contains($"function \"{name}\" not defined", error.Message, StringComparison.Ordinal);
    }

    private static string Render(string template)
    {
        var set = new TemplateSet();
        set.Add(Parser.Parse("case", template));
        return Executor.Execute(new(new(), TimeProvider.System, TestContext.Current.CancellationToken), set, "case", null);
    }
}
