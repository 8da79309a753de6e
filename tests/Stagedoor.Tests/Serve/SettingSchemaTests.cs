using System.Globalization;
using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using Stagedoor.Serve;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Serve;

/// <summary><c>docs/settings.schema.json</c> is what the code says, and takes what a start takes; <c>STAGEDOOR_ACCEPT=1</c> writes it anew.</summary>
public sealed class SettingSchemaTests
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSchema s_schema = JsonSchema.FromText(Generate().ToJsonString());

    public static TheoryData<string> Keys => SettingTests.Keys;

    private static string File => Path.Combine(Checkout.Root, "docs", SettingSchema.FileName);

    [Fact]
    public async Task The_schema_is_what_the_code_says()
    {
        var schema = Generate().ToJsonString(s_indented) + "\n";
        if (Environment.GetEnvironmentVariable("STAGEDOOR_ACCEPT") is "1")
        {
            await System.IO.File.WriteAllTextAsync(File, schema, TestContext.Current.CancellationToken);
        }

        Assert.Equal(schema, await System.IO.File.ReadAllTextAsync(File, TestContext.Current.CancellationToken));
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void What_a_start_takes_the_schema_takes_and_what_it_refuses_it_refuses(string template)
    {
        var (setting, key) = SettingTests.Concrete(template);

        Assert.True(Takes(key, Typed(setting, SettingTests.GoodValue(setting))), "a good value");
        Assert.All(SettingTests.WrongValues(setting), wrong => Assert.False(Takes(key, Typed(setting, wrong)), $"'{wrong}'"));
        if (template[^1] is not '}')
        {
            Assert.False(Takes(key + "xy", Typed(setting, SettingTests.GoodValue(setting))), "a misspelt name");
        }
    }

    [Fact]
    public void A_file_may_name_its_schema()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "stagedoor.json");
        System.IO.File.WriteAllText(file, """{"$schema":"http://127.0.0.1:8080/docs/settings.schema.json","Images":{"UploadHours":12}}""");

        Assert.Empty(SettingTests.Problems(new() { Config = file }));
        Assert.True(Evaluate(System.IO.File.ReadAllText(file)));
        Assert.Single(SettingTests.Problems(new() { Overrides = new Dictionary<string, string?> { ["Images:$schema"] = "x" } }));
    }

    [Fact]
    public async Task It_is_served_by_the_address_that_files_name()
    {
        await using var app = await StagedoorApp.StartAsync();

        using var response = await app.Anonymous.GetAsync("/docs/settings.schema.json", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/schema+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(await System.IO.File.ReadAllTextAsync(File, TestContext.Current.CancellationToken), await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static bool Takes(string key, JsonNode value)
    {
        var content = value;
        foreach (var part in key.Split(':').Reverse())
        {
            content = part is "0" ? new JsonArray(content) : new JsonObject { [part] = content };
        }

        return Evaluate(content.ToJsonString());
    }

    private static bool Evaluate(string text)
    {
        using var document = JsonDocument.Parse(text);
        return s_schema.Evaluate(document.RootElement).IsValid;
    }

    // As somebody writes it into a file: numbers and switches without quotes, where it is one.
    private static JsonValue Typed(Setting setting, string value) =>
        setting.Type == typeof(bool) && bool.TryParse(value, out var flag) ? JsonValue.Create(flag)
        : setting.Type != typeof(string) && setting.Choices is null && decimal.TryParse(value, NumberStyles.Number, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number)
        : JsonValue.Create(value.ToLowerInvariant());

    private static JsonObject Generate()
    {
        var root = Object();
        root["properties"]!.AsObject().Add("$schema", new JsonObject { ["type"] = "string", ["description"] = "Where this schema is." });
        foreach (var setting in SettingNames.Product.All)
        {
            var node = root;
            foreach (var part in setting.Key.Split(':'))
            {
                node = Below(node, part);
            }

            Describe(node, setting);
        }

        JsonObject head = new()
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["$comment"] = "Generated from the options in src; STAGEDOOR_ACCEPT=1 and its test write it anew.",
            ["title"] = "Settings of Stagedoor",
        };
        foreach (var (name, value) in root)
        {
            head[name] = value?.DeepClone();
        }

        return head;
    }

    private static JsonObject Object() => new() { ["type"] = "object", ["properties"] = new JsonObject(), ["additionalProperties"] = false };

    // A part that is not known yet becomes an object or a list as soon as something stands below it.
    private static JsonObject Below(JsonObject node, string part)
    {
        if (part is "{n}")
        {
            node["type"] = "array";
            return (node["items"] ??= new JsonObject()).AsObject();
        }

        if (!node.ContainsKey("properties"))
        {
            foreach (var (name, value) in Object())
            {
                node[name] = value?.DeepClone();
            }
        }

        if (part is not ['{', ..])
        {
            return (node["properties"]![part] ??= new JsonObject()).AsObject();
        }

        if (node["additionalProperties"] is not JsonObject any)
        {
            any = [];
            node["additionalProperties"] = any;
        }

        return any;
    }

    private static void Describe(JsonObject node, Setting setting)
    {
        node["description"] = SettingTexts.Of(setting);
        if (setting.Choices is { } choices)
        {
            node["enum"] = new JsonArray([.. choices.Select(static c => (JsonNode)c)]);
        }
        else if (setting.Type == typeof(bool))
        {
            node["type"] = "boolean";
        }
        else if (setting.Type == typeof(string))
        {
            node["type"] = setting.Pattern is null || !setting.Allows("1") ? "string" : new JsonArray("string", "integer");
            if ((setting.Pattern ?? (setting.Allows(" ") ? null : "\\S")) is { } pattern)
            {
                node["pattern"] = pattern;
            }
        }
        else
        {
            node["type"] = "integer";
            (node["minimum"], node["maximum"]) = setting.Range is { } range ? (range.Least, range.Most)
                : setting.Type == typeof(int) ? (int.MinValue, int.MaxValue) : (long.MinValue, long.MaxValue);
        }

        if (setting.Default is { } value)
        {
            node["default"] = setting.Choices is not null || setting.Type == typeof(string) ? value
                : setting.Type == typeof(bool) ? bool.Parse(value) : long.Parse(value, CultureInfo.InvariantCulture);
        }

        if (setting.IsSecret)
        {
            node["writeOnly"] = true;
        }
    }
}
