using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Stagedoor.Serve;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Serve;

/// <summary>Each setting there is × each way to get it wrong × each place to write it.</summary>
public sealed class SettingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Keys => [.. SettingNames.Product.All.Select(static s => s.Key)];

    // Beyond a name of the user's own choice there is nothing to misspell.
    public static TheoryData<string> FixedNames => [.. SettingNames.Product.All.Select(static s => s.Key).Where(static k => k[^1] is not '}' || k.EndsWith("{n}", StringComparison.Ordinal))];

    /// <summary>An environment without variables.</summary>
    internal static Dictionary<string, string> None { get; } = [];

    private string File => Path.Combine(_folder.Path, "stagedoor.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Without_any_setting_all_is_well() => Assert.Empty(Problems(new()));

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_wrong_value_is_told_with_its_name_the_value_and_what_is_allowed(string template)
    {
        var (setting, key) = Concrete(template);
        foreach (var wrong in WrongValues(setting))
        {
            WriteFile(key, wrong);
            foreach (var (settings, name) in new[]
            {
                (new ServeSettings { Config = File }, $"{key} in {File}"),
                (new ServeSettings { Variables = Variable(key, wrong) }, Variable(key, wrong).Keys.Single()),
                (new ServeSettings { Overrides = Pair(key, wrong) }, key),
            })
            {
                var problem = Assert.Single(Problems(settings));

                Assert.Equal(
                    setting.IsSecret ? $"{name} cannot be used; it must be {setting.Allowed}." : $"{name} is '{wrong}'; it must be {setting.Allowed}.",
                    problem);
            }
        }
    }

    [Theory]
    [MemberData(nameof(FixedNames))]
    public void A_misspelt_name_is_told_with_the_right_one(string template)
    {
        var wrong = Concrete(template).Key[..^1] + "xy";
        WriteFile(wrong, "1");

        foreach (var settings in new[] { new ServeSettings { Config = File }, new() { Variables = Variable(wrong, "1") }, new() { Overrides = Pair(wrong, "1") } })
        {
            var problem = Assert.Single(Problems(settings));

            Assert.Contains("does not exist", problem, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', problem);
            if (!template.Contains('{', StringComparison.Ordinal))
            {
                Assert.Contains($"Did you mean {template}?", problem, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_good_value_is_taken_from_each_place(string template)
    {
        var (setting, key) = Concrete(template);
        var good = GoodValue(setting);
        WriteFile(key, good);

        foreach (var settings in new[] { new ServeSettings { Config = File }, new() { Variables = Variable(key, good) }, new() { Overrides = Pair(key, good) } })
        {
            using var configuration = new ConfigurationManager();
            ServeConfiguration.Collect(configuration, settings);

            Assert.Equal(good, configuration[key]);
            Assert.DoesNotContain(SettingCheck.Problems(configuration, settings.Modules), p => p.Contains("must be", StringComparison.Ordinal) || p.Contains("does not exist", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_page_shows_what_a_start_says()
    {
        System.IO.File.WriteAllText(File, """{"Images":{"MaxOrganisations":5}}""");

        var problems = Problems(new() { Config = File, Variables = Variable("Images:MaxOrganizationsPerAccount", "many") });

        var page = System.IO.File.ReadAllLines(Path.Combine(Checkout.Root, "docs", "configure.md"));
        var shown = page.SkipWhile(static line => line != "stagedoor: 2 settings are wrong:").Skip(1).TakeWhile(static line => line != "```")
            .Select(line => line.Trim().Replace("/etc/stagedoor.json", File, StringComparison.Ordinal)).ToList();
        Assert.Equal(2, shown.Count);
        Assert.All(shown, line => Assert.Contains(problems, problem =>
            line.EndsWith('…') ? problem.StartsWith(line[..^1], StringComparison.Ordinal) : problem == line));
    }

    [Theory]
    [InlineData("Images:MaxOrganisations", "Images:MaxOrganizationsPerAccount")]
    [InlineData("Gateway:RequestsPer", null)]
    [InlineData("Images:Max", null)]
    [InlineData("Images", null)]
    public void The_beginning_of_one_name_is_enough_and_of_several_is_not(string written, string? meant) =>
        Assert.Equal(meant, Likeness.Closest(written, SettingNames.Product.All.Select(static s => s.Key)));

    [Fact]
    public void All_that_is_wrong_is_told_at_once()
    {
        var problems = Problems(new()
        {
            Urls = "gopher://here",
            Overrides = new Dictionary<string, string?>
            {
                ["Images:MaxOrganizationsPerAccount"] = "-3",
                ["Images:MaxOrganizationsPerUser"] = "3",
                ["Gateway:TrustedProxies:0"] = "proxy",
                ["Storage:Database"] = "postgresql",
                ["Modules"] = "zzz",
                ["Logging:LogLevel:Default"] = "loud",
                ["Tls:Key"] = "/etc/key.pem",
            },
        });

        Assert.Equal(8, problems.Count);
        Assert.Contains("'gopher://here' in --urls is no address to listen on. Give, for example, --urls http://127.0.0.1:8080. The host is an address of this machine, localhost, or * for all.", problems);
        Assert.Contains(problems, static p => p.StartsWith("Gateway:TrustedProxies:0 is 'proxy'", StringComparison.Ordinal));
        Assert.Contains(problems, static p => p.StartsWith("Logging:LogLevel:Default is 'loud'; it must be trace, debug", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Storage:Database", "postgresql", "Storage:PostgreSql")]
    [InlineData("Storage:Blobs", "s3", "Storage:S3")]
    [InlineData("Urls", "https://127.0.0.1:0", "Tls:Certificate")]
    [InlineData("Tls:Certificate", "a.pem", "Tls:Key")]
    [InlineData("Gateway:TrustedProxies", "10.0.0.1", "Gateway:TrustedProxies:0")]
    [InlineData("Images", "5", "MaxOrganizationsPerAccount")]
    [InlineData("Images:Collector", "off", "Enabled")]
    public void What_is_missing_or_written_at_the_wrong_place_is_named(string key, string value, string named) =>
        Assert.Contains(named, Assert.Single(Problems(new() { Overrides = Pair(key, value) })), StringComparison.Ordinal);

    [Fact]
    public void A_rule_of_a_service_names_the_variable_that_breaks_it() => Assert.StartsWith(
        "STAGEDOOR__gateway__TRUSTEDPROXIES__0 is 'proxy'",
        Assert.Single(Problems(new() { Variables = new Dictionary<string, string> { ["STAGEDOOR__gateway__TRUSTEDPROXIES__0"] = "proxy" } })),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("{\n  \"Urls\": \"http://127.0.0.1:1\"\n  \"Data\": \"d\"\n}", "line 3, position 3: ")]
    [InlineData("{", "line 1, position 2: ")]
    [InlineData("[]", "Top-level JSON element must be an object")]
    [InlineData("""{"Data":"a","data":"b"}""", "duplicate key")]
    public void A_file_that_cannot_be_read_is_told_with_the_line(string content, string told)
    {
        System.IO.File.WriteAllText(File, content);

        var problem = Assert.Throws<StartupException>(() => Problems(new() { Config = File })).Message;

        Assert.StartsWith($"The configuration file {File} cannot be read: ", problem, StringComparison.Ordinal);
        Assert.Contains(told, problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem);
    }

    [Fact]
    public void Variables_that_set_nothing_are_told_with_what_was_meant()
    {
        var told = SettingCheck.StrayVariables(
            ["STAGEDOOR_IMAGES_MAXORGANIZATIONSPERACCOUNT", "STAGEDOOR_URL", "STAGEDOOR_SERVICE_HOST", "STAGEDOOR_PORT_8080_TCP", "STAGEDOOR__Data", "PATH"]);

        Assert.Equal(
            [
                "The variable STAGEDOOR_IMAGES_MAXORGANIZATIONSPERACCOUNT sets nothing: write STAGEDOOR__Images__MaxOrganizationsPerAccount.",
                "The variable STAGEDOOR_URL sets nothing: settings are written STAGEDOOR__Section__Name.",
            ],
            told);
    }

    [Theory]
    [InlineData("Storage:PostgreSql", "Host=db", "Storage:PostgreSql is not used: Storage:Database is not postgresql.")]
    [InlineData("Storage:S3:Bucket", "images", "Storage:S3:Bucket is not used: Storage:Blobs is not s3.")]
    [InlineData("Tls:Certificate", "/etc/tls.crt", "Tls:Certificate is not used: no address to listen on begins with https.")]
    public void One_of_a_pair_that_does_nothing_is_told(string key, string value, string told)
    {
        var settings = new ServeSettings { Overrides = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { [key] = value }, Variables = new Dictionary<string, string>(StringComparer.Ordinal) };
        var whole = new ServeSettings
        {
            Overrides = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { [key] = value, ["Storage:Database"] = "postgresql", ["Storage:Blobs"] = "s3", ["Discovery:Listen"] = "https://127.0.0.1:1" },
            Variables = new Dictionary<string, string>(StringComparer.Ordinal),
        };

        Assert.Equal(told, Assert.Single(SettingCheck.Warnings(settings)));
        Assert.Empty(SettingCheck.Warnings(whole));
    }

    [Theory]
    [InlineData("http://127.0.0.1:0", null, true)]
    [InlineData("https://127.0.0.1:0", null, false)]
    [InlineData("http://127.0.0.1:0", "10.0.0.1", false)]
    public void Https_that_nothing_can_speak_is_told(string urls, string? proxy, bool isTold)
    {
        var settings = new ServeSettings
        {
            Urls = urls,
            Overrides = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { ["Gateway:RequireHttps"] = "true", ["Gateway:TrustedProxies:0"] = proxy }
                .Where(static s => s.Value is not null).ToDictionary(StringComparer.OrdinalIgnoreCase),
            Variables = new Dictionary<string, string>(StringComparer.Ordinal),
        };

        Assert.Equal(isTold, SettingCheck.Warnings(settings) is [{ } told] && told.StartsWith("Gateway:RequireHttps is on, but no address", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true, null, null)]
    [InlineData(true, "1.3.6.1.5.5.7.3.1", null)]
    [InlineData(true, "1.3.6.1.5.5.7.3.2", "lacks serverAuth")]
    [InlineData(false, null, "without a subjectAltName")]
    public void A_certificate_that_clients_refuse_is_told(bool isNamed, string? use, string? told)
    {
        using var folder = new TemporaryFolder();
        var (certificate, key) = SelfSigned.Write(folder.Path, isNamed: isNamed, use: use);
        var settings = new ServeSettings
        {
            Urls = "https://127.0.0.1:0",
            Overrides = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { ["Tls:Certificate"] = certificate, ["Tls:Key"] = key },
            Variables = new Dictionary<string, string>(StringComparer.Ordinal),
        };

        var warnings = SettingCheck.Warnings(settings);

        Assert.Equal(told is null ? 0 : 1, warnings.Count);
        Assert.All(warnings, w => Assert.Contains(told!, w, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("c2hvcnQ=")]
    public void A_master_key_that_is_none_is_a_wrong_setting(string key) => Assert.Contains(
        Problems(new() { Overrides = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { ["Gateway:MasterKey"] = key } }),
        static p => p.StartsWith("The master key in Gateway:MasterKey is malformed", StringComparison.Ordinal));

    [Fact]
    public void What_holds_a_secret_is_marked() => Assert.All(
        SettingNames.Product.All.Where(static s => s.Key.EndsWith("Password", StringComparison.Ordinal)
            || s.Key.EndsWith("SecretKey", StringComparison.Ordinal)
            || s.Key.EndsWith("MasterKey", StringComparison.Ordinal)
            || s.Key.EndsWith("PostgreSql", StringComparison.Ordinal)),
        static s => Assert.True(s.IsSecret, s.Key));

    internal static IReadOnlyList<string> Problems(ServeSettings settings)
    {
        using var configuration = new ConfigurationManager();
        ServeConfiguration.Collect(configuration, settings.Variables.ContainsKey("PATH") ? settings with { Variables = new Dictionary<string, string>() } : settings);
        return SettingCheck.Problems(configuration, settings.Modules);
    }

    internal static (Setting Setting, string Key) Concrete(string template) => (
        SettingNames.Product.All.Single(s => s.Key == template),
        template.Replace("{n}", "0", StringComparison.Ordinal).Replace("{name}", "default/default", StringComparison.Ordinal).Replace("{category}", "Default", StringComparison.Ordinal));

    internal static IEnumerable<string> WrongValues(Setting setting)
    {
        if (setting.Type != typeof(string) || setting.Allowed is not "text")
        {
            yield return "";
        }

        if (setting.Type != typeof(string))
        {
            yield return "many";
            yield return "1.5";
        }

        if (setting.Allowed.Split(' ') is ["a", "whole", "number", "from", var least, "to", var most])
        {
            yield return (long.Parse(least, CultureInfo.InvariantCulture) - 1).ToString(CultureInfo.InvariantCulture);
            yield return (long.Parse(most, CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture);
        }
        else if (setting.Allowed.StartsWith("a whole number, 0", StringComparison.Ordinal))
        {
            yield return "-1";
            yield return "99999999999999999999";
        }
    }

    internal static string GoodValue(Setting setting) => setting switch
    {
        { Type.IsEnum: true } => Enum.GetNames(setting.Type)[0],
        { Default: { } value } => value,
        _ when setting.Type == typeof(bool) => "true",
        _ when setting.Type == typeof(string) => setting.Key.EndsWith("Prefix", StringComparison.Ordinal) ? "/v1"
            : setting.Key.EndsWith("}:Project", StringComparison.Ordinal) ? new('a', 32)
            : setting.Key.EndsWith("}:Path", StringComparison.Ordinal) ? "/images/*"
            : setting.Key.EndsWith("}:Transaction", StringComparison.Ordinal) ? "GET_/images/*"
            : setting.Key is "Gateway:MasterKey" ? Convert.ToBase64String(new byte[32])
            : setting.Key.EndsWith("Url", StringComparison.Ordinal) || setting.Key.EndsWith(":Endpoint", StringComparison.Ordinal) ? "http://quota:9000"
            : setting.Key is "Tracing:Own:Export:Headers" ? "x-key=1" : "images",
        _ => "1",
    };

    internal static Dictionary<string, string?> Pair(string key, string value) => new() { [key] = value };

    internal static Dictionary<string, string> Variable(string key, string value) =>
        new() { ["STAGEDOOR__" + key.Replace(":", "__", StringComparison.Ordinal)] = value };

    private void WriteFile(string key, string value) => WriteFile(File, key, value);

    /// <summary>Writes a settings file with one setting.</summary>
    internal static void WriteFile(string file, string key, string value)
    {
        JsonNode content = JsonValue.Create(value);
        foreach (var part in key.Split(':').Reverse())
        {
            content = part is "0" ? new JsonArray(content) : new JsonObject { [part] = content };
        }

        System.IO.File.WriteAllText(file, content.ToJsonString());
    }
}
