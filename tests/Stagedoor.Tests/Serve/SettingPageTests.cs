using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Stagedoor.Serve;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Serve;

/// <summary><c>docs/settings.md</c> is what the code says; <c>STAGEDOOR_ACCEPT=1</c> writes it anew.</summary>
public sealed partial class SettingPageTests
{
    private static readonly Dictionary<string, string> s_plain = new(StringComparer.Ordinal)
    {
        ["Data"] = "The installation's folder, made when missing. Also `--data`.",
        ["Urls"] = "Addresses to listen on, separated by `;`. Also `--urls`.",
        ["Modules"] = "Services to run, separated by commas: `images`, `discovery`, `monitoring`; without it all. The gateway always runs.",
        ["ExternalUrl"] = "The address under which callers reach this installation, for links, token realm and catalog; without it the request's own.",
        ["Logging:LogLevel:{category}"] = "How much is logged of a category: `Default`, `Stagedoor`, `Microsoft.AspNetCore`…",
        ["Logging:Console:LogLevel:{category}"] = "The same, for standard error alone.",
    };

    private static string Path => System.IO.Path.Combine(Checkout.Root, "docs", "settings.md");

    [Fact]
    public async Task The_page_of_settings_is_what_the_code_says()
    {
        var page = Page();
        if (Environment.GetEnvironmentVariable("STAGEDOOR_ACCEPT") is "1")
        {
            await File.WriteAllTextAsync(Path, page, TestContext.Current.CancellationToken);
        }

        Assert.Equal(page, await File.ReadAllTextAsync(Path, TestContext.Current.CancellationToken));
    }

    private static string Page()
    {
        var page = new StringBuilder("""
            <!-- Generated from the options in src; STAGEDOOR_ACCEPT=1 and its test write it anew. -->

            # Settings

            Every setting there is. How to write them is on the page [Configure](configure.md); `stagedoor config` shows what each is now and who
            said so, and a start tells all wrong ones at once.

            `{n}` stands for 0, 1, 2 and so on, other braces for a name of your choice. The variable of a key has two underscores for each colon and
            `STAGEDOOR__` in front: `Images:Collector:Enabled` is `STAGEDOOR__Images__Collector__Enabled`.

            """);
        foreach (var section in SettingNames.Product.All.GroupBy(static s => s.Key.Contains(':', StringComparison.Ordinal) ? s.Key.Split(':')[0] : "Process", StringComparer.Ordinal))
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {section.Key}\n\n| key | what it is | allowed | default | variable |\n|---|---|---|---|---|\n");
            foreach (var setting in section)
            {
                page.Append(CultureInfo.InvariantCulture, $"| `{setting.Key}` | {Summary(setting)} | {setting.Allowed} | {Default(setting)} | `{setting.Variable}` |\n");
            }
        }

        return page.ToString();
    }

    private static string Default(Setting setting) => setting switch
    {
        { Default: null } => "none",
        _ when setting.Key.EndsWith("Bytes", StringComparison.Ordinal) && long.Parse(setting.Default, CultureInfo.InvariantCulture) is var bytes and > 0 =>
            bytes % (1 << 30) == 0 ? $"{setting.Default} ({bytes >> 30} GiB)" : bytes % (1 << 20) == 0 ? $"{setting.Default} ({bytes >> 20} MiB)" : setting.Default,
        _ => $"`{setting.Default}`",
    };

    private static string Summary(Setting setting) =>
        s_plain.TryGetValue(setting.Key, out var plain) ? plain : Summary(setting.Property!.DeclaringType!, setting.Property.Name);

    // The words that stand above the property in its source file.
    private static string Summary(MemberInfo type, string property)
    {
        var source = Sources.First(s => s.Contains($"class {type.Name}\n", StringComparison.Ordinal) || s.Contains($"class {type.Name} ", StringComparison.Ordinal));
        var block = source[source.IndexOf($"class {type.Name}", StringComparison.Ordinal)..];
        var written = Regex.Match(block, $@"((?:^ +///.*\n)+)(?: +\[.*\]\n)*^ +public [^\n]*\b{property} \{{", RegexOptions.Multiline | RegexOptions.NonBacktracking);
        Assert.True(written.Success, $"{type.Name}.{property} has no summary, and so no words on the page of settings.");
        var text = SlashesAndLines().Replace(written.Groups[1].Value, " ");
        if (Inherited().Match(text) is { Success: true } other)
        {
            return Summary(Type.GetType($"{((Type)type).Namespace}.{other.Groups["type"].Value}, {((Type)type).Assembly.FullName}", throwOnError: true)!, other.Groups["member"].Value);
        }

        text = Reference().Replace(text, "`${member}`").Replace("<c>", "`", StringComparison.Ordinal).Replace("</c>", "`", StringComparison.Ordinal);
        return Blanks().Replace(text.Replace("<summary>", "", StringComparison.Ordinal).Replace("</summary>", "", StringComparison.Ordinal), " ").Trim().Replace("|", "\\|", StringComparison.Ordinal);
    }

    private static IReadOnlyList<string> Sources { get; } =
    [
        .. Directory.EnumerateFiles(System.IO.Path.Combine(Checkout.Root, "src"), "*Options.cs", SearchOption.AllDirectories)
            .Where(static f => !f.Contains("/obj/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(File.ReadAllText),
    ];

    [GeneratedRegex(@"^ +/// ?|\n", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex SlashesAndLines();

    [GeneratedRegex("<inheritdoc cref=\"(?<type>\\w+)\\.(?<member>\\w+)\" ?/>", RegexOptions.NonBacktracking)]
    private static partial Regex Inherited();

    [GeneratedRegex("<see cref=\"(?:\\w+\\.)*(?<member>\\w+)\" ?/>", RegexOptions.NonBacktracking)]
    private static partial Regex Reference();

    [GeneratedRegex(" {2,}", RegexOptions.NonBacktracking)]
    private static partial Regex Blanks();
}
