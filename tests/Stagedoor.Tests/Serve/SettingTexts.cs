using System.Reflection;
using System.Text.RegularExpressions;
using Stagedoor.Serve;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Serve;

/// <summary>What each setting is, in the words that stand above its property in the source.</summary>
internal static partial class SettingTexts
{
    private static readonly Dictionary<string, string> s_plain = new(StringComparer.Ordinal)
    {
        ["Data"] = "The installation's folder, made when missing.",
        ["Urls"] = "Addresses to listen on, separated by `;`.",
        ["Modules"] = "Services to run, separated by commas: `images`, `discovery`, `monitoring`, `tracing`; without it all. The gateway always runs.",
        ["ExternalUrl"] = "The address under which callers reach this installation, for links, token realm and catalog; without it the request's own.",
        ["Logging:LogLevel:{category}"] = "How much is logged of a category: `Default`, `Stagedoor`, `Microsoft.AspNetCore`…",
        ["Logging:Console:LogLevel:{category}"] = "The same, for standard error alone.",
    };

    private static readonly IReadOnlyList<string> s_sources =
    [
        .. Directory.EnumerateFiles(Path.Combine(Checkout.Root, "src"), "*Options.cs", SearchOption.AllDirectories)
            .Where(static f => !f.Contains("/obj/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(File.ReadAllText),
    ];

    internal static string Of(Setting setting) =>
        s_plain.TryGetValue(setting.Key, out var plain) ? plain : Of(setting.Property!.DeclaringType!, setting.Property.Name);

    private static string Of(MemberInfo type, string property)
    {
        var source = s_sources.First(s => s.Contains($"class {type.Name}\n", StringComparison.Ordinal) || s.Contains($"class {type.Name} ", StringComparison.Ordinal));
        var block = source[source.IndexOf($"class {type.Name}", StringComparison.Ordinal)..];
        var written = Regex.Match(block, $@"((?:^ +///.*\n)+)(?: +\[.*\]\n)*^ +public [^\n]*\b{property} \{{", RegexOptions.Multiline | RegexOptions.NonBacktracking);
        Assert.True(written.Success, $"{type.Name}.{property} has no summary, and so no words on the page of settings.");
        var text = SlashesAndLines().Replace(written.Groups[1].Value, " ");
        if (Inherited().Match(text) is { Success: true } other)
        {
            return Of(Type.GetType($"{((Type)type).Namespace}.{other.Groups["type"].Value}, {((Type)type).Assembly.FullName}", throwOnError: true)!, other.Groups["member"].Value);
        }

        text = Reference().Replace(text, "`${member}`").Replace("<c>", "`", StringComparison.Ordinal).Replace("</c>", "`", StringComparison.Ordinal);
        return Blanks().Replace(text.Replace("<summary>", "", StringComparison.Ordinal).Replace("</summary>", "", StringComparison.Ordinal), " ").Trim();
    }

    [GeneratedRegex(@"^ +/// ?|\n", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex SlashesAndLines();

    [GeneratedRegex("<inheritdoc cref=\"(?<type>\\w+)\\.(?<member>\\w+)\" ?/>", RegexOptions.NonBacktracking)]
    private static partial Regex Inherited();

    [GeneratedRegex("<see cref=\"(?:\\w+\\.)*(?<member>\\w+)\" ?/>", RegexOptions.NonBacktracking)]
    private static partial Regex Reference();

    [GeneratedRegex(" {2,}", RegexOptions.NonBacktracking)]
    private static partial Regex Blanks();
}
