using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Errors;
using Stagedoor.Serve;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests;

/// <summary>Each operation, verb, setting and page that a text of the product names exists.</summary>
public sealed partial class NamedThingsTests(NamedThingsTests.Everything everything) : IClassFixture<NamedThingsTests.Everything>
{
    // A page may tell what another program has to offer, or what is not there.
    private static readonly string[] s_elsewhere = ["POST /v1/quota/apply", "GET /v1/syncer/health"];

    private static readonly System.CommandLine.RootCommand s_commands = Program.Root();
    public static TheoryData<string> Documents =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Checkout.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Where(static f => !f.Contains("/docs/errors/", StringComparison.Ordinal) || f.EndsWith("README.md", StringComparison.Ordinal))
            .Concat(["README.md", "README.zh-CN.md", "SECURITY.md", "CONTRIBUTING.md", "samples/README.md", "bench/README.md"])
            .Select(static f => Path.GetRelativePath(Checkout.Root, Path.Combine(Checkout.Root, f))).Order(StringComparer.Ordinal),
    ];

    private IReadOnlyCollection<RouteEndpoint> Routes => everything.Routes;

    [Fact]
    public void What_an_error_tells_to_do_can_be_done()
    {
        var routes = Routes;
        var wrong = ErrorCatalog.All.Where(static row => row.IsAnswered)
            .SelectMany(row => ((string[])[row.English.Meaning, row.English.Remedy, row.Chinese.Meaning, row.Chinese.Remedy])
                .SelectMany(text => NamedThings.UnknownOperations(text, routes)
                    .Concat(NamedThings.UnknownVerbs(text, s_commands)).Concat(NamedThings.UnknownSettings(text)))
                .Select(thing => $"{row.Code}: {thing}"));

        Assert.Empty(wrong);
    }

    [Fact]
    public void How_to_see_an_error_names_settings_and_verbs_that_exist() => Assert.Empty(
        ErrorCatalog.All.Where(static row => row.IsAnswered).SelectMany(row => ((string[])[row.Provoke, row.ProvokeChinese!])
            .SelectMany(text => NamedThings.UnknownVerbs(text, s_commands).Concat(NamedThings.UnknownSettings(text)))
            .Select(thing => $"{row.Code}: {thing}")));

    [Fact]
    public void A_code_that_the_product_raises_is_no_planned_one()
    {
        var raised = Raised().Matches(string.Join('\n', Sources("src").Where(static f => !f.Contains("Stagedoor.Errors", StringComparison.Ordinal)).Select(File.ReadAllText)))
            .Select(static m => (m.Groups["table"].Value, m.Groups["row"].Value)).ToHashSet();

        Assert.All(
            typeof(ErrorCatalog).Assembly.GetTypes().SelectMany(static t => t.GetFields()).Where(static f => f.IsStatic && f.FieldType == typeof(ErrorDefinition)),
            field => Assert.True(
                ((ErrorDefinition)field.GetValue(null)!).IsAnswered == raised.Contains((field.DeclaringType!.Name, field.Name)),
                $"{field.DeclaringType!.Name}.{field.Name} has a Chinese way to see it if, and only if, code outside the catalogue names it."));
    }

    [Fact]
    public void Each_limit_is_named_by_the_row_of_its_refusal()
    {
        // These refuse nothing: what is beyond them is forgotten, waited for less long, or shut out before there is a request.
        string[] silent = ["Discovery:Metrics:MaxInstances", "Discovery:Metrics:MaxPrometheusSeries", "Discovery:MaxWaitSeconds", "Server:MaxConnections", "Images:Scrubber:MaxAgeDays", "Tracing:MaxStoredBytes", "Tracing:MaxPrometheusSeries", "Tracing:Own:MaxPerSecond"];

        // Senders of spans hear of these in the bodies of their protocols, which are of no row.
        string[] elsewhere = ["Tracing:MaxPackedBytes", "Tracing:MaxBytes", "Tracing:MaxBytesInFlight", "Tracing:MaxSpans", "Tracing:MaxSpansPerTrace", "Tracing:MaxPinnedTraces"];
        var remedies = ErrorCatalog.All.Where(static row => row.IsAnswered).Select(static row => (English: $"{row.English.Meaning} {row.English.Remedy}", Chinese: $"{row.Chinese.Meaning} {row.Chinese.Remedy}")).ToList();

        Assert.All(
            SettingNames.Product.All.Select(static s => s.Key).Where(static k => LimitKey().IsMatch(k) && !k.Contains('{', StringComparison.Ordinal)).Except(silent, StringComparer.Ordinal).Except(elsewhere, StringComparer.Ordinal),
            key => Assert.True(
                remedies.Exists(r => Names(r.English, key) && Names(r.Chinese, key)), $"No row, in both languages, names {key} to who meets that limit."));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void What_a_page_names_exists(string file)
    {
        var text = File.ReadAllText(Path.Combine(Checkout.Root, file));
        var code = string.Join('\n', Code().Matches(text).Select(static m => m.Value));

        Assert.Empty(NamedThings.UnknownOperations(text, Routes).Except(s_elsewhere, StringComparer.Ordinal));
        Assert.Empty(NamedThings.UnknownVerbs(code, s_commands));
        Assert.Empty(NamedThings.UnknownSettings(text));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void What_a_page_links_is_there(string file)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Checkout.Root, file))!;
        foreach (var link in Link().Matches(File.ReadAllText(Path.Combine(Checkout.Root, file))).Select(static m => m.Groups["address"].Value))
        {
            if (!link.Contains("://", StringComparison.Ordinal) && !link.StartsWith('#'))
            {
                var target = Path.Combine(folder, link.Split('#')[0]);
                Assert.True(File.Exists(target) || Directory.Exists(target), $"{file} links {link}, which is not there.");
            }
        }
    }

    [Fact]
    public void What_the_program_says_names_verbs_and_settings_that_exist()
    {
        var wrong = Sources("src").Where(static f => !f.Contains("Stagedoor.Errors", StringComparison.Ordinal))
            .SelectMany(file => Literal().Matches(File.ReadAllText(file)).Select(static m => m.Value)
                .SelectMany(text => NamedThings.UnknownVerbs(text, s_commands).Concat(NamedThings.UnknownSettings(text)))
                .Select(thing => $"{Path.GetFileName(file)}: {thing}"));

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("GET /v2/manage/quotas", 1)]
    [InlineData("see GET and DELETE …/repos/{repository}/tags now", 1)]
    [InlineData("GET /v2/{name}/tags/list, then PUT /v2/{name}/manifests/{tag}.", 0)]
    [InlineData("look at /readyz and /v3/users, or /v9/nothing", 1)]
    [InlineData("GET /v3/users?limit=1", 0)]
    public void Operations_are_found_in_prose(string text, int unknown) => Assert.Equal(unknown, NamedThings.UnknownOperations(text, Routes).Count());

    [Theory]
    [InlineData("Run stagedoor wherefore with the id", 1)]
    [InlineData("run stagedoor doctor, or `stagedoor admin account list --data d`", 0)]
    [InlineData("stagedoor serve --port 1", 1)]
    [InlineData("stagedoor admin login prints both", 1)]
    [InlineData("stagedoor admin user lost alice", 1)]
    [InlineData("stagedoor admin login-command prints both", 0)]
    [InlineData("in use by another stagedoor process", 0)]
    public void Verbs_are_found_in_prose(string text, int unknown) => Assert.Equal(unknown, NamedThings.UnknownVerbs(text, s_commands).Count());

    [Theory]
    [InlineData("Images:MaxOrganizations", 1)]
    [InlineData("STAGEDOOR__Images__UploadHours=1, Gateway:Routes, Gateway:TrustedProxies:0", 0)]
    public void Settings_are_found_in_prose(string text, int unknown) => Assert.Equal(unknown, NamedThings.UnknownSettings(text).Count());

    private static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(Path.Combine(Checkout.Root, folder), "*.cs", SearchOption.AllDirectories)
        .Where(static f => !f.Contains("/obj/", StringComparison.Ordinal));

    [GeneratedRegex(@"\b(?<table>\w+Codes)\.(?<row>\w+)", RegexOptions.NonBacktracking)]
    private static partial Regex Raised();

    [GeneratedRegex("```.*?```|`[^`\n]+`", RegexOptions.Singleline | RegexOptions.NonBacktracking)]
    private static partial Regex Code();

    // A section stands for all its settings, and a name for those that begin with it.
    private static bool Names(string remedy, string key) => Setting().Matches(remedy).Any(m => key.StartsWith(m.Value, StringComparison.Ordinal) && m.Value.Contains(':', StringComparison.Ordinal));

    [GeneratedRegex("(?:Addons|Gateway|Images|Discovery|Server|Why)(?::[A-Z][A-Za-z]+)+", RegexOptions.NonBacktracking)]
    private static partial Regex Setting();

    [GeneratedRegex("(?::Max[A-Z]|PerSecond|PerMinute|:Quotas:(?!Url|Timeout))", RegexOptions.None, 10_000)]
    private static partial Regex LimitKey();

    [GeneratedRegex(@"\]\((?<address>[^)\s]+)\)", RegexOptions.NonBacktracking)]
    private static partial Regex Link();

    [GeneratedRegex("\"(?:[^\"\\\\\n]|\\\\.)+\"(?!u8)", RegexOptions.None, 10_000)]
    private static partial Regex Literal();

    /// <summary>A host in which every operation is mapped.</summary>
    public sealed class Everything : IAsyncLifetime
    {
        private StagedoorApp _app = null!;

        internal IReadOnlyCollection<RouteEndpoint> Routes { get; private set; } = [];

        public async ValueTask InitializeAsync()
        {
            _app = await StagedoorApp.StartAsync(("Discovery:Rbac:Enabled", "true"), ("Discovery:Rules", "true"));
            Routes = [.. _app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();
    }
}
