using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Stagedoor.Serve;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Serve;

/// <summary><c>docs/settings.md</c> is what the code says; <c>STAGEDOOR_ACCEPT=1</c> writes it anew.</summary>
public sealed partial class SettingPageTests
{
    private static string Path => System.IO.Path.Combine(Checkout.Root, "docs", "settings.md");

    [Fact]
    public async Task The_page_of_settings_is_what_the_code_says()
    {
        var written = await File.ReadAllTextAsync(Path, TestContext.Current.CancellationToken);
        var page = Page(written);
        if (Environment.GetEnvironmentVariable("STAGEDOOR_ACCEPT") is "1")
        {
            await File.WriteAllTextAsync(Path, page, TestContext.Current.CancellationToken);
            written = page;
        }

        Assert.Equal(page, written);
    }

    [Fact]
    public void Each_setting_is_there_since_a_version() => Assert.All(
        SettingNames.Product.All,
        static setting => Assert.Matches(@"^\d+\.\d+\.\d+$", Since(File.ReadAllText(Path)).GetValueOrDefault(setting.Key, "")));

    private static string Page(string written)
    {
        var since = Since(written);
        var page = new StringBuilder("""
            <!-- Generated from the options in src; STAGEDOOR_ACCEPT=1 and its test write it anew. -->

            # Settings

            Every setting there is. How to write them is on the page [Configure](configure.md); `stagedoor config show` tells what each is now and who
            said so, `stagedoor config check` everything that a start would refuse. The same as a JSON schema, for editors, is
            [settings.schema.json](settings.schema.json): `stagedoor config schema` prints it.

            `{n}` stands for 0, 1, 2 and so on, other braces for a name of your choice. The variable of a key has two underscores for each colon and
            `STAGEDOOR__` in front: `Images:Collector:Enabled` is `STAGEDOOR__Images__Collector__Enabled`. A secret is shown nowhere.

            """);
        foreach (var section in SettingNames.Product.All.GroupBy(static s => s.Key.Contains(':', StringComparison.Ordinal) ? s.Key.Split(':')[0] : "Process", StringComparer.Ordinal))
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {section.Key}\n\n| key | what it is | type | allowed | default | since | variable, option |\n|---|---|---|---|---|---|---|\n");
            foreach (var setting in section)
            {
                var option = setting.Option is { } name ? $", `{name}`" : "";
                // What is new has come with the version that is being made.
                page.Append(
                    CultureInfo.InvariantCulture,
                    $"| `{setting.Key}` | {SettingTexts.Of(setting).Replace("|", "\\|", StringComparison.Ordinal)} | {Kind(setting)} | {setting.Allowed} | {Default(setting)} | {since.GetValueOrDefault(setting.Key, Build.Version)} | `{setting.Variable}`{option} |\n");
            }
        }

        return page.ToString();
    }

    private static Dictionary<string, string> Since(string page) => Row().Matches(page).ToDictionary(static m => m.Groups["key"].Value, static m => m.Groups["since"].Value, StringComparer.Ordinal);

    private static string Kind(Setting setting) => setting switch
    {
        { IsSecret: true } => "secret",
        { Choices: not null } => "choice",
        _ when setting.Type == typeof(bool) => "switch",
        _ => setting.Type == typeof(string) ? "text" : "number",
    };

    private static string Default(Setting setting) => setting switch
    {
        { Default: null } => "none",
        _ when setting.Key.EndsWith("Bytes", StringComparison.Ordinal) && long.Parse(setting.Default, CultureInfo.InvariantCulture) is var bytes and > 0 =>
            bytes % (1 << 30) == 0 ? $"{setting.Default} ({bytes >> 30} GiB)" : bytes % (1 << 20) == 0 ? $"{setting.Default} ({bytes >> 20} MiB)" : setting.Default,
        _ => $"`{setting.Default}`",
    };

    [GeneratedRegex(@"^\| `(?<key>[^`]+)` \|.*\| (?<since>\d+\.\d+\.\d+) \| `STAGEDOOR__", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Row();
}
