using Microsoft.Extensions.Time.Testing;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Stagedoor.Addons.Tests.Oracle;
using Xunit;

#pragma warning disable CA5394 // Nobody has to guess what is tried.
namespace Stagedoor.Addons.Tests;

/// <summary>Whatever is in a template, it renders or fails as a template does.</summary>
public sealed class MutatedTemplatesTests
{
    private static readonly string[] s_pieces =
        ["{{", "}}", "(", ")", "|", "\"", "`", "'", ".", "$", ":=", " ", "-", "%", "0", "9999999999999999999", "nil", ".Values", "end", "if", "\\", "\ud800", "\udc80", "é", "\n", "range", "1e400", ","];

    public static TheoryData<string> Files => [.. OracleCase.Files.Where(static f => f is not "helm")];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_template_that_was_changed_anywhere_fails_as_a_template(string file)
    {
        var random = new Random(17);
        foreach (var one in OracleCase.Read(file).Where(static c => !c.Template.Contains("gen", StringComparison.Ordinal)))
        {
            for (var i = 0; i < 40; i++)
            {
                var at = random.Next(one.Template.Length);
                var piece = s_pieces[random.Next(s_pieces.Length)];
                var changed = random.Next(3) switch
                {
                    0 => one.Template.Insert(at, piece),
                    1 => one.Template.Remove(at, Math.Min(random.Next(1, 4), one.Template.Length - at)),
                    _ => one.Template.Remove(at, 1).Insert(at, piece),
                };
                Render(changed);
            }
        }
    }

    private static void Render(string template)
    {
        try
        {
            var set = new TemplateSet();
            set.Add(Parser.Parse("case", template));
            var run = new RenderRun(new() { MaxDepth = 50, MaxSteps = 20_000, MaxTextBytes = 1_000_000 }, new FakeTimeProvider(), TestContext.Current.CancellationToken);
            Executor.Execute(run, set, "case", new GoMap { ["Values"] = YamlReader.Read(OracleCase.Values), ["Release"] = new GoMap { ["Name"] = "demo" } });
        }
        catch (TemplateException)
        {
            // That is how it fails.
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new InvalidOperationException(template, e);
        }
    }
}
