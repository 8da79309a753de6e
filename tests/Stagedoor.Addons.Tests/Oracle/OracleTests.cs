using System.Text.Encodings.Web;
using System.Text.Json;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Xunit;

namespace Stagedoor.Addons.Tests.Oracle;

/// <summary>Renders hundreds of templates and compares each byte, and each error, with what Go's template package, sprig and Helm's YAML made of them.</summary>
public sealed class OracleTests
{
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Files => [.. OracleCase.Files];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_template_renders_as_in_Go(string file)
    {
        var cases = OracleCase.Read(file);
        var golden = Golden(file);

        Assert.Equal(golden.Count, cases.Count);
        var different = cases.Zip(golden, static (c, g) => (Case: c, Go: g, Ours: Render(c))).Where(static d => d.Go != d.Ours).ToList();
        Assert.True(different.Count == 0, string.Join("\n\n", different.Select(static d => $"{d.Case.File} {d.Case.Number}: {d.Case.Template}\nGo:   {Show(d.Go)}\nours: {Show(d.Ours)}")));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_golden_answers_are_those_of_the_Go_that_is_here(string file)
    {
        var oracle = GoOracle.Find();
        Assert.SkipWhen(oracle is null, "No Go with sprig and sigs-yaml: apt-get install golang-go golang-github-masterminds-sprig-dev golang-k8s-sigs-yaml-dev");

        var answers = oracle.Ask(OracleCase.Read(file));

        if (Environment.GetEnvironmentVariable("STAGEDOOR_ACCEPT") == "1")
        {
            File.WriteAllLines(PathOf(file), answers.Select(static a => JsonSerializer.Serialize(a, s_json)));
        }

        Assert.Equal(Golden(file), answers);
    }

    private static string PathOf(string file) => Path.Combine(OracleCase.Folder, "Golden", file + ".jsonl");

    private static List<OracleAnswer> Golden(string file) =>
        [.. File.ReadLines(PathOf(file)).Select(static line => JsonSerializer.Deserialize<OracleAnswer>(line)!)];

    private static OracleAnswer Render(OracleCase one)
    {
        try
        {
            var set = new TemplateSet();
            set.Add(Parser.Parse("case", one.Template));
            var run = new RenderRun(new(), TimeProvider.System, TestContext.Current.CancellationToken) { IsStrict = one.IsStrict };
            var data = new GoMap
            {
                ["Values"] = YamlReader.Read(OracleCase.Values),
                ["Release"] = new GoMap
                {
                    ["Name"] = "demo",
                    ["Namespace"] = "apps",
                    ["Revision"] = (nint)1,
                    ["IsInstall"] = true,
                    ["IsUpgrade"] = false,
                    ["Service"] = "Helm",
                },
            };
            return new(GoText.Clean(Executor.Execute(run, set, "case", data)), "");
        }
        catch (TemplateException e)
        {
            return new("", e.Message);
        }
    }

    private static string Show(OracleAnswer answer) => answer.Error.Length > 0 ? "! " + answer.Error : answer.Output;
}
